// Numbers shown as colours, and the bar that says which colour stands for what.

/// The numbers of points, or of the cells of a heat map, and how they are coloured.
package struct ColoredValues: Sendable {
  package var values: [Double]
  package var map: ColorMap
  /// Whether the colours are even in the values, or in their logarithms.
  package var scale: Scale
  /// The values at the two ends of the colour map; nil: the extent of all values of the panel.
  package var range: ClosedRange<Double>?
  /// The name of the bar.
  package var label: String?

  package init(
    values: [Double], map: ColorMap = .viridis, range: ClosedRange<Double>? = nil,
    label: String? = nil, scale: Scale = .linear
  ) {
    (self.values, self.map, self.range, self.label) = (values, map, range, label)
    self.scale = scale
  }
}

struct ColorScale {
  let axis: ResolvedAxis
  let map: ColorMap
  let label: String?

  /// The scale of one series in its panel: of its own range, else of what all series without a range
  /// of their own show, so that one colour means one number in the whole panel.
  init?(_ colored: ColoredValues, in panel: Panel) {
    var extent = Extent(colored.scale)
    if colored.range == nil {
      for series in panel.series {
        if let other = series.colored, other.range == nil { extent.add(other.values) }
      }
    }
    var limits = Axis()
    limits.scale = colored.scale
    (limits.low, limits.high) = (colored.range?.lowerBound, colored.range?.upperBound)
    guard
      let axis = try? ResolvedAxis(
        limits, name: "range", extent: extent, tightLow: true, tightHigh: true)
    else { return nil }
    (self.axis, map, label) = (axis, colored.map, colored.label)
  }

  /// What is not finite, or has no logarithm where one is needed, is grey.
  func color(_ value: Double) -> Color {
    map.color(axis.fraction(value) ?? .nan)
  }
}

/// What the colours of a panel mean, at the right of its frame.
struct ColorBar {
  private static let gap = 8.0
  private static let width = 8.0
  private let scale: ColorScale

  /// nil where the panel shows nothing by colour. Of several series the bar speaks of the first.
  init?(_ panel: Panel) {
    guard let colored = panel.series.lazy.compactMap(\.colored).first,
      let scale = ColorScale(colored, in: panel)
    else { return nil }
    self.scale = scale
  }

  /// What it takes beside a frame of this height.
  func room(height: Double, on canvas: CairoCanvas) -> Double {
    let style = TextStyle(size: PageLayout.tickSize)
    let widest = ticks(height).major.map { canvas.width(of: Page.minus($0.label), style) }.max()
    return Self.gap + Self.width + 7 + (widest ?? 0)
      + (scale.label == nil ? 0 : PageLayout.labelSize * 1.45)
  }

  private func ticks(_ height: Double) -> Ticks {
    Ticks(scale.axis, wish: min(max(Int(clamping: height / 35), 2), 6))
  }

  func draw(beside frame: Rect, on canvas: CairoCanvas) throws {
    let bar = Rect(
      x: frame.right + Self.gap, y: frame.y, width: Self.width, height: frame.height)
    canvas.image(
      Bitmap(
        width: 1, height: 256,
        pixels: (0..<256).map { scale.map.color(1 - Double($0) / 255).packed }),
      in: bar)
    let ticks = ticks(frame.height)
    var widest = 0.0
    for mark in ticks.major {
      let y = bar.bottom - scale.axis.share(mark.place) * bar.height
      try canvas.stroke(
        [[Point(x: bar.right, y: y), Point(x: bar.right + 2.5, y: y)]],
        Pen(color: Palette.ink, width: 0.6))
      let style = TextStyle(size: PageLayout.tickSize, vertical: .middle)
      let label = Page.minus(mark.label)
      widest = max(widest, canvas.width(of: label, style))
      canvas.text(label, at: Point(x: bar.right + 4.5, y: y), style)
    }
    if let label = scale.label.map({ ticks.axisLabel($0) ?? $0 }) {
      canvas.text(
        RichText(label),
        at: Point(
          x: bar.right + 6 + widest + PageLayout.labelSize, y: frame.y + frame.height / 2),
        TextStyle(size: PageLayout.labelSize, horizontal: .middle, turned: true))
    } else if let factor = ticks.axisLabel(nil) {
      canvas.text(
        RichText(factor), at: Point(x: bar.x, y: bar.y - 4), TextStyle(size: PageLayout.tickSize))
    }
  }
}
