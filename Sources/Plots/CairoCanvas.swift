// A canvas on paper: Cairo draws into SVG, PDF or PNG bytes in memory. Units are points.

import CCairo
import Catalog
import Glibc
import Runtime

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
      sink.bytes.append(contentsOf: UnsafeBufferPointer(start: data, count: Int(clamping: count)))
      return CAIRO_STATUS_SUCCESS
    }
}

final class CairoCanvas: Canvas {
  private let context: OpaquePointer
  private let surface: OpaquePointer
  private let format: PageFormat
  private let sink = ByteSink()
  let resolution = 0.36
  let thinnestArea = 0.36
  private static let isCairoOpen = ccairo_open()
  /// Words of an SVG that are kept as words; nil: they are drawn as outlines.
  private var letters: SVGLetters?

  /// - Parameters:
  ///   - width, height: in points.
  ///   - letters: whether the words of an SVG stay words, which other programs can search and edit
  ///     and which look as their fonts do; else outlines, which look the same everywhere.
  init(_ format: PageFormat, width: Double, height: Double, letters: Bool = false) throws {
    guard Self.isCairoOpen else {
      throw UserError("libcairo.so.2 cannot be opened; install Cairo (Debian: libcairo2)")
    }
    self.format = format
    self.letters = letters && format == .svg ? SVGLetters() : nil
    let closure = Unmanaged.passUnretained(sink).toOpaque()
    let made: OpaquePointer?
    switch format {
    case .svg: made = libcairo.svg_surface_create_for_stream(ByteSink.write, closure, width, height)
    case .pdf: made = libcairo.pdf_surface_create_for_stream(ByteSink.write, closure, width, height)
    case .png:
      let scale = PageFormat.density / 72
      made = libcairo.image_surface_create(
        CAIRO_FORMAT_RGB24, Int32((width * scale).rounded()), Int32((height * scale).rounded()))
    }
    guard let made, let context = libcairo.create(made) else {
      throw UserError("cairo cannot make a page")
    }
    surface = made
    self.context = context
    try check(libcairo.surface_status(made))
    if format == .pdf {
      // A date of its own would make each copy of a figure a different file.
      libcairo.pdf_surface_set_metadata(
        made, CAIRO_PDF_METADATA_CREATE_DATE, "2000-01-01T00:00:00Z")
    }
    if format == .svg { libcairo.svg_surface_set_document_unit(made, CAIRO_SVG_UNIT_PT) }
    if format == .png { libcairo.scale(context, PageFormat.density / 72, PageFormat.density / 72) }
    let options = libcairo.font_options_create()
    libcairo.font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
    libcairo.font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
    libcairo.font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
    libcairo.set_font_options(context, options)
    libcairo.font_options_destroy(options)
    setColor(Color(grey: 1))
    libcairo.paint(context)
  }

  deinit {
    libcairo.destroy(context)
    libcairo.surface_destroy(surface)
  }

  /// Ends the page and returns the file's bytes.
  func finish() throws -> [UInt8] {
    try check(libcairo.status(context))
    if format == .png {
      try check(
        libcairo.surface_write_to_png_stream(
          surface, ByteSink.write, Unmanaged.passUnretained(sink).toOpaque()))
    }
    libcairo.surface_finish(surface)
    try check(libcairo.surface_status(surface))
    guard format == .svg else { return sink.bytes }
    let repaired = SVGText.repaired(sink.bytes)
    return letters?.added(to: repaired) ?? repaired
  }

  private func check(_ status: cairo_status_t) throws {
    guard status == CAIRO_STATUS_SUCCESS else {
      let reason = libcairo.status_to_string(status).map { String(cString: $0) } ?? "unknown"
      throw UserError("cairo cannot draw the figure: \(reason)")
    }
  }

  // MARK: Canvas

  private func setColor(_ color: Color) {
    libcairo.set_source_rgba(context, color.red, color.green, color.blue, color.alpha)
  }

  private func trace(_ points: some Sequence<Point>) {
    libcairo.new_sub_path(context)
    for point in points { libcairo.line_to(context, point.x, point.y) }
  }

