// Drawing a figure in the terminal: the same marks as on paper, with axes made of characters.

import Catalog

extension Figure {
  /// The figure as lines of text, none wider than `width` (at least 20 is used).
  package func terminal(_ style: TerminalStyle = TerminalStyle()) throws -> String {
    var style = style
    style.width = max(style.width, 20)
    return try TerminalPage(figure: self, style: style).text()
  }

  package func terminal(
    width: Int, height: Int? = nil, colors: TerminalStyle.Colors = .none, ascii: Bool = false
  ) throws -> String {
    try terminal(TerminalStyle(width: width, height: height, colors: colors, ascii: ascii))
  }
}

struct TerminalPage {
  let figure: Figure
  let style: TerminalStyle
  private static let narrowest = 34

  func text() throws -> String {
    var panels: [[(row: Int, column: Int)]] = (1...figure.rows).map { row in
      (1...figure.columns).filter { figure.hasPanel(row: row, column: $0) }.map { (row, $0) }
    }.filter { !$0.isEmpty }
    // Panels that would be too narrow stand below each other.
    let fits = max(1, (style.width + 2) / (Self.narrowest + 2))
    panels = panels.flatMap { row in
      stride(from: 0, to: row.count, by: fits).map { Array(row[$0..<min($0 + fits, row.count)]) }
    }
    if panels.isEmpty { panels = [[(1, 1)]] }
    var blocks: [String] = []
    if let title = figure.title {
      var head = TerminalGrid(width: style.width, height: 1)
      let text = TerminalGrid.clipped(
        RichText(title).plain(ascii: style.ascii), to: style.width, ascii: style.ascii)
      head.put(text, 0, (style.width - TerminalGrid.width(of: text)) / 2, bold: true)
      blocks.append(head.text(style.colors))
    }
    let lines = style.height.map { ($0 - blocks.count - (panels.count - 1)) / panels.count }
    for row in panels { blocks.append(try block(row, lines: lines)) }
    return blocks.joined(separator: panels.count > 1 ? "\n\n" : "\n")
  }

  private func block(_ row: [(row: Int, column: Int)], lines: Int?) throws -> String {
    let width = (style.width - 2 * (row.count - 1)) / row.count
    let height = max(lines ?? min(max(width / 4 + 4, 14), 24), 8)
    let panels = row.map { figure.panel(row: $0.row, column: $0.column) }
    let grids = try panels.map { panel in
      if let images = panel.images {
        return TerminalImages(images, panel.title, style, width: width, lines: lines).grid
      }
      return try TerminalPanel(panel, style, width: width, height: height).grid
    }
    var whole = TerminalGrid(width: style.width, height: grids.map(\.height).max() ?? 1)
    for (index, grid) in grids.enumerated() {
      for place in grid.cells.indices {
        whole.set(place / grid.width, index * (width + 2) + place % grid.width, grid.cells[place])
      }
    }
    return whole.text(style.colors)
  }
}

/// One pair of axes in characters.
struct TerminalPanel {
  private(set) var grid: TerminalGrid
  private let panel: Panel
  private let style: TerminalStyle
  private let dim = Color(hex: 0x8A8A8A)

