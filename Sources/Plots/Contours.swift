// Lines of equal value over a grid, by marching squares (Lorensen & Cline 1987, in two dimensions): in each
// square of four neighbouring values a line passes between the corners that reach the level and those that do
// not, and cuts each side where the values, taken to be linear along it, meet the level. Where corners alternate,
// the mean of the four decides which of them a line joins. Cost: levels · values.

import Catalog
import Runtime

/// One level, in the units of the axes; NaN parts its lines.
package struct Contour: Sendable {
  package let level: Double
  package fileprivate(set) var x: [Double] = []
  package fileprivate(set) var y: [Double] = []
}

struct ContourMap: Sendable {
  let contours: [Contour]
  /// The levels as numbers that are shown by colour.
  let colored: ColoredValues
  /// Where the values stand: the middles of the cells that a heat map of them has.
  let x: ClosedRange<Double>
  let y: ClosedRange<Double>
}

/// The values of a grid, and where they stand.
package struct ContourGrid {
  let values: [Double]
  let rows: Int
  let columns: Int
  let x: ClosedRange<Double>
  let y: ClosedRange<Double>

  package init(
    values: [Double], rows: Int, columns: Int, x: ClosedRange<Double>, y: ClosedRange<Double>
  ) {
    (self.values, self.rows, self.columns, self.x, self.y) = (values, rows, columns, x, y)
  }

  /// - Parameter row: counted from the lowest; fractions lie between.
  private func place(row: Double, column: Double) -> (x: Double, y: Double) {
    let across = (column + 0.5) / Double(columns)
    let up = (row + 0.5) / Double(rows)
    return (
      x.lowerBound * (1 - across) + x.upperBound * across,
      y.lowerBound * (1 - up) + y.upperBound * up
    )
  }

  /// A side between two neighbours: twice the place of the lower or left one, and 1 where it goes upwards.
  private typealias Side = Int

  private func cut(_ side: Side, _ level: Double) -> (x: Double, y: Double) {
    let (row, column) = (side / 2).quotientAndRemainder(dividingBy: columns)
    let first = values[side / 2]
    let second = values[side / 2 + (side & 1 == 1 ? columns : 1)]
    // By halves: their difference may be larger than any number.
    let share = (level / 2 - first / 2) / (second / 2 - first / 2)
    return side & 1 == 1
      ? place(row: Double(row) + share, column: Double(column))
      : place(row: Double(row), column: Double(column) + share)
  }

  /// The pairs of sides that lines join in the square above and to the right of a value.
  private func segments(_ corner: Int, _ level: Double) -> [(Side, Side)] {
    let (a, b) = (values[corner], values[corner + 1])
    let (d, c) = (values[corner + columns], values[corner + columns + 1])
    let mask =
      (a >= level ? 1 : 0) | (b >= level ? 2 : 0) | (c >= level ? 4 : 0) | (d >= level ? 8 : 0)
    guard mask != 0, mask != 15, a.isFinite, b.isFinite, c.isFinite, d.isFinite else { return [] }
    let (bottom, right, top, left) = (
      2 * corner, 2 * (corner + 1) + 1, 2 * (corner + columns), 2 * corner + 1
    )
    switch mask {
    case 1, 14: return [(left, bottom)]
    case 2, 13: return [(bottom, right)]
    case 4, 11: return [(right, top)]
    case 8, 7: return [(top, left)]
    case 3, 12: return [(left, right)]
    case 6, 9: return [(bottom, top)]
    default:
      let isHigh = a / 4 + b / 4 + c / 4 + d / 4 >= level
      return (mask == 5) == isHigh
        ? [(left, top), (bottom, right)] : [(left, bottom), (right, top)]
    }
  }

  /// The lines of one level: those that end at the edge first, then the closed ones.
  package func contour(_ level: Double) throws -> Contour {
    var links: [Side: (first: Side, second: Side?)] = [:]
    func link(_ a: Side, _ b: Side) {
      if let known = links[a] { links[a] = (known.first, b) } else { links[a] = (b, nil) }
    }
    var order: [Side] = []
    for row in 0..<max(rows - 1, 0) {
      try Cancellation.check()
      for column in 0..<max(columns - 1, 0) {
        for (a, b) in segments(row * columns + column, level) {
          link(a, b)
          link(b, a)
          order += [a, b]
        }
      }
    }
    var result = Contour(level: level)
    func walk(from start: Side) {
      var (side, before): (Side, Side?) = (start, nil)
      if !result.x.isEmpty {
        result.x.append(.nan)
        result.y.append(.nan)
      }
      while true {
        let point = cut(side, level)
        result.x.append(point.x)
        result.y.append(point.y)
        guard let link = links.removeValue(forKey: side) else { return }
        let next = link.first == before ? link.second : link.first
        guard let next else { return }
        (before, side) = (side, next)
      }
    }
    for side in order where links[side].map({ $0.second == nil }) ?? false { walk(from: side) }
    for side in order where links[side] != nil { walk(from: side) }
    return result
  }
}

extension Figure {
  /// Lines of equal value; `levels` absent: at round numbers inside the values.
  package func contours(
    _ grid: ContourGrid, levels: [Double]? = nil, colored: ColoredValues, _ style: Style = Style()
  ) throws {
    let levels = try levels ?? Self.levels(of: grid.values, colored.scale)
    var colored = colored
    colored.values = levels
    if colored.range == nil {
      let known = grid.values.filter { colored.scale.forward($0) != nil }
      if let low = known.min(), let high = known.max(), low < high { colored.range = low...high }
    }
    func middles(_ range: ClosedRange<Double>, _ count: Int) -> ClosedRange<Double> {
      let half = 0.5 / Double(count)
      let (low, high) = (range.lowerBound, range.upperBound)
      return low * (1 - half) + high * half...low * half + high * (1 - half)
    }
    add(
      .contours(
        ContourMap(
          contours: try levels.map { try grid.contour($0) }, colored: colored,
          x: middles(grid.x, grid.columns), y: middles(grid.y, grid.rows))), style)
  }

  private static func levels(of values: [Double], _ scale: Scale) throws -> [Double] {
    let known = values.filter { scale.forward($0) != nil }
    guard let low = known.min(), let high = known.max(), low < high else { return [] }
    return Ticks(try ResolvedAxis(scale, from: low, to: high), wish: 8).major.map(\.value)
      .filter { low < $0 && $0 < high }
  }
}