  /// Points of a line, or marks, that become one path.
  private static let pieceLength = 500

  func stroke(_ lines: [[Point]], _ pen: Pen) throws {
    let lines = lines.filter { $0.count > 1 }
    guard !lines.isEmpty else { return }
    libcairo.set_line_width(context, pen.width)
    libcairo.set_line_join(context, CAIRO_LINE_JOIN_ROUND)
    libcairo.set_line_cap(context, pen.dash == .solid ? CAIRO_LINE_CAP_ROUND : CAIRO_LINE_CAP_BUTT)
    defer { libcairo.set_dash(context, [], 0, 0) }
    let isLong = lines.reduce(0) { $0 + $1.count } > 8 * Self.pieceLength
    guard isLong else {
      setColor(pen.color)
      dash(pen, from: 0)
      libcairo.new_path(context)
      for line in lines { trace(line) }
      libcairo.stroke(context)
      return
    }
    // In pieces, between which the user can stop it: in one path every line would be compared with all
    // that share a line of the page with it. Pieces overlap, so lines that can be seen through are
    // drawn opaque first and laid down as a whole.
    let isOpaque = pen.color.alpha >= 1
    if !isOpaque { libcairo.push_group(context) }
    setColor(Color(red: pen.color.red, green: pen.color.green, blue: pen.color.blue))
    do {
      try strokePieces(lines, pen)
    } catch {
      if !isOpaque { libcairo.pattern_destroy(libcairo.pop_group(context)) }
      throw error
    }
    guard !isOpaque else { return }
    libcairo.pop_group_to_source(context)
    libcairo.paint_with_alpha(context, pen.color.alpha)
  }

  /// Short lines together, long ones cut.
  private func strokePieces(_ lines: [[Point]], _ pen: Pen) throws {
    var traced = 0
    func finish() {
      if traced > 0 { libcairo.stroke(context) }
      traced = 0
    }
    for line in lines {
      if line.count > Self.pieceLength {
        finish()
        try strokePieces(of: line, pen)
        continue
      }
      if traced == 0 {
        try Cancellation.check()
        dash(pen, from: 0)
        libcairo.new_path(context)
      }
      trace(line)
      traced += line.count
      if traced >= Self.pieceLength { finish() }
    }
    finish()
  }

  private func strokePieces(of line: [Point], _ pen: Pen) throws {
    var start = 0
    var travelled = 0.0
    while start < line.count - 1 {
      try Cancellation.check()
      let end = min(start + Self.pieceLength, line.count - 1)
      dash(pen, from: travelled)
      libcairo.new_path(context)
      trace(line[start...end])
      libcairo.stroke(context)
      if pen.dash != .solid {
        for index in start..<end {
          travelled += hypot(
            line[index + 1].x - line[index].x, line[index + 1].y - line[index].y)
        }
      }
      start = end
    }
  }

  private func dash(_ pen: Pen, from offset: Double) {
    let pattern = pen.dash.pattern.map { $0 * pen.width }
    libcairo.set_dash(context, pattern, Int32(pattern.count), offset)
  }

  func fill(_ polygon: [Point], _ color: Color) {
    libcairo.new_path(context)
    trace(polygon)
    libcairo.close_path(context)
    setColor(color)
    libcairo.fill(context)
  }

  /// One by one, so that overlap shows as density. A large cloud in a vector file goes by pieces of
  /// one path each, which keeps the file small; as one path of the whole, every mark would be
  /// compared with all that share a line of the page with it.
  func mark(_ cloud: Cloud) throws {
    setColor(cloud.color)
    libcairo.set_line_cap(context, CAIRO_LINE_CAP_ROUND)
    libcairo.new_path(context)
    if format == .png, cloud.points.count > 64 { return try stamp(cloud) }
    let together = cloud.colors == nil && cloud.points.count > 20_000 ? Self.pieceLength : 1
    for (index, point) in cloud.points.enumerated() {
      if index % Self.pieceLength == 0 { try Cancellation.check() }
      if let colors = cloud.colors { setColor(colors[index]) }
      MarkerPath.trace(cloud.marker, at: point, radius: cloud.size / 2, on: context)
      if (index + 1) % together == 0 {
        MarkerPath.paint(cloud.marker, size: cloud.size, on: context)
      }
    }
    MarkerPath.paint(cloud.marker, size: cloud.size, on: context)
  }