  init(_ panel: Panel, _ style: TerminalStyle, width: Int, height: Int) throws {
    self.panel = panel
    self.style = style
    grid = TerminalGrid(width: width, height: height)
    var axes = try panel.resolvedAxes()
    let top = header(axes)
    var yTicks = upwardTicks(axes.y, rows: height - top - 2)
    var gutter = gutter(yTicks, width: width)
    var columns = width - gutter - 1
    var xTicks = acrossTicks(axes.x, columns: columns)
    let named = xTicks.axisLabel(panel.x.label)
    var rows = max(height - top - 2 - (named == nil ? 0 : 1), 3)
    if panel.isEqual {
      let dots = Rect(x: 0, y: 0, width: Double(2 * columns), height: Double(4 * rows))
      let (equal, frame) = PageLayout.equalized(panel, axes, dots)
      axes = equal
      columns = max(Int(clamping: frame.width / 2), 3)
      rows = max(Int(clamping: (frame.height / 4).rounded()), 3)
      yTicks = upwardTicks(axes.y, rows: rows)
      gutter = min(self.gutter(yTicks, width: width), width - columns - 1)
      xTicks = acrossTicks(axes.x, columns: columns)
    }
    let yName = yTicks.axisLabel(panel.y.label).map(plain) ?? ""
    if top > 0 { grid.put(clip(yName, to: width), top - 1, 0, color: dim) }
    try draw(axes, top: top, left: gutter + 1, columns: columns, rows: rows)
    leftAxis(axes.y, yTicks, top: top, gutter: gutter, rows: rows)
    bottomAxis(axes.x, xTicks, row: top + rows, gutter: gutter, columns: columns)
    if let named {
      let text = clip(plain(named), to: columns)
      let start = gutter + 1 + (columns - TerminalGrid.width(of: text)) / 2
      grid.put(text, top + rows + 2, start, color: dim)
    }
  }

  private func upwardTicks(_ axis: ResolvedAxis, rows: Int) -> Ticks {
    Ticks.fitting(axis, wish: max(rows / 3, 3)) { ticks in
      // Labels on neighbouring lines read as one.
      let places = ticks.major.map { axis.share($0.place) }.sorted()
      let gap = zip(places, places.dropFirst()).map { $1 - $0 }.min() ?? 1
      return gap * Double(rows) >= 2
    }
  }

  private func acrossTicks(_ axis: ResolvedAxis, columns: Int) -> Ticks {
    Ticks.fitting(axis, wish: max(columns / 10, 3)) { ticks in
      let used = ticks.major.reduce(0) { $0 + TerminalGrid.width(of: plain($1.label)) + 2 }
      return used <= columns
    }
  }

  /// Columns left of the frame, for the labels of the marks.
  private func gutter(_ ticks: Ticks, width: Int) -> Int {
    let labels = ticks.major.map { plain($0.label) }
    return min((labels.map(TerminalGrid.width).max() ?? 0) + 1, width / 3)
  }

  private func plain(_ text: String) -> String { RichText(text).plain(ascii: style.ascii) }
  private func clip(_ text: String, to width: Int) -> String {
    TerminalGrid.clipped(text, to: width, ascii: style.ascii)
  }

  // MARK: Head

  /// Title, legend, and a line for the name of the y axis; the number of lines used.
  private mutating func header(_ axes: (x: ResolvedAxis, y: ResolvedAxis)) -> Int {
    var row = 0
    if let title = panel.title {
      let text = clip(plain(title), to: grid.width)
      grid.put(text, 0, (grid.width - TerminalGrid.width(of: text)) / 2, bold: true)
      row = 1
    }
    let entries = panel.legend == .none ? [] : panel.legendEntries
    let hasName = Ticks(axes.y, wish: 4).axisLabel(panel.y.label) != nil
    let nameWidth = hasName ? TerminalGrid.width(of: plain(panel.y.label ?? "")) + 10 : 0
    let widths = entries.map { TerminalGrid.width(of: plain($0.label)) + 4 }
    let total = widths.reduce(0) { $0 + $1 + 2 } - 2
    guard !entries.isEmpty else { return hasName ? row + 1 : row }
    if total + nameWidth <= grid.width {
      legend(entries, row, column: grid.width - total)
      return row + 1
    }
    var column = 0
    for (entry, width) in zip(entries, widths) {
      if column > 0, column + width > grid.width, row < 4 {
        row += 1
        column = 0
      }
      legend([entry], row, column: column)
      column += width + 2
    }
    return row + (hasName ? 2 : 1)
  }

  private mutating func legend(
    _ entries: [(label: String, members: [Int])], _ row: Int, column: Int
  ) {
    let colors = panel.colors
    var column = column
    for entry in entries {
      let members = entry.members.sorted { panel.series[$0].layer < panel.series[$1].layer }
      for index in members {
        grid.put(
          key(panel.series[index], panel.ordinal(of: index)), row, column, color: colors[index])
      }
      let text = clip(plain(entry.label), to: grid.width - column - 4)
      grid.put(text, row, column + 4)
      column += TerminalGrid.width(of: text) + 6
    }
  }

