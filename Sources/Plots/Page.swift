// Drawing a figure on a page: grid, marks, axes, words.

import Catalog
import Glibc

enum Page {
  /// The bytes of the figure's file.
  static func render(_ figure: Figure, _ format: PageFormat) throws -> [UInt8] {
    let size = ImagePage.size(of: figure) ?? Point(x: figure.width * 72, y: figure.height * 72)
    guard max(size.x, size.y) / 72 * PageFormat.density < 32_000 else {
      throw UserError(
        "the figure is too large: \(Int(size.x / 72))×\(Int(size.y / 72)) inches, at most 160")
    }
    let canvas = try CairoCanvas(format, width: size.x, height: size.y)
    if ImagePage.size(of: figure) != nil {
      ImagePage.draw(figure, on: canvas)
    } else {
      try draw(figure, on: canvas)
    }
    return try canvas.finish()
  }

  private static func draw(_ figure: Figure, on canvas: CairoCanvas) throws {
    let layout = try PageLayout(figure, canvas)
    if let title = figure.title {
      canvas.text(
        RichText(title), at: Point(x: figure.width * 36, y: 6),
        TextStyle(size: PageLayout.headSize, bold: true, horizontal: .middle, vertical: .top))
    }
    for panel in layout.panels {
      if let grid = panel.panel.images {
        ImagePage.draw(grid, in: panel.frame, on: canvas)
      } else {
        draw(panel, on: canvas)
      }
      if let title = panel.panel.title {
        canvas.text(
          RichText(title), at: Point(x: panel.frame.x, y: panel.frame.y - 5),
          TextStyle(size: PageLayout.titleSize, bold: true))
      }
    }
  }

  private static func draw(_ layout: PanelLayout, on canvas: CairoCanvas) {
    let frame = layout.frame
    grid(layout, on: canvas)
    canvas.clipped(to: frame) {
      Marks(
        canvas: canvas,
        projection: Projection(x: layout.axes.x, y: layout.axes.y, frame: frame)
      ).draw(layout.panel)
    }
    axisLines(layout, on: canvas)
    axisWords(layout, on: canvas)
    if !layout.axes.x.hasData || !layout.axes.y.hasData {
      let onLog = layout.axes.x.scale == .log || layout.axes.y.scale == .log
      canvas.text(
        RichText(onLog ? "no positive data" : "no data"),
        at: Point(x: frame.x + frame.width / 2, y: frame.y + frame.height / 2),
        TextStyle(
          size: PageLayout.labelSize, color: Palette.grey, horizontal: .middle, vertical: .middle))
    }
    ColorBar(layout.panel)?.draw(beside: frame, on: canvas)
    layout.legend?.draw(layout.panel, on: canvas)
  }

  private static func places(
    _ layout: PanelLayout
  ) -> (x: (Double) -> Double?, y: (Double) -> Double?) {
    let frame = layout.frame
    return (
      { value in layout.axes.x.fraction(value).map { frame.x + $0 * frame.width } },
      { value in layout.axes.y.fraction(value).map { frame.bottom - $0 * frame.height } }
    )
  }

  private static func grid(_ layout: PanelLayout, on canvas: CairoCanvas) {
    let frame = layout.frame
    let place = places(layout)
    let across = layout.ticks.y.major.compactMap { place.y($0.value) }.map {
      [Point(x: frame.x, y: $0), Point(x: frame.right, y: $0)]
    }
    let up = layout.ticks.x.major.compactMap { place.x($0.value) }.map {
      [Point(x: $0, y: frame.y), Point(x: $0, y: frame.bottom)]
    }
    canvas.stroke(across + up, Pen(color: Palette.faint, width: 0.6))
  }

