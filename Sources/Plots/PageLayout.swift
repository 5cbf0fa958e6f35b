// Where everything of a figure stands on a page: panels in a grid whose frames line up, with room
// for what each axis has to say. Units are points.

/// What one panel needs around its frame.
struct Insets {
  var left = 0.0
  var right = 0.0
  var top = 0.0
  var bottom = 0.0
}

struct PanelLayout {
  let panel: Panel
  /// The axes before a unit was made as long upwards as across.
  let data: (x: ResolvedAxis, y: ResolvedAxis)
  var axes: (x: ResolvedAxis, y: ResolvedAxis)
  var ticks: (x: Ticks, y: Ticks)
  var frame: Rect
  var legend: LegendLayout?
}

struct PageLayout {
  static let tickSize = 8.0
  static let labelSize = 9.0
  static let titleSize = 9.5
  static let headSize = 11.0
  private let canvas: CairoCanvas
  let figure: Figure
  var panels: [PanelLayout] = []
  static let margin = 5.0
  private static let gap = 12.0

  private static func head(_ figure: Figure) -> Double {
    figure.title == nil
      ? 0 : headSize * 1.7 + PageTitle(figure.title, room: figure.width * 72).extraHeight
  }

  /// The page of a figure without a size of its own that shows images: where it shows nothing else, as high as they
  /// need; else rows of nothing but images take no more than that. nil: it shows none, or has no need of less.
  static func size(around figure: Figure) -> Point? {
    var cells: [PanelSpace.Cell] = []
    var titled = Set<Int>()
    for row in 1...figure.rows {
      for column in 1...figure.columns where figure.hasPanel(row: row, column: column) {
        let panel = figure.panel(row: row, column: column)
        cells.append((row, column, panel.images))
        if panel.title != nil { titled.insert(row) }
      }
    }
    guard cells.contains(where: { $0.grid != nil }) else { return nil }
    let (width, rows) = (figure.width * 72, figure.rows)
    let needed = PanelSpace.heights(
      cells, columns: figure.columns, rows: rows,
      width: width - 2 * margin - gap * Double(figure.columns - 1))
    let heights = needed.indices.map {
      needed[$0] + (titled.contains($0 + 1) ? titleSize * 1.7 : 0)
    }
    if cells.allSatisfy({ $0.grid != nil }) {
      let used = heights.reduce(2 * margin + head(figure) + gap * Double(rows - 1), +)
      return Point(x: width, y: used)
    }
    let usual = figure.height * 72 / Double(rows)
    let used = heights.indices.reduce(0) {
      $0 + (needed[$1] > 0 ? min(usual, heights[$1] + gap) : usual)
    }
    return Point(x: width, y: used)
  }

  init(_ figure: Figure, _ canvas: CairoCanvas) throws {
    self.figure = figure
    self.canvas = canvas
    let size = Page.size(of: figure)
    let head = Self.head(figure)
    let area = Rect(
      x: Self.margin, y: Self.margin + head, width: size.x - 2 * Self.margin,
      height: size.y - 2 * Self.margin - head)
    var cells: [(row: Int, column: Int, layout: PanelLayout)] = []
    let guess = Rect(
      x: 0, y: 0, width: max(area.width / Double(figure.columns) - 50, 30),
      height: max(area.height / Double(figure.rows) - 40, 30))
    for row in 1...figure.rows {
      for column in 1...figure.columns where figure.hasPanel(row: row, column: column) {
        let panel = figure.panel(row: row, column: column)
        cells.append((row, column, try measure(panel, try panel.resolvedAxes(), guess)))
      }
    }
    // Ticks depend on the size of the frame, and its size on the width of their labels: twice is
    // enough for both to settle.
    for _ in 0..<2 {
      arrange(&cells, in: area)
      for index in cells.indices {
        cells[index].layout = try measured(cells[index].layout)
      }
    }
    arrange(&cells, in: area)
    panels = try cells.map { cell in
      var layout = cell.layout
      if layout.panel.isEqual {
        (layout.axes, layout.frame) = Self.equalized(layout.panel, layout.data, layout.frame)
        layout = try measured(layout)
      }
      let bar = ColorBar(layout.panel)?.room(height: layout.frame.height, on: canvas)
      layout.legend?.place(beside: layout.frame, taken: bar ?? 0)
      return layout
    }
  }

  private func measured(_ layout: PanelLayout) throws -> PanelLayout {
    try measure(layout.panel, layout.data, layout.frame)
  }

  /// - Parameter data: the axes as the data and the user want them.
  private func measure(
    _ panel: Panel, _ data: (x: ResolvedAxis, y: ResolvedAxis), _ frame: Rect
  ) throws -> PanelLayout {
    var axes = data
    if panel.isEqual { axes = Self.equalized(panel, data, frame).axes }
    let style = TextStyle(size: Self.tickSize)
    let x = Ticks.fitting(axes.x, wish: min(max(Int(clamping: frame.width / 45), 2), 9)) { ticks in
      apart(ticks, axes.x, frame.width, gap: 8) { canvas.width(of: RichText($0), style) }
    }
    let y = Ticks.fitting(axes.y, wish: min(max(Int(clamping: frame.height / 30), 2), 9)) { ticks in
      apart(ticks, axes.y, frame.height, gap: 2) { _ in Self.tickSize }
    }
    let legend = try LegendLayout(panel, axes, frame, canvas)
    return PanelLayout(
      panel: panel, data: data, axes: axes, ticks: (x, y), frame: frame, legend: legend)
  }

