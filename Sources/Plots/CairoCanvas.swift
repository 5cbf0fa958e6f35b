// A canvas on paper: Cairo draws into SVG, PDF or PNG bytes in memory. Units are points.

import CCairo
import Catalog
import Glibc

enum PageFormat: String, CaseIterable {
  case svg, pdf, png

  /// Of PNG: dots an inch.
  static let density = 200.0
}

/// Where Cairo's stream functions put what they are given.
private final class ByteSink {
  var bytes: [UInt8] = []

  static let write:
    @convention(c) (
      UnsafeMutableRawPointer?, UnsafePointer<UInt8>?, UInt32
    ) -> cairo_status_t = { closure, data, count in
      guard let closure, let data else { return CAIRO_STATUS_WRITE_ERROR }
      let sink = Unmanaged<ByteSink>.fromOpaque(closure).takeUnretainedValue()
      sink.bytes.append(contentsOf: UnsafeBufferPointer(start: data, count: Int(count)))
      return CAIRO_STATUS_SUCCESS
    }
}

final class CairoCanvas: Canvas {
  private let context: OpaquePointer
  private let surface: OpaquePointer
  private let format: PageFormat
  private let sink = ByteSink()
  let resolution = 0.36

  /// - Parameters: width, height: in points.
  init(_ format: PageFormat, width: Double, height: Double) throws {
    self.format = format
    let closure = Unmanaged.passUnretained(sink).toOpaque()
    let made: OpaquePointer?
    switch format {
    case .svg: made = cairo_svg_surface_create_for_stream(ByteSink.write, closure, width, height)
    case .pdf: made = cairo_pdf_surface_create_for_stream(ByteSink.write, closure, width, height)
    case .png:
      let scale = PageFormat.density / 72
      made = cairo_image_surface_create(
        CAIRO_FORMAT_RGB24, Int32((width * scale).rounded()), Int32((height * scale).rounded()))
    }
    guard let made, let context = cairo_create(made) else {
      throw UserError("cairo cannot make a page")
    }
    surface = made
    self.context = context
    try check(cairo_surface_status(made))
    if format == .pdf {
      // A date of its own would make each copy of a figure a different file.
      cairo_pdf_surface_set_metadata(made, CAIRO_PDF_METADATA_CREATE_DATE, "2000-01-01T00:00:00Z")
    }
    if format == .svg { cairo_svg_surface_set_document_unit(made, CAIRO_SVG_UNIT_PT) }
    if format == .png { cairo_scale(context, PageFormat.density / 72, PageFormat.density / 72) }
    let options = cairo_font_options_create()
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
    cairo_set_font_options(context, options)
    cairo_font_options_destroy(options)
    setColor(Color(grey: 1))
    cairo_paint(context)
  }

  deinit {
    cairo_destroy(context)
    cairo_surface_destroy(surface)
  }

  /// Ends the page and returns the file's bytes.
  func finish() throws -> [UInt8] {
    try check(cairo_status(context))
    if format == .png {
      try check(
        cairo_surface_write_to_png_stream(
          surface, ByteSink.write, Unmanaged.passUnretained(sink).toOpaque()))
    }
    cairo_surface_finish(surface)
    try check(cairo_surface_status(surface))
    return format == .svg ? SVGText.repaired(sink.bytes) : sink.bytes
  }

  private func check(_ status: cairo_status_t) throws {
    guard status == CAIRO_STATUS_SUCCESS else {
      let reason = cairo_status_to_string(status).map { String(cString: $0) } ?? "unknown"
      throw UserError("cairo cannot draw the figure: \(reason)")
    }
  }

  // MARK: Canvas

  private func setColor(_ color: Color) {
    cairo_set_source_rgba(context, color.red, color.green, color.blue, color.alpha)
  }

  private func trace(_ points: [Point]) {
    cairo_new_sub_path(context)
    for point in points { cairo_line_to(context, point.x, point.y) }
  }

  func stroke(_ lines: [[Point]], _ pen: Pen) {
    let lines = lines.filter { $0.count > 1 }
    guard !lines.isEmpty else { return }
    cairo_new_path(context)
    for line in lines { trace(line) }
    setColor(pen.color)
    cairo_set_line_width(context, pen.width)
    cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
    cairo_set_line_cap(context, pen.dash == .solid ? CAIRO_LINE_CAP_ROUND : CAIRO_LINE_CAP_BUTT)
    let pattern = pen.dash.pattern.map { $0 * pen.width }
    cairo_set_dash(context, pattern, Int32(pattern.count), 0)
    cairo_stroke(context)
    cairo_set_dash(context, [], 0, 0)
  }

  func fill(_ polygon: [Point], _ color: Color) {
    cairo_new_path(context)
    trace(polygon)
    cairo_close_path(context)
    setColor(color)
    cairo_fill(context)
  }