  /// Into pixels: the marker is drawn once for each quarter of a dot and laid down at each point,
  /// which takes a tenth of the time of drawing it there.
  private func stamp(_ cloud: Cloud) throws {
    let scale = PageFormat.density / 72
    let stamps = MarkerStamps(cloud.marker, size: cloud.size, scale: scale)
    libcairo.save(context)
    defer { libcairo.restore(context) }
    libcairo.identity_matrix(context)
    for (index, point) in cloud.points.enumerated() {
      if index % Self.pieceLength == 0 { try Cancellation.check() }
      if let colors = cloud.colors { setColor(colors[index]) }
      stamps.place(at: Point(x: point.x * scale, y: point.y * scale), on: context)
    }
  }

  func image(_ bitmap: Bitmap, in frame: Rect) {
    let source = libcairo.image_surface_create(
      CAIRO_FORMAT_RGB24, Int32(bitmap.width), Int32(bitmap.height))
    defer { libcairo.surface_destroy(source) }
    guard let source, let data = libcairo.image_surface_get_data(source) else { return }
    let stride = Int(clamping: libcairo.image_surface_get_stride(source))
    for row in 0..<bitmap.height {
      let line = UnsafeMutableRawPointer(data + row * stride)
      for column in 0..<bitmap.width {
        line.storeBytes(
          of: bitmap.pixels[row * bitmap.width + column], toByteOffset: 4 * column, as: UInt32.self)
      }
    }
    libcairo.surface_mark_dirty(source)
    libcairo.save(context)
    libcairo.translate(context, frame.x, frame.y)
    libcairo.scale(
      context, frame.width / Double(bitmap.width), frame.height / Double(bitmap.height))
    libcairo.set_source_surface(context, source, 0, 0)
    libcairo.pattern_set_filter(libcairo.get_source(context), CAIRO_FILTER_NEAREST)
    libcairo.paint(context)
    libcairo.restore(context)
  }

  func clipped(to frame: Rect, _ draw: () throws -> Void) rethrows {
    libcairo.save(context)
    defer {
      libcairo.restore(context)
      letters?.frame = nil
    }
    libcairo.rectangle(context, frame.x, frame.y, frame.width, frame.height)
    libcairo.clip(context)
    letters?.frame = frame
    try draw()
  }

  // MARK: Text

  private func select(_ style: TextStyle, _ level: RichText.Level) {
    libcairo.select_font_face(
      context, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
      style.bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL)
    libcairo.set_font_size(context, style.size * level.scale)
  }

  func width(of text: RichText, _ style: TextStyle) -> Double {
    text.runs.reduce(0) { total, run in
      select(style, run.level)
      var extents = cairo_text_extents_t()
      libcairo.text_extents(context, run.text, &extents)
      return total + extents.x_advance
    }
  }

  func text(_ text: RichText, at point: Point, _ style: TextStyle) {
    if letters != nil {
      letters?.add(text, at: point, style)
      return
    }
    let width = width(of: text, style)
    libcairo.save(context)
    libcairo.translate(context, point.x, point.y)
    if style.turned { libcairo.rotate(context, -Double.pi / 2) }
    var x =
      switch style.horizontal {
      case .start: 0.0
      case .middle: -width / 2
      case .end: -width
      }
    let y = style.baseline
    setColor(style.color)
    for run in text.runs {
      select(style, run.level)
      let shift = run.level.shift * style.size
      var extents = cairo_text_extents_t()
      libcairo.text_extents(context, run.text, &extents)
      libcairo.move_to(context, x, y + shift)
      libcairo.show_text(context, run.text)
      x += extents.x_advance
    }
    libcairo.restore(context)
    libcairo.new_path(context)
  }
}