  private static func axisLines(_ layout: PanelLayout, on canvas: CairoCanvas) {
    let frame = layout.frame
    let place = places(layout)
    canvas.stroke(
      [
        [
          Point(x: frame.x, y: frame.y), Point(x: frame.x, y: frame.bottom),
          Point(x: frame.right, y: frame.bottom),
        ]
      ], Pen(color: Palette.ink, width: 0.8))
    func ticks(_ x: [Double], _ y: [Double], length: Double, width: Double) {
      let down = x.compactMap(place.x).map {
        [Point(x: $0, y: frame.bottom), Point(x: $0, y: frame.bottom + length)]
      }
      let left = y.compactMap(place.y).map {
        [Point(x: frame.x, y: $0), Point(x: frame.x - length, y: $0)]
      }
      canvas.stroke(down + left, Pen(color: Palette.ink, width: width))
    }
    ticks(
      layout.ticks.x.major.map(\.value), layout.ticks.y.major.map(\.value), length: 3.2, width: 0.8)
    ticks(
      layout.axes.x.scale == .log ? layout.ticks.x.minor : [],
      layout.axes.y.scale == .log ? layout.ticks.y.minor : [], length: 1.8, width: 0.5)
  }

  private static func axisWords(_ layout: PanelLayout, on canvas: CairoCanvas) {
    let frame = layout.frame
    let place = places(layout)
    let size = PageLayout.tickSize
    var widest = 0.0
    for mark in layout.ticks.x.major {
      guard let x = place.x(mark.value) else { continue }
      canvas.text(
        minus(mark.label), at: Point(x: x, y: frame.bottom + 5.5),
        TextStyle(size: size, horizontal: .middle, vertical: .top))
    }
    for mark in layout.ticks.y.major {
      guard let y = place.y(mark.value) else { continue }
      let style = TextStyle(size: size, horizontal: .end, vertical: .middle)
      let label = minus(mark.label)
      widest = max(widest, canvas.width(of: label, style))
      canvas.text(label, at: Point(x: frame.x - 5.5, y: y), style)
    }
    if let label = layout.ticks.x.axisLabel(layout.panel.x.label) {
      canvas.text(
        RichText(label),
        at: Point(
          x: frame.x + frame.width / 2, y: frame.bottom + 7 + 1.1 * size),
        TextStyle(size: PageLayout.labelSize, horizontal: .middle, vertical: .top))
    }
    if let label = layout.ticks.y.axisLabel(layout.panel.y.label) {
      canvas.text(
        RichText(label),
        at: Point(x: frame.x - 9.5 - widest, y: frame.y + frame.height / 2),
        TextStyle(size: PageLayout.labelSize, horizontal: .middle, turned: true))
    }
  }

  /// With the sign of mathematics instead of the hyphen.
  static func minus(_ label: String) -> RichText {
    RichText(String(label.map { $0 == "-" ? "−" : $0 }))
  }
}

/// What the colours of a heat map mean.
struct ColorBar {
  static let room = 46.0
  private let axis: ResolvedAxis
  private let map: ColorMap

  /// nil where the panel has no heat map.
  init?(_ panel: Panel) {
    for series in panel.series {
      guard case .heat(let heat) = series.shape else { continue }
      var extent = Extent(.linear)
      extent.add(heat.values)
      var limits = Axis()
      (limits.low, limits.high) = (heat.range?.lowerBound, heat.range?.upperBound)
      guard
        let axis = try? ResolvedAxis(
          limits, name: "range", extent: extent, tightLow: true, tightHigh: true)
      else { return nil }
      self.axis = axis
      map = heat.map
      return
    }
    return nil
  }

  func draw(beside frame: Rect, on canvas: any Canvas) {
    let bar = Rect(x: frame.right + 8, y: frame.y, width: 8, height: frame.height)
    canvas.image(
      Bitmap(
        width: 1, height: 256, pixels: (0..<256).map { map.color(1 - Double($0) / 255).packed }),
      in: bar)
    let ticks = Ticks(axis, wish: min(max(Int(frame.height / 35), 2), 6))
    for mark in ticks.major {
      guard let share = axis.fraction(mark.value) else { continue }
      let y = bar.bottom - share * bar.height
      canvas.stroke(
        [[Point(x: bar.right, y: y), Point(x: bar.right + 2.5, y: y)]],
        Pen(color: Palette.ink, width: 0.6))
      canvas.text(
        Page.minus(mark.label), at: Point(x: bar.right + 4.5, y: y),
        TextStyle(size: PageLayout.tickSize, vertical: .middle))
    }
    if let factor = ticks.axisLabel(nil) {
      canvas.text(
        RichText(factor), at: Point(x: bar.x, y: bar.y - 4), TextStyle(size: PageLayout.tickSize))
    }
  }
}