  private var tellsApart: Bool { panel.series.filter { $0.takesColor }.count > 1 }

  private func key(_ series: Series, _ ordinal: Int?) -> String {
    let number = ordinal ?? 0
    let letter = String(TerminalCanvas.letter(number))
    let isPlain = style.colors == .none && tellsApart
    switch series.shape {
    case .line, .steps, .arrows, .contours:
      if style.ascii { return isPlain ? "-\(letter)-" : "---" }
      return isPlain ? "╴\(letter)╶" : series.style.dash ?? .solid == .solid ? "───" : "╌╌╌"
    case .horizontal, .vertical: return style.ascii ? "- -" : "╌╌╌"
    case .points, .errors:
      if isPlain { return " \(TerminalCanvas.marker(number, ascii: style.ascii)) " }
      return style.ascii ? " . " : " ⠶ "
    case .band: return style.ascii ? ":::" : "░░░"
    case .bars: return style.ascii ? "###" : "███"
    case .heat, .note: return ""
    }
  }

  // MARK: Marks and axes

  private mutating func draw(
    _ axes: (x: ResolvedAxis, y: ResolvedAxis), top: Int, left: Int, columns: Int, rows: Int
  ) throws {
    let canvas = TerminalCanvas(
      columns: columns, rows: rows, style: style, usesLetters: tellsApart)
    // Half a dot inside the frame, so that the limits themselves have a dot.
    let inner = Rect(
      x: 0.5, y: 0.5, width: canvas.frame.width - 1.001, height: canvas.frame.height - 1.001)
    try Marks(canvas: canvas, projection: Projection(x: axes.x, y: axes.y, frame: inner)).draw(
      panel)
    canvas.place(in: &grid, row: top, column: left)
    if !axes.x.hasData || !axes.y.hasData {
      let text = axes.x.scale == .log || axes.y.scale == .log ? "no positive data" : "no data"
      grid.put(text, top + rows / 2, left + max(columns - text.count, 0) / 2, color: dim)
    }
  }

  private mutating func leftAxis(
    _ axis: ResolvedAxis, _ ticks: Ticks, top: Int, gutter: Int, rows: Int
  ) {
    for row in 0..<rows { grid.put(style.ascii ? "|" : "│", top + row, gutter, color: dim) }
    for mark in ticks.major {
      let share = axis.share(mark.place)
      guard share >= -1e-9, share <= 1 + 1e-9 else { continue }
      let dot = (Double(4 * rows) - 1.001) * (1 - share) + 0.5
      let row = top + min(max(Int(clamping: dot / 4), 0), rows - 1)
      let label = clip(plain(mark.label), to: gutter - 1)
      grid.put(label, row, gutter - 1 - TerminalGrid.width(of: label), color: dim)
      grid.put(style.ascii ? "+" : "┤", row, gutter, color: dim)
    }
  }

  private mutating func bottomAxis(
    _ axis: ResolvedAxis, _ ticks: Ticks, row: Int, gutter: Int, columns: Int
  ) {
    let line: (bar: String, corner: String, tick: String) =
      style.ascii ? ("-", "+", "+") : ("─", "└", "┬")
    grid.put(line.corner, row, gutter, color: dim)
    for column in 0..<columns { grid.put(line.bar, row, gutter + 1 + column, color: dim) }
    var free = 0
    for mark in ticks.major {
      let share = axis.share(mark.place)
      guard share >= -1e-9, share <= 1 + 1e-9 else { continue }
      let dot = (Double(2 * columns) - 1.001) * share + 0.5
      let column = gutter + 1 + min(max(Int(clamping: dot / 2), 0), columns - 1)
      grid.put(line.tick, row, column, color: dim)
      let label = plain(mark.label)
      let width = TerminalGrid.width(of: label)
      let start = min(max(column - width / 2, 0), grid.width - width)
      guard start >= free else { continue }
      grid.put(label, row + 1, start, color: dim)
      free = start + width + 1
    }
  }
}
