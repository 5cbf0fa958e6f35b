// A canvas of character cells: lines and points as braille dots (2 across, 4 down a cell), areas as
// blocks and shades, images as half blocks. Units are dots.

import Glibc
import Runtime

final class TerminalCanvas: Canvas {
  let columns: Int
  let rows: Int
  let resolution = 1.0
  /// Areas are looked at in the middle of each cell.
  let thinnestArea = 2.0
  private let style: TerminalStyle
  /// The eight dots of each cell, a bit each, column by column from the top: bit = 4 x + y.
  private var dots: [UInt8]
  private var dotSeries: [Int?]
  private var dotColors: [Color?]
  private var areas: [TerminalCell?]
  private var words: [TerminalCell?]
  /// Whether series must be told apart without colour.
  let usesLetters: Bool

  init(columns: Int, rows: Int, style: TerminalStyle, usesLetters: Bool) {
    (self.columns, self.rows, self.style) = (columns, rows, style)
    self.usesLetters = usesLetters && style.colors == .none
    let count = columns * rows
    dots = Array(repeating: 0, count: count)
    dotSeries = Array(repeating: nil, count: count)
    dotColors = Array(repeating: nil, count: count)
    areas = Array(repeating: nil, count: count)
    words = Array(repeating: nil, count: count)
  }

  var frame: Rect { Rect(x: 0, y: 0, width: Double(2 * columns), height: Double(4 * rows)) }

  // MARK: Dots

  private func dot(_ x: Int, _ y: Int, _ color: Color, _ series: Int?) {
    guard x >= 0, y >= 0, x < 2 * columns, y < 4 * rows else { return }
    let cell = (y / 4) * columns + x / 2
    dots[cell] |= 1 << UInt8(4 * (x % 2) + y % 4)
    dotColors[cell] = color
    dotSeries[cell] = series
  }

  private static func dot(at point: Point) -> (x: Int, y: Int) {
    (Int(clamping: point.x.rounded(.down)), Int(clamping: point.y.rounded(.down)))
  }

  func stroke(_ lines: [[Point]], _ pen: Pen) throws {
    var travelled = 0
    let inside = Rect(x: 0, y: 0, width: frame.width - 1e-6, height: frame.height - 1e-6)
    for line in lines {
      for (number, (a, b)) in zip(line, line.dropFirst()).enumerated() {
        if number & 0xFFFF == 0 { try Cancellation.check() }
        guard let (a, b) = inside.part(from: a, to: b) else { continue }
        Segments.walk(from: Self.dot(at: a), to: Self.dot(at: b)) { x, y in
          if Self.isDrawn(travelled, pen.dash) { dot(x, y, pen.color, pen.series) }
          travelled += 1
        }
      }
    }
    if usesLetters, let series = pen.series { letters(along: lines.flatMap { $0 }, series) }
  }

  private static func isDrawn(_ position: Int, _ dash: Dash) -> Bool {
    switch dash {
    case .solid: true
    case .dashed: position % 6 < 3
    case .dotted: position % 3 == 0
    case .dashdot: position % 9 < 4 || position % 9 == 6
    }
  }

  func mark(_ cloud: Cloud) throws {
    for (index, point) in cloud.points.enumerated() where frame.contains(point) {
      if index & 0xFFFF == 0 { try Cancellation.check() }
      let x = min(Int(clamping: point.x), 2 * columns - 1)
      let y = min(Int(clamping: point.y), 4 * rows - 1)
      dot(x, y, cloud.colors?[index] ?? cloud.color, cloud.series)
      if usesLetters, let series = cloud.series, cloud.size > 3 {
        words[(y / 4) * columns + x / 2] = TerminalCell(
          glyph: Self.marker(series, ascii: style.ascii))
      }
    }
  }

  static func marker(_ series: Int, ascii: Bool) -> Character {
    Array(ascii ? "*+ox%@" : "•+○×▪△")[series % 6]
  }

  static func letter(_ series: Int) -> Character {
    Character(UnicodeScalar(UInt8(ascii: "a") + UInt8(series % 26)))
  }

