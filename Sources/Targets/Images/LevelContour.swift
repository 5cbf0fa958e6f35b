import Tensors

/// The closed lines along which a picture, 0 beyond its edges, crosses a level.
///
/// Marching squares (Lorensen and Cline 1987, in the plane) over the centres of pixels, with a ring of zeros around: in each square of four
/// centres a line runs from each side where the level is entered clockwise to the next where it is left.
struct LevelContour {
  private let values: [Double]
  private let rows: Int
  private let columns: Int
  private let level: Double

  init(_ picture: [Double], _ shape: Shape, level: Double) {
    (rows, columns, self.level) = (shape[0] + 2, shape[1] + 2, level)
    var values = [Double](repeating: 0, count: rows * columns)
    for row in 0..<shape[0] {
      for column in 0..<shape[1] {
        values[(row + 1) * columns + column + 1] = picture[row * shape[1] + column]
      }
    }
    self.values = values
  }

  /// The line that encloses the largest area, as places in pixels, row and column; empty where there is none.
  var longest: [SIMD2<Double>] {
    var next = [Int](repeating: -1, count: 2 * rows * columns)
    for row in 0..<rows - 1 {
      for column in 0..<columns - 1 { connect(row, column, &next) }
    }
    var (best, area): ([SIMD2<Double>], Double) = ([], 0)
    for start in next.indices where next[start] >= 0 {
      var (line, place): ([SIMD2<Double>], Int) = ([], start)
      while next[place] >= 0 {
        line.append(self.place(place))
        (place, next[place]) = (next[place], -1)
      }
      let own = abs(Self.area(line))
      if own > area { (best, area) = (line, own) }
    }
    return best
  }

  static func area(_ line: [SIMD2<Double>]) -> Double {
    var (sum, last) = (0.0, line[line.count - 1])
    for point in line {
      sum += last.x * point.y - last.y * point.x
      last = point
    }
    return sum / 2
  }

  /// Sides of the square below and right of a centre, clockwise from its upper left corner: twice the place of the centre
  /// at whose right (even) or below which (odd) a side begins.
  private func connect(_ row: Int, _ column: Int, _ next: inout [Int]) {
    let corner = row * columns + column
    let corners = [corner, corner + 1, corner + columns + 1, corner + columns]
    let sides = [2 * corner, 2 * (corner + 1) + 1, 2 * (corner + columns), 2 * corner + 1]
    for side in 0..<4
    where values[corners[side]] < level && values[corners[(side + 1) % 4]] >= level {
      var end = (side + 1) % 4
      while values[corners[(end + 1) % 4]] >= level { end = (end + 1) % 4 }
      next[sides[side]] = sides[end]
    }
  }

  /// Where the level is crossed between the two centres of a side. A centre of the ring is half a pixel outside.
  private func place(_ side: Int) -> SIMD2<Double> {
    let (from, isBelow) = (side / 2, side % 2 == 1)
    let to = from + (isBelow ? columns : 1)
    let share = (level - values[from]) / (values[to] - values[from])
    let (row, column) = (Double(from / columns) - 0.5, Double(from % columns) - 0.5)
    return isBelow ? SIMD2(row + share, column) : SIMD2(row, column + share)
  }
}