  /// Axes and frame in which a unit is as long upwards as across: the axis that shows too little is
  /// extended, or, where the user set its limits or a heat map fills it, the frame is narrowed.
  static func equalized(
    _ panel: Panel, _ axes: (x: ResolvedAxis, y: ResolvedAxis), _ frame: Rect
  ) -> (axes: (x: ResolvedAxis, y: ResolvedAxis), frame: Rect) {
    var (axes, frame) = (axes, frame)
    guard axes.x.scale == .linear, axes.y.scale == .linear, axes.x.exponent == axes.y.exponent
    else { return (axes, frame) }
    let across = frame.width / (axes.x.high - axes.x.low)
    let up = frame.height / (axes.y.high - axes.y.low)
    let isFilled = panel.series.contains {
      if case .heat = $0.shape { true } else { false }
    }
    func isFree(_ axis: Axis) -> Bool { axis.low == nil && axis.high == nil && !isFilled }
    if across > up {
      if isFree(panel.x) {
        axes.x.widen(across / up)
      } else {
        let width = frame.width * up / across
        frame = Rect(
          x: frame.x + (frame.width - width) / 2, y: frame.y, width: width, height: frame.height)
      }
    } else if isFree(panel.y) {
      axes.y.widen(up / across)
    } else {
      let height = frame.height * across / up
      frame = Rect(
        x: frame.x, y: frame.y + (frame.height - height) / 2, width: frame.width, height: height)
    }
    return (axes, frame)
  }

  /// Whether the labels along an axis of this length keep a distance.
  private func apart(
    _ ticks: Ticks, _ axis: ResolvedAxis, _ length: Double, gap: Double, size: (String) -> Double
  ) -> Bool {
    var last = -Double.infinity
    for mark in ticks.major {
      let share = axis.share(mark.place)
      let half = size(mark.label) / 2
      if share * length - half < last + gap { return false }
      last = share * length + half
    }
    return true
  }

  private func insets(_ layout: PanelLayout) -> Insets {
    guard layout.panel.images == nil else {
      return Insets(top: layout.panel.title == nil ? 0 : Self.titleSize * 1.7)
    }
    let style = TextStyle(size: Self.tickSize)
    func width(_ mark: Ticks.Mark) -> Double { canvas.width(of: RichText(mark.label), style) }
    var result = Insets()
    result.left = 7 + (layout.ticks.y.major.map(width).max() ?? 0)
    if layout.ticks.y.axisLabel(layout.panel.y.label) != nil {
      result.left += Self.labelSize * 1.45
    }
    result.bottom = 6 + Self.tickSize * 1.1
    if layout.ticks.x.axisLabel(layout.panel.x.label) != nil {
      result.bottom += Self.labelSize * 1.45
    }
    result.top = layout.panel.title == nil ? 4 : Self.titleSize * 1.7
    result.right = 4
    if let mark = layout.ticks.x.major.last {
      let share = layout.axes.x.share(mark.place)
      result.right = max(4, width(mark) / 2 - (1 - share) * layout.frame.width)
    }
    if let legend = layout.legend, legend.isBeside { result.right += legend.size.x + 10 }
    if let bar = ColorBar(layout.panel) {
      result.right += bar.room(height: layout.frame.height, on: canvas)
    }
    return result
  }

  /// Gives each panel its frame: the frames of a column share left and right, of a row top and
  /// bottom, and all frames with axes have the same size.
  private func arrange(
    _ cells: inout [(row: Int, column: Int, layout: PanelLayout)], in area: Rect
  ) {
    var across = [Insets](repeating: Insets(), count: figure.columns)
    var down = [Insets](repeating: Insets(), count: figure.rows)
    for cell in cells {
      let need = insets(cell.layout)
      across[cell.column - 1].left = max(across[cell.column - 1].left, need.left)
      across[cell.column - 1].right = max(across[cell.column - 1].right, need.right)
      down[cell.row - 1].top = max(down[cell.row - 1].top, need.top)
      down[cell.row - 1].bottom = max(down[cell.row - 1].bottom, need.bottom)
    }
    let taken = across.reduce(Self.gap * Double(figure.columns - 1)) { $0 + $1.left + $1.right }
    let used = down.reduce(Self.gap * Double(figure.rows - 1)) { $0 + $1.top + $1.bottom }
    let space = PanelSpace(
      cells.map { ($0.row, $0.column, $0.layout.panel.images) }, columns: figure.columns,
      rows: figure.rows, width: area.width - taken, height: area.height - used,
      leastWidths: (1...figure.columns).map { leastWidth(cells, column: $0) })
    let widths = space.widths.map { max($0, 10) }
    let heights = space.heights.map { max($0, 10) }
    for index in cells.indices {
      let column = cells[index].column - 1
      let row = cells[index].row - 1
      let before = (0..<column).reduce(0) {
        $0 + across[$1].left + across[$1].right + widths[$1] + Self.gap
      }
      let above = (0..<row).reduce(0) {
        $0 + down[$1].top + down[$1].bottom + heights[$1] + Self.gap
      }
      cells[index].layout.frame = Rect(
        x: area.x + before + across[column].left, y: area.y + above + down[row].top,
        width: widths[column], height: heights[row])
    }
  }

  /// Of a column of images, for its titles.
  private func leastWidth(
    _ cells: [(row: Int, column: Int, layout: PanelLayout)], column: Int
  ) -> Double {
    let style = TextStyle(size: Self.titleSize, bold: true)
    return cells.filter { $0.column == column }.reduce(20) { least, cell in
      max(least, cell.layout.panel.title.map { canvas.width(of: RichText($0), style) } ?? 0)
    }
  }
}