  /// Names a line by its letter at a few places, others for each series.
  private func letters(along points: [Point], _ series: Int) {
    let inside = points.filter { $0.y >= 0 && $0.y < frame.bottom && frame.contains($0) }
    guard inside.count > 1, let left = inside.map(\.x).min(), let right = inside.map(\.x).max()
    else { return }
    for share in [0.2, 0.5, 0.8] {
      let x = left + (right - left) * (share + 0.05 * Double(series % 4))
      var nearest: Point?
      for (a, b) in zip(points, points.dropFirst()) where min(a.x, b.x) <= x && max(a.x, b.x) >= x {
        let part = b.x == a.x ? 0 : (x - a.x) / (b.x - a.x)
        nearest = Point(x: x, y: a.y + part * (b.y - a.y))
        break
      }
      guard let nearest, nearest.y >= 0, nearest.y < frame.bottom, x < frame.right else { continue }
      words[Int(clamping: nearest.y / 4) * columns + Int(clamping: x / 2)] = TerminalCell(
        glyph: Self.letter(series))
    }
  }

  // MARK: Areas

  func fill(_ polygon: [Point], _ color: Color) {
    guard polygon.count > 2 else { return }
    let isTint = color.alpha < 0.4
    let left = max(Int(clamping: (polygon.map(\.x).min() ?? 0) / 2), 0)
    let right = min(Int(clamping: (polygon.map(\.x).max() ?? 0) / 2), columns - 1)
    for column in stride(from: left, through: right, by: 1) {
      let spans = crossings(polygon, x: 2 * Double(column) + 1)
      for pair in stride(from: 0, to: spans.count - 1, by: 2) {
        stack(column, from: spans[pair], to: spans[pair + 1], color, isTint)
      }
    }
  }

  /// Where a vertical line meets the outline, from top to bottom.
  private func crossings(_ polygon: [Point], x: Double) -> [Double] {
    var result: [Double] = []
    var previous = polygon[polygon.count - 1]
    for point in polygon {
      if (previous.x <= x) != (point.x <= x) {
        let share = (x - previous.x) / (point.x - previous.x)
        result.append(previous.y + share * (point.y - previous.y))
      }
      previous = point
    }
    return result.sorted()
  }

  private func stack(
    _ column: Int, from top: Double, to bottom: Double, _ color: Color, _ isTint: Bool
  ) {
    let top = min(max(top, 0), frame.bottom)
    let bottom = min(max(bottom, 0), frame.bottom)
    let first = Int(clamping: top / 4)
    let last = min(Int(clamping: (bottom - 1e-9) / 4), rows - 1)
    for row in stride(from: first, through: last, by: 1) {
      let high = max(top - 4 * Double(row), 0)
      let low = min(bottom - 4 * Double(row), 4)
      guard let glyph = glyph(from: high, to: low, isTint) else { continue }
      let cell = TerminalCell(
        glyph: glyph, color: color.with(alpha: 1 / max(color.alpha, 0.01)))
      // Beside a higher bar of the same colour in the same cell, the higher one is seen.
      if let old = areas[row * columns + column], old.color == cell.color,
        let height = Self.blocks.firstIndex(of: glyph),
        let known = Self.blocks.firstIndex(of: old.glyph), known > height
      {
        continue
      }
      areas[row * columns + column] = cell
    }
  }

  /// The block for the part of a cell between two heights in dots, from its top.
  private func glyph(from high: Double, to low: Double, _ isTint: Bool) -> Character? {
    if isTint { return low - high < 1.6 ? nil : style.ascii ? ":" : "░" }
    if style.ascii { return low - high < 1.6 ? nil : "#" }
    if high < 0.25 {
      let isWhole = low > 3.4
      return isWhole ? "█" : low < 1 ? "▔" : "▀"
    }
    let eighths = Int(clamping: ((4 - high) * 2).rounded())
    return eighths < 1 ? nil : Self.blocks[min(eighths, 8) - 1]
  }

  private static let blocks: [Character] = Array("▁▂▃▄▅▆▇█")

  // MARK: Images

  func image(_ bitmap: Bitmap, in frame: Rect) {
    let (left, right) = (
      Int(clamping: (frame.x / 2).rounded()), Int(clamping: (frame.right / 2).rounded())
    )
    let (top, bottom) = (
      Int(clamping: (frame.y / 4).rounded()), Int(clamping: (frame.bottom / 4).rounded())
    )
    guard right > left, bottom > top else { return }
    func color(_ x: Double, _ width: Double, _ y: Double, _ height: Double) -> Color {
      let wide = Double(bitmap.width) / Double(right - left)
      let tall = Double(bitmap.height) / Double(bottom - top)
      return bitmap.mean(
        x: (x * wide)..<((x + width) * wide), y: (y * tall)..<((y + height) * tall))
    }
    for row in max(top, 0)..<min(max(bottom, 0), rows) {
      for column in max(left, 0)..<min(max(right, 0), columns) {
        let (x, y) = (Double(column - left), Double(row - top))
        areas[row * columns + column] = cell(row, column) { dx, dy, width, height in
          color(x + dx, width, y + dy, height)
        }
      }
    }
  }

