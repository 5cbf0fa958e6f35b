// A figure: panels in a grid, described by value; drawn elsewhere, on paper or in the terminal.

import Catalog

package final class Figure {
  package var title: String?
  /// Inches. The default suits a column and a half of a paper.
  package private(set) var width = 6.4
  package private(set) var height = 4.0
  package private(set) var rows = 1
  package private(set) var columns = 1
  private(set) var panels: [Int: Panel] = [:]
  private var selected = (row: 1, column: 1)
  /// Whether `height` follows from the content.
  private(set) var hasOwnSize = false

  package static let mostPanels = 12

  package init(title: String? = nil) { self.title = title }

  package func setSize(width: Double, height: Double) throws {
    for (name, value) in [("width", width), ("height", height)] {
      guard value >= 0.5, value <= 100 else {
        throw UserError(
          "\(name) must be between 0.5 and 100 inches, got \(formatNumber(value))")
      }
    }
    (self.width, self.height) = (width, height)
    hasOwnSize = true
  }

  /// Makes later calls draw in the panel at this place, counted from 1; the grid grows to hold it.
  package func select(row: Int, column: Int) throws {
    for (name, value) in [("row", row), ("column", column)] {
      guard (1...Self.mostPanels).contains(value) else {
        throw UserError("\(name) must be an integer from 1 to \(Self.mostPanels), got \(value)")
      }
    }
    selected = (row, column)
    rows = max(rows, row)
    columns = max(columns, column)
    if !hasOwnSize {
      width = columns == 1 ? 6.4 : min(3.4 * Double(columns), 13.6)
      height = rows == 1 ? (columns == 1 ? 4 : 2.9) : min(2.7 * Double(rows), 18)
    }
    _ = panel
  }

  /// The selected panel.
  package var panel: Panel {
    get { panel(row: selected.row, column: selected.column) }
    set { panels[key(selected.row, selected.column)] = newValue }
  }

  private func key(_ row: Int, _ column: Int) -> Int { row * 100 + column }

  func panel(row: Int, column: Int) -> Panel { panels[key(row, column)] ?? Panel() }
  func hasPanel(row: Int, column: Int) -> Bool { panels[key(row, column)] != nil }

  func add(_ shape: Series.Shape, _ style: Style) {
    panel.series.append(Series(shape: shape, style: style))
  }
}

// MARK: - What a panel can show

extension Figure {
  package func line(_ x: [Double], _ y: [Double], _ style: Style = Style()) throws {
    try sameLength(("x", x), ("y", y))
    add(.line(x: x, y: y), style)
  }

  package func steps(_ x: [Double], _ y: [Double], _ style: Style = Style()) throws {
    try sameLength(("x", x), ("y", y))
    add(.steps(x: x, y: y), style)
  }

  /// Points; with `values` coloured by them, and a bar that says which colour is which.
  package func scatter(
    _ x: [Double], _ y: [Double], values: ColoredValues? = nil, _ style: Style = Style()
  ) throws {
    try sameLength(("x", x), ("y", y))
    if let values { try sameLength(("x", x), ("value", values.values)) }
    add(.points(x: x, y: y, values: values), style)
  }

  /// A mark at each point and a bar from `low` to `high` through it.
  package func errors(
    _ x: [Double], _ y: [Double], low: [Double], high: [Double], _ style: Style = Style()
  ) throws {
    try sameLength(("x", x), ("y", y))
    try sameLength(("x", x), ("low", low))
    try sameLength(("x", x), ("high", high))
    add(.errors(x: x, y: y, low: low, high: high), style)
  }

