// The legend of a panel: inside where no data lie or where it covers least, else beside the frame.

struct LegendLayout {
  struct Item {
    let label: RichText
    let members: [Int]
  }
  let items: [Item]
  let size: Point
  private(set) var origin = Point(x: 0, y: 0)
  private(set) var isBeside = true
  private var corner: LegendPlace?

  static let textSize = 8.0
  static let keyWidth = 18.0
  static let rowHeight = 12.0
  static let inset = 4.0

  /// nil where the panel needs none.
  init?(
    _ panel: Panel, _ axes: (x: ResolvedAxis, y: ResolvedAxis), _ frame: Rect,
    _ canvas: CairoCanvas
  ) throws {
    guard panel.legend != .none, panel.images == nil else { return nil }
    items = panel.legendEntries.map { Item(label: RichText($0.label), members: $0.members) }
    guard !items.isEmpty else { return nil }
    let style = TextStyle(size: Self.textSize)
    let widest = items.map { canvas.width(of: $0.label, style) }.max() ?? 0
    size = Point(
      x: widest + Self.keyWidth + 5 + 2 * Self.inset,
      y: Double(items.count) * Self.rowHeight + 2 * Self.inset)
    corner = try choose(panel, axes, frame)
    isBeside = corner == nil
  }

  private func choose(
    _ panel: Panel, _ axes: (x: ResolvedAxis, y: ResolvedAxis), _ frame: Rect
  ) throws -> LegendPlace? {
    let isBest = panel.legend == .best
    guard isBest || panel.legend == .automatic else {
      return panel.legend == .right ? nil : panel.legend
    }
    guard size.x < (isBest ? 1 : 0.6) * frame.width, size.y < (isBest ? 1 : 0.7) * frame.height
    else { return nil }
    let obstacles = LegendObstacles(frame)
    try Marks(canvas: obstacles, projection: Projection(x: axes.x, y: axes.y, frame: frame))
      .draw(panel)
    func covered(_ place: LegendPlace) -> Int {
      obstacles.count(in: Self.box(size, place, frame).inset(-3))
    }
    let places = LegendPlace.corners + LegendPlace.sides
    return isBest
      ? (places + [.center]).map { ($0, covered($0)) }.min { $0.1 < $1.1 }?.0
      : places.first { covered($0) == 0 }
  }

  private static func box(_ size: Point, _ place: LegendPlace, _ frame: Rect) -> Rect {
    let x =
      switch place {
      case .top_left, .center_left, .bottom_left: frame.x + 5
      case .top_center, .center, .bottom_center: frame.x + (frame.width - size.x) / 2
      default: frame.right - size.x - 4
      }
    let y =
      switch place {
      case .top_left, .top_center, .top_right: frame.y + 4
      case .center_left, .center, .center_right: frame.y + (frame.height - size.y) / 2
      default: frame.bottom - size.y - 5
      }
    return Rect(x: x, y: y, width: size.x, height: size.y)
  }

  /// - Parameter taken: what stands between the two already, a bar of colours.
  mutating func place(beside frame: Rect, taken: Double) {
    if let corner {
      let box = Self.box(size, corner, frame)
      origin = Point(x: box.x, y: box.y)
    } else {
      origin = Point(x: frame.right + 8 + taken, y: frame.y)
    }
  }

  func draw(_ panel: Panel, on canvas: any Canvas) throws {
    let colors = panel.colors
    if !isBeside {
      let box = Rect(x: origin.x, y: origin.y, width: size.x, height: size.y)
      canvas.fill(box.corners, Color(grey: 1).with(alpha: 0.85))
    }
    for (row, item) in items.enumerated() {
      let middle = origin.y + Self.inset + (Double(row) + 0.5) * Self.rowHeight
      let left = origin.x + Self.inset
      for index in item.members.sorted(by: { panel.series[$0].layer < panel.series[$1].layer }) {
        try key(panel.series[index], colors[index], index, left, middle, canvas)
      }
      canvas.text(
        item.label, at: Point(x: left + Self.keyWidth + 5, y: middle),
        TextStyle(size: Self.textSize, vertical: .middle))
    }
  }

  /// A small picture of the series itself.
  private func key(
    _ series: Series, _ color: Color, _ index: Int, _ left: Double, _ middle: Double,
    _ canvas: any Canvas
  ) throws {
    let style = series.style
    let box = Rect(x: left, y: middle - 4, width: Self.keyWidth, height: 8)
    let ends = [Point(x: left, y: middle), Point(x: box.right, y: middle)]
    let center = Point(x: left + Self.keyWidth / 2, y: middle)
    switch series.shape {
    case .line, .steps, .errors, .arrows, .contours, .horizontal, .vertical:
      let isReference = series.layer == 3
      var strokes = [ends]
      if case .errors = series.shape {
        strokes = [[Point(x: center.x, y: box.y), Point(x: center.x, y: box.bottom)]]
      }
      try canvas.stroke(
        strokes,
        Pen(
          color: color.with(alpha: style.opacity ?? 1),
          width: style.width ?? (isReference ? 1 : 1.5),
          dash: style.dash ?? (isReference ? .dashed : .solid), series: index))
      var marker = style.marker
      if marker == nil, case .errors = series.shape { marker = .circle }
      if let marker {
        try canvas.mark(
          Cloud(
            points: [center], marker: marker, size: style.size ?? 4.5, color: color, series: index))
      }
    case .points(_, _, let values):
      let shown = values.map { $0.map.color(0.6) } ?? color
      try canvas.mark(
        Cloud(
          points: [center], marker: style.marker ?? .circle,
          size: min(max(style.size ?? 4, 3.5), 8),
          color: shown.with(alpha: max(style.opacity ?? 0.75, 0.5)), series: index))
    case .band: canvas.fill(box.corners, color.with(alpha: style.opacity ?? 0.22))
    case .bars: canvas.fill(box.corners, color.with(alpha: style.opacity ?? 0.8))
    case .heat, .note: break
    }
  }
}