  /// One cell of a picture; `sample` gives the mean colour of a part of it.
  private func cell(
    _ row: Int, _ column: Int, _ sample: (Double, Double, Double, Double) -> Color
  ) -> TerminalCell {
    if style.colors != .none {
      let glyph: Character = style.ascii ? " " : "▀"
      return TerminalCell(
        glyph: glyph, color: sample(0, 0, 1, 0.5), back: sample(0, 0.5, 1, 0.5))
    }
    if style.ascii {
      let ramp = Array(" .:-=+*#%@")
      let level = sample(0, 0, 1, 1).luminance * Double(ramp.count)
      return TerminalCell(glyph: ramp[min(Int(clamping: level), ramp.count - 1)])
    }
    // Ordered dithering (Bayer 1973) on the eight dots.
    let thresholds = [[1, 9, 3, 11], [13, 5, 15, 7], [4, 12, 2, 10], [16, 8, 14, 6]]
    var bits: UInt8 = 0
    for x in 0..<2 {
      for y in 0..<4 {
        let light = sample(Double(x) / 2, Double(y) / 4, 0.5, 0.25).luminance
        let threshold = Double(thresholds[y][(2 * column + x) % 4]) / 17
        if light > threshold { bits |= 1 << UInt8(4 * x + y) }
      }
    }
    return TerminalCell(glyph: bits == 0 ? " " : Self.braille(bits))
  }

  // MARK: Words

  func text(_ text: RichText, at point: Point, _ textStyle: TextStyle) {
    let plain = text.plain(ascii: style.ascii)
    let width = TerminalGrid.width(of: plain)
    let shift =
      textStyle.horizontal == .middle ? width / 2 : textStyle.horizontal == .end ? width : 0
    let row = Int(clamping: (point.y / 4).rounded(.down))
    guard (0..<rows).contains(row), point.x.isFinite else { return }
    var column = min(max(Int(clamping: point.x / 2) - shift, 0), max(columns - width, 0))
    for glyph in plain where column < columns && TerminalGrid.width(of: glyph) == 1 {
      words[row * columns + column] = TerminalCell(glyph: glyph, color: textStyle.color)
      column += 1
    }
  }

  func clipped(to frame: Rect, _ draw: () throws -> Void) rethrows { try draw() }

  // MARK: Result

  /// Our bits run down the left column then the right; Unicode's order is 1 2 3 7 / 4 5 6 8.
  static func braille(_ bits: UInt8) -> Character {
    var pattern: UInt32 = 0
    for (place, weight) in [1, 2, 4, 64, 8, 16, 32, 128].enumerated()
    where bits & (1 << UInt8(place)) != 0 {
      pattern |= UInt32(weight)
    }
    return Character(UnicodeScalar(0x2800 + pattern) ?? " ")
  }

  /// Puts the cells into a grid; words over dots over areas.
  func place(in grid: inout TerminalGrid, row: Int, column: Int) {
    for index in dots.indices {
      var cell = areas[index]
      if dots[index] != 0 {
        // A line over a solid area keeps the area as its background.
        let under = cell.flatMap { $0.glyph == "█" || $0.back != nil ? $0.color : nil }
        cell = TerminalCell(
          glyph: dotGlyph(index), color: dotColors[index],
          back: style.colors == .none ? nil : under)
      }
      if let word = words[index] { cell = word }
      if let cell { grid.set(row + index / columns, column + index % columns, cell) }
    }
  }

  private func dotGlyph(_ index: Int) -> Character {
    guard style.ascii else { return Self.braille(dots[index]) }
    if usesLetters, let series = dotSeries[index] { return Self.marker(series, ascii: true) }
    // A mark at the height of the dots within the cell.
    let bits = dots[index] | dots[index] >> 4
    switch bits & 0b1111 {
    case 0b0001: return "'"
    case 0b1000: return "."
    case 0b0010, 0b0100, 0b0110: return "-"
    default: return (bits & 0b1111).nonzeroBitCount >= 3 ? "|" : bits & 1 != 0 ? "'" : "."
    }
  }
}