  /// Arrows from points along vectors, in the units of the axes.
  ///
  /// - Parameter scale: of the vectors; nil: such that the longest of n arrows spans 1/√n of the
  ///   points' extent, which is their distance on a grid.
  package func arrows(
    _ x: [Double], _ y: [Double], dx: [Double], dy: [Double], scale: Double? = nil,
    _ style: Style = Style()
  ) throws {
    try sameLength(("x", x), ("y", y))
    try sameLength(("x", x), ("dx", dx))
    try sameLength(("x", x), ("dy", dy))
    func extent(_ values: [Double]) -> Double {
      let known = values.filter(\.isFinite)
      let size = (known.max() ?? 0) / 2 - (known.min() ?? 0) / 2
      return size > 0 ? 2 * size : 1
    }
    func longest(_ values: [Double]) -> Double {
      values.reduce(0) { $1.isFinite ? max($0, abs($1)) : $0 }
    }
    let share = max(longest(dx) / extent(x), longest(dy) / extent(y))
    let usual = share > 0 ? 1 / (share * Double(x.count).squareRoot()) : 1
    let scale = scale ?? usual
    add(
      .arrows(
        x: x, y: y, toX: zip(x, dx).map { $0 + scale * $1 }, toY: zip(y, dy).map { $0 + scale * $1 }
      ),
      style)
  }

  package func band(
    _ x: [Double], lower: [Double], upper: [Double], _ style: Style = Style()
  ) throws {
    try sameLength(("x", x), ("lower", lower))
    try sameLength(("x", x), ("upper", upper))
    add(.band(x: x, lower: lower, upper: upper), style)
  }

  /// Bars between neighbouring edges.
  package func bars(edges: [Double], heights: [Double], _ style: Style = Style()) throws {
    guard edges.count == heights.count + 1 || (edges.isEmpty && heights.isEmpty) else {
      throw UserError(
        "edges must be one more than heights, got \(edges.count) edges and \(heights.count) heights"
      )
    }
    for (a, b) in zip(edges, edges.dropFirst()) where !(a < b) {
      throw UserError("edges must increase, got \(formatNumber(a)) before \(formatNumber(b))")
    }
    add(.bars(edges: edges, heights: heights), style)
  }

  /// Bars around places; each is as wide as the smallest distance between two.
  package func bars(at x: [Double], heights: [Double], _ style: Style = Style()) throws {
    try sameLength(("x", x), ("heights", heights))
    let pairs = zip(x, heights).filter { $0.0.isFinite }.sorted { $0.0 < $1.0 }
    // By halves: the distance of two places may be larger than any number.
    let gaps = zip(pairs, pairs.dropFirst()).map { $1.0 / 2 - $0.0 / 2 }
    let size = pairs.map { abs($0.0) }.max() ?? 0
    let alone = 0.8 * max(1, size * 1e-3)
    let width = min(gaps.filter { $0 > 0 }.min().map { 1.6 * $0 } ?? alone, 1e308)
    var edges: [Double] = []
    var values: [Double] = []
    for (x, height) in pairs {
      if let last = edges.last {
        if x - width / 2 <= last { continue }
        values.append(.nan)
      }
      edges += [x - width / 2, x + width / 2]
      values.append(height)
    }
    add(.bars(edges: edges, heights: values), style)
  }

  package func reference(horizontal y: Double, _ style: Style = Style()) {
    add(.horizontal(y), style)
  }
  package func reference(vertical x: Double, _ style: Style = Style()) { add(.vertical(x), style) }

  package func note(_ text: String, x: Double, y: Double, _ style: Style = Style()) {
    add(.note(x: x, y: y, text: text), style)
  }

  package func heat(_ map: HeatMap, _ style: Style = Style()) throws {
    guard map.rows > 0, map.columns > 0, map.colored.values.count == map.rows * map.columns
    else {
      throw UserError(
        "a heat map of \(map.rows)×\(map.columns) needs \(map.rows * map.columns) values,"
          + " got \(map.colored.values.count)")
    }
    guard map.x.lowerBound < map.x.upperBound, map.y.lowerBound < map.y.upperBound else {
      throw UserError("the x and y of a heat map must span more than a point")
    }
    add(.heat(map), style)
  }

  private func sameLength(_ a: (name: String, [Double]), _ b: (name: String, [Double])) throws {
    guard a.1.count == b.1.count else {
      throw UserError(
        "\(a.name) and \(b.name) must have the same length, got \(a.1.count) and \(b.1.count)")
    }
  }
}
