// Drawing a figure on a page: grid, marks, axes, words.

import Catalog
import Glibc

enum Page {
  /// The bytes of the figure's file.
  static func render(
    _ figure: Figure, _ format: PageFormat, letters: Bool = false
  ) throws -> [UInt8] {
    let size = size(of: figure)
    guard max(size.x, size.y) / 72 * PageFormat.density < 32_000 else {
      throw UserError(
        "the figure is too large: \(Int(clamping: size.x / 72))×\(Int(clamping: size.y / 72)) inches, at most 160"
      )
    }
    let canvas = try CairoCanvas(format, width: size.x, height: size.y, letters: letters)
    if let grid = ImagePage.alone(figure) {
      try ImagePage.draw(figure, grid, on: canvas)
    } else {
      try draw(figure, on: canvas)
    }
    return try canvas.finish()
  }

  /// In points.
  static func size(of figure: Figure) -> Point {
    ImagePage.size(of: figure) ?? Point(x: figure.width * 72, y: figure.height * 72)
  }

  private static func draw(_ figure: Figure, on canvas: CairoCanvas) throws {
    let layout = try PageLayout(figure, canvas)
    PageTitle(figure.title, room: figure.width * 72).draw(on: canvas, middle: figure.width * 36)
    for panel in layout.panels {
      var corner = Point(x: panel.frame.x, y: panel.frame.y)
      if let grid = panel.panel.images {
        let place = ImagePage.placement(grid, in: panel.frame)
        corner = Point(x: place.area.x, y: place.area.y)
        try ImagePage.draw(grid, at: place, on: canvas)
      } else {
        try draw(panel, on: canvas)
      }
      if let title = panel.panel.title {
        var style = TextStyle(size: PageLayout.titleSize, bold: true)
        let room = figure.width * 72 - corner.x - PageLayout.margin
        style.size *= min(1, room / max(canvas.width(of: RichText(title), style), 1))
        canvas.text(RichText(title), at: Point(x: corner.x, y: corner.y - 5), style)
      }
    }
  }

  private static func draw(_ layout: PanelLayout, on canvas: CairoCanvas) throws {
    let frame = layout.frame
    try grid(layout, on: canvas)
    try canvas.clipped(to: frame) {
      try Marks(
        canvas: canvas,
        projection: Projection(x: layout.axes.x, y: layout.axes.y, frame: frame)
      ).draw(layout.panel)
    }
    try axisLines(layout, on: canvas)
    axisWords(layout, on: canvas)
    if !layout.axes.x.hasData || !layout.axes.y.hasData {
      let onLog = layout.axes.x.scale == .log || layout.axes.y.scale == .log
      canvas.text(
        RichText(onLog ? "no positive data" : "no data"),
        at: Point(x: frame.x + frame.width / 2, y: frame.y + frame.height / 2),
        TextStyle(
          size: PageLayout.labelSize, color: Palette.grey, horizontal: .middle, vertical: .middle))
    }
    try ColorBar(layout.panel)?.draw(beside: frame, on: canvas)
    try layout.legend?.draw(layout.panel, on: canvas)
  }

  /// Where the places of an axis lie on the page.
  private static func places(
    _ layout: PanelLayout
  ) -> (x: (Double) -> Double, y: (Double) -> Double) {
    let frame = layout.frame
    return (
      { frame.x + layout.axes.x.share($0) * frame.width },
      { frame.bottom - layout.axes.y.share($0) * frame.height }
    )
  }

  private static func grid(_ layout: PanelLayout, on canvas: CairoCanvas) throws {
    let frame = layout.frame
    let place = places(layout)
    let across = layout.ticks.y.major.map { place.y($0.place) }.map {
      [Point(x: frame.x, y: $0), Point(x: frame.right, y: $0)]
    }
    let up = layout.ticks.x.major.map { place.x($0.place) }.map {
      [Point(x: $0, y: frame.y), Point(x: $0, y: frame.bottom)]
    }
    try canvas.stroke(across + up, Pen(color: Palette.faint, width: 0.6))
  }

  private static func axisLines(_ layout: PanelLayout, on canvas: CairoCanvas) throws {
    let frame = layout.frame
    let place = places(layout)
    try canvas.stroke(
      [
        [
          Point(x: frame.x, y: frame.y), Point(x: frame.x, y: frame.bottom),
          Point(x: frame.right, y: frame.bottom),
        ]
      ], Pen(color: Palette.ink, width: 0.8))
    func ticks(_ x: [Double], _ y: [Double], length: Double, width: Double) throws {
      let down = x.map(place.x).map {
        [Point(x: $0, y: frame.bottom), Point(x: $0, y: frame.bottom + length)]
      }
      let left = y.map(place.y).map {
        [Point(x: frame.x, y: $0), Point(x: frame.x - length, y: $0)]
      }
      try canvas.stroke(down + left, Pen(color: Palette.ink, width: width))
    }
    try ticks(
      layout.ticks.x.major.map(\.place), layout.ticks.y.major.map(\.place), length: 3.2, width: 0.8)
    func minor(_ axis: ResolvedAxis, _ ticks: Ticks) -> [Double] {
      axis.scale == .log ? ticks.minor.compactMap(axis.place) : []
    }
    try ticks(
      minor(layout.axes.x, layout.ticks.x), minor(layout.axes.y, layout.ticks.y), length: 1.8,
      width: 0.5)
  }

  private static func axisWords(_ layout: PanelLayout, on canvas: CairoCanvas) {
    let frame = layout.frame
    let place = places(layout)
    let size = PageLayout.tickSize
    var widest = 0.0
    for mark in layout.ticks.x.major {
      let x = place.x(mark.place)
      canvas.text(
        minus(mark.label), at: Point(x: x, y: frame.bottom + 5.5),
        TextStyle(size: size, horizontal: .middle, vertical: .top))
    }
    for mark in layout.ticks.y.major {
      let y = place.y(mark.place)
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