  func mark(_ points: [Point], _ marker: Marker, size: Double, color: Color, series: Int?) {
    setColor(color)
    cairo_set_line_cap(context, CAIRO_LINE_CAP_ROUND)
    cairo_new_path(context)
    // One by one, so that overlap shows as density; a large cloud as one path, to keep files small.
    let together = points.count > 20_000
    for point in points {
      trace(marker, at: point, radius: size / 2)
      if !together { paint(marker, size: size) }
    }
    if together { paint(marker, size: size) }
  }

  /// A circle is a line of no length with round ends: the shortest way to say it in a vector file.
  private func trace(_ marker: Marker, at p: Point, radius r: Double) {
    func polygon(_ corners: [(Double, Double)]) {
      trace(corners.map { Point(x: p.x + $0.0 * r, y: p.y + $0.1 * r) })
      cairo_close_path(context)
    }
    func lines(_ a: (Double, Double), _ b: (Double, Double)) {
      trace([a, b].map { Point(x: p.x + $0.0 * r, y: p.y + $0.1 * r) })
    }
    switch marker {
    case .circle:
      cairo_move_to(context, p.x, p.y)
      cairo_line_to(context, p.x, p.y)
    case .square: polygon([(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)])
    case .triangle: polygon([(0, -1.15), (1.05, 0.75), (-1.05, 0.75)])
    case .diamond: polygon([(0, -1.25), (1.05, 0), (0, 1.25), (-1.05, 0)])
    case .plus:
      lines((-1, 0), (1, 0))
      lines((0, -1), (0, 1))
    case .cross:
      lines((-0.8, -0.8), (0.8, 0.8))
      lines((-0.8, 0.8), (0.8, -0.8))
    }
  }

  private func paint(_ marker: Marker, size: Double) {
    switch marker {
    case .circle:
      cairo_set_line_width(context, size)
      cairo_stroke(context)
    case .plus, .cross:
      cairo_set_line_width(context, max(0.8, size / 4))
      cairo_stroke(context)
    case .square, .triangle, .diamond: cairo_fill(context)
    }
  }

  func image(_ bitmap: Bitmap, in frame: Rect) {
    let source = cairo_image_surface_create(
      CAIRO_FORMAT_RGB24, Int32(bitmap.width), Int32(bitmap.height))
    defer { cairo_surface_destroy(source) }
    guard let source, let data = cairo_image_surface_get_data(source) else { return }
    let stride = Int(cairo_image_surface_get_stride(source))
    for row in 0..<bitmap.height {
      let line = UnsafeMutableRawPointer(data + row * stride)
      for column in 0..<bitmap.width {
        line.storeBytes(
          of: bitmap.pixels[row * bitmap.width + column], toByteOffset: 4 * column, as: UInt32.self)
      }
    }
    cairo_surface_mark_dirty(source)
    cairo_save(context)
    cairo_translate(context, frame.x, frame.y)
    cairo_scale(
      context, frame.width / Double(bitmap.width), frame.height / Double(bitmap.height))
    cairo_set_source_surface(context, source, 0, 0)
    cairo_pattern_set_filter(cairo_get_source(context), CAIRO_FILTER_NEAREST)
    cairo_paint(context)
    cairo_restore(context)
  }

  func clipped(to frame: Rect, _ draw: () -> Void) {
    cairo_save(context)
    cairo_rectangle(context, frame.x, frame.y, frame.width, frame.height)
    cairo_clip(context)
    draw()
    cairo_restore(context)
  }

  // MARK: Text

  private static let scriptSize = 0.72

  private func select(_ style: TextStyle, _ level: RichText.Level) {
    cairo_select_font_face(
      context, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
      style.bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL)
    cairo_set_font_size(context, level == .base ? style.size : style.size * Self.scriptSize)
  }

  func width(of text: RichText, _ style: TextStyle) -> Double {
    text.runs.reduce(0) { total, run in
      select(style, run.level)
      var extents = cairo_text_extents_t()
      cairo_text_extents(context, run.text, &extents)
      return total + extents.x_advance
    }
  }

  func text(_ text: RichText, at point: Point, _ style: TextStyle) {
    let width = width(of: text, style)
    cairo_save(context)
    cairo_translate(context, point.x, point.y)
    if style.turned { cairo_rotate(context, -Double.pi / 2) }
    var x =
      switch style.horizontal {
      case .start: 0.0
      case .middle: -width / 2
      case .end: -width
      }
    // Heights of capitals and descenders of a sans face, in sizes.
    let y =
      switch style.vertical {
      case .top: 0.76 * style.size
      case .middle: 0.36 * style.size
      case .bottom: -0.22 * style.size
      case .baseline: 0.0
      }
    setColor(style.color)
    for run in text.runs {
      select(style, run.level)
      let shift: Double =
        switch run.level {
        case .base: 0
        case .raised: -0.36 * style.size
        case .lowered: 0.16 * style.size
        }
      var extents = cairo_text_extents_t()
      cairo_text_extents(context, run.text, &extents)
      cairo_move_to(context, x, y + shift)
      cairo_show_text(context, run.text)
      x += extents.x_advance
    }
    cairo_restore(context)
    cairo_new_path(context)
  }
}
