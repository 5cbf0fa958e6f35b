// The legend of a panel: in a corner where no data lie, else beside the frame.

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
    switch panel.legend {
    case .right, .none: return nil
    case .top_left, .top_right, .bottom_left, .bottom_right: return panel.legend
    case .automatic:
      guard size.x < 0.6 * frame.width, size.y < 0.7 * frame.height else { return nil }
      let obstacles = Obstacles()
      try Marks(canvas: obstacles, projection: Projection(x: axes.x, y: axes.y, frame: frame))
        .draw(panel)
      return [LegendPlace.top_right, .top_left, .bottom_right, .bottom_left].first {
        !obstacles.touch(Self.box(size, $0, frame).inset(-3))
      }
    }
  }

  private static func box(_ size: Point, _ place: LegendPlace, _ frame: Rect) -> Rect {
    let isLeft = place == .top_left || place == .bottom_left
    let isTop = place == .top_left || place == .top_right
    return Rect(
      x: isLeft ? frame.x + 5 : frame.right - size.x - 4,
      y: isTop ? frame.y + 4 : frame.bottom - size.y - 5, width: size.x, height: size.y)
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

/// A canvas that only remembers where something was drawn.
private final class Obstacles: Canvas {
  let resolution = 1.0
  let thinnestArea = 1.0
  private var points: [Point] = []
  private var boxes: [Rect] = []

  func touch(_ box: Rect) -> Bool {
    points.contains(where: box.contains)
      || boxes.contains {
        $0.x < box.right && $0.right > box.x && $0.y < box.bottom && $0.bottom > box.y
      }
  }

  func stroke(_ lines: [[Point]], _ pen: Pen) {
    for line in lines {
      for (a, b) in zip(line, line.dropFirst()) {
        // A sample every few points along the segment, where it can matter at all.
        let steps = min(max(Int(clamping: max(abs(b.x - a.x), abs(b.y - a.y)) / 4), 1), 400)
        for step in 0...steps {
          let share = Double(step) / Double(steps)
          points.append(Point(x: a.x + share * (b.x - a.x), y: a.y + share * (b.y - a.y)))
        }
      }
    }
  }

  func fill(_ polygon: [Point], _ color: Color) {
    if polygon.count == 4, let first = polygon.first {
      boxes.append(
        Rect(x: first.x, y: first.y, width: polygon[2].x - first.x, height: polygon[2].y - first.y))
    } else {
      // A band is as good as blocked columns between its edges.
      let half = polygon.count / 2
      for index in 0..<max(half - 1, 0) {
        let others = [index, index + 1, polygon.count - 1 - index, polygon.count - 2 - index]
        let corners = others.map { polygon[$0] }
        let xs = corners.map(\.x)
        let ys = corners.map(\.y)
        guard let left = xs.min(), let right = xs.max(), let top = ys.min(), let low = ys.max()
        else { continue }
        boxes.append(Rect(x: left, y: top, width: right - left, height: low - top))
      }
    }
  }

  func mark(_ cloud: Cloud) { points += cloud.points }
  func image(_ bitmap: Bitmap, in frame: Rect) { boxes.append(frame) }
  func text(_ text: RichText, at point: Point, _ style: TextStyle) { points.append(point) }
  func clipped(to frame: Rect, _ draw: () throws -> Void) rethrows { try draw() }
}
