// How columns and rows of panels share a page. Axes take all they get. Images keep their shape: what a column or a
// row of nothing but images cannot use goes to the others.

struct PanelSpace {
  typealias Cell = (row: Int, column: Int, grid: ImageGrid?)

  /// Of the frames of each column, and of each row.
  private(set) var widths: [Double]
  private(set) var heights: [Double]
  private let cells: [Cell]

  /// - Parameters:
  ///   - width, height: of all frames together.
  ///   - leastWidths: of each column, so that titles have room.
  init(
    _ cells: [Cell], columns: Int, rows: Int, width: Double, height: Double,
    leastWidths: [Double]
  ) {
    self.cells = cells
    widths = Self.starts(cells, columns: columns, width: width)
    heights = Array(repeating: height / Double(rows), count: rows)
    if cells.allSatisfy({ $0.grid != nil }) {
      let needed = Self.heights(cells, rows: rows, widths: widths)
      let total = needed.reduce(0, +)
      if total > 0 { heights = needed.map { height * $0 / total } }
    }
    for _ in 0..<4 {
      Self.share(&widths, least: leastWidths, needs: widths.indices.map { need(column: $0 + 1) })
      Self.share(
        &heights, least: heights.map { _ in 10 }, needs: heights.indices.map { need(row: $0 + 1) })
    }
  }

  /// Even, and of images alone as wide as makes them as high as those beside them.
  private static func starts(_ cells: [Cell], columns: Int, width: Double) -> [Double] {
    var shares = [Double](repeating: 1, count: columns)
    if cells.allSatisfy({ $0.grid != nil }) {
      for column in 1...columns {
        let shapes = cells.filter { $0.column == column }.compactMap(\.grid).map {
          $0.width($0.columns) / $0.height($0.columns)
        }
        shares[column - 1] = shapes.max() ?? 1
      }
      let most = shares.max() ?? 1
      shares = shares.map { max($0, most / 8) }
    }
    let total = shares.reduce(0, +)
    return shares.map { width * $0 / total }
  }

  /// What rows of nothing but images need, at these widths; infinity for others.
  private static func heights(_ cells: [Cell], rows: Int, widths: [Double]) -> [Double] {
    (1...rows).map { row in
      cells.filter { $0.row == row }.map { cell in
        cell.grid.map { ImagePage.height($0, width: widths[cell.column - 1]) } ?? .infinity
      }.max() ?? 0
    }
  }

  /// The heights that the rows of a page of this width need for their images.
  static func heights(_ cells: [Cell], columns: Int, rows: Int, width: Double) -> [Double] {
    heights(cells, rows: rows, widths: starts(cells, columns: columns, width: width))
  }

  private func area(_ cell: Cell) -> Rect? {
    cell.grid.map {
      ImagePage.placement(
        $0,
        in: Rect(x: 0, y: 0, width: widths[cell.column - 1], height: heights[cell.row - 1])
      ).area
    }
  }

  private func need(column: Int) -> Double {
    cells.filter { $0.column == column }.map { area($0)?.width ?? .infinity }.max() ?? .infinity
  }

  private func need(row: Int) -> Double {
    cells.filter { $0.row == row }.map { area($0)?.height ?? .infinity }.max() ?? .infinity
  }

  /// Takes from each what it cannot use and gives it evenly to those that use all they have.
  private static func share(_ sizes: inout [Double], least: [Double], needs: [Double]) {
    let needs = zip(needs, least).map { max($0, $1) }
    let takers = sizes.indices.filter { needs[$0] >= sizes[$0] - 0.5 }
    guard !takers.isEmpty, takers.count < sizes.count else { return }
    var spare = 0.0
    for i in sizes.indices where needs[i] < sizes[i] - 0.5 {
      spare += sizes[i] - needs[i]
      sizes[i] = needs[i]
    }
    for i in takers { sizes[i] += spare / Double(takers.count) }
  }
}
