// A rectangle of character cells, and its text with or without colour escapes.

struct TerminalCell {
  var glyph: Character = " "
  var color: Color?
  var back: Color?
  var isBold = false
  /// The right half of a wide character: prints nothing.
  var isContinuation = false
}

struct TerminalGrid {
  let width: Int
  let height: Int
  private(set) var cells: [TerminalCell]

  init(width: Int, height: Int) {
    (self.width, self.height) = (width, height)
    cells = Array(repeating: TerminalCell(), count: width * height)
  }

  func contains(_ row: Int, _ column: Int) -> Bool {
    (0..<height).contains(row) && (0..<width).contains(column)
  }

  mutating func set(_ row: Int, _ column: Int, _ cell: TerminalCell) {
    if contains(row, column) { cells[row * width + column] = cell }
  }

  /// Writes what fits.
  mutating func put(
    _ text: String, _ row: Int, _ column: Int, color: Color? = nil, bold: Bool = false
  ) {
    var column = column
    for glyph in text {
      let wide = Self.width(of: glyph)
      guard wide > 0 else { continue }
      guard column + wide <= width else { return }
      set(row, column, TerminalCell(glyph: glyph, color: color, isBold: bold))
      if wide == 2 { set(row, column + 1, TerminalCell(isContinuation: true)) }
      column += wide
    }
  }

  static func width(of text: String) -> Int { text.reduce(0) { $0 + width(of: $1) } }

  /// Cells a character takes: 2 for East Asian wide ones and pictures, 0 for controls.
  static func width(of character: Character) -> Int {
    guard let scalar = character.unicodeScalars.first else { return 0 }
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x300...0x36F, 0x200B...0x200F: return 0
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
      0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF,
      0x20000...0x3FFFD:
      return 2
    default: return 1
    }
  }

  /// The longest beginning that fits, with "…" where something is cut.
  static func clipped(_ text: String, to width: Int, ascii: Bool) -> String {
    guard self.width(of: text) > width else { return text }
    let more = ascii ? "~" : "…"
    var result = ""
    var used = 1
    for character in text {
      used += self.width(of: character)
      if used > width { break }
      result.append(character)
    }
    return width > 0 ? result + more : ""
  }

  /// Lines joined by line feeds, without blanks at their ends; the escapes of a line end with it.
  func text(_ colors: TerminalStyle.Colors) -> String {
    (0..<height).map { row -> String in
      let line = cells[row * width..<(row + 1) * width]
      let end = line.lastIndex { $0.glyph != " " || ($0.back != nil && colors != .none) }
      guard let end else { return "" }
      var result = ""
      var current = ""
      for cell in line[...end] where !cell.isContinuation {
        if colors != .none {
          let wanted = Self.escape(cell, colors)
          if wanted != current {
            result += wanted.isEmpty ? "\u{1B}[0m" : (current.isEmpty ? "" : "\u{1B}[0m") + wanted
            current = wanted
          }
        }
        result.append(cell.glyph)
      }
      return current.isEmpty ? result : result + "\u{1B}[0m"
    }.joined(separator: "\n")
  }

  private static func escape(_ cell: TerminalCell, _ colors: TerminalStyle.Colors) -> String {
    var codes: [String] = []
    if cell.isBold { codes.append("1") }
    // Near black cannot be read on a dark terminal, nor near white on a light one: leave those to
    // the terminal, except in pictures, which set both colours.
    if let color = cell.color,
      cell.back != nil || (color.luminance > 0.03 && color.luminance < 0.97)
    {
      codes.append("38;" + code(color, colors))
    }
    if let back = cell.back { codes.append("48;" + code(back, colors)) }
    return codes.isEmpty ? "" : "\u{1B}[" + codes.joined(separator: ";") + "m"
  }

  private static func code(_ color: Color, _ colors: TerminalStyle.Colors) -> String {
    let packed = color.packed
    let (red, green, blue) = (
      Int(clamping: packed >> 16), Int(clamping: packed >> 8 & 255), Int(clamping: packed & 255)
    )
    if colors == .full { return "2;\(red);\(green);\(blue)" }
    if max(red, green, blue) - min(red, green, blue) < 12 {
      // The ramp of greys: 232…255 are 8, 18, …, 238; 16 is black, 231 white.
      let level = (red + green + blue) / 3
      return level < 4 ? "5;16" : level > 243 ? "5;231" : "5;\(232 + min((level - 3) / 10, 23))"
    }
    // The 6×6×6 cube has levels 0, 95, 135, 175, 215, 255.
    func level(_ part: Int) -> Int { part < 48 ? 0 : part < 115 ? 1 : (part - 35) / 40 }
    return "5;\(16 + 36 * level(red) + 6 * level(green) + level(blue))"
  }
}
