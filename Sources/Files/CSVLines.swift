// The lines and fields of a text of separated values (RFC 4180): fields in quotes, a doubled quote within
// them for one, also with line ends in them. Beyond the RFC: a byte order mark is skipped, lines that
// begin with `#` are comments (`numpy.savetxt` writes them), blank lines are skipped, the separator is a
// comma, a semicolon, a tab or blanks, and a line may end in LF, CR or both.

import Runtime

struct CSVLines {
  struct Field {
    /// The bytes without the quotes around them and the blanks beside them.
    var range: Range<Int>
    /// It stood in quotes, so it is not missing even where it is empty.
    var isQuoted: Bool
    /// Doubled quotes are still to be made single.
    var hasDoubledQuotes: Bool
  }

  let bytes: UnsafeRawBufferPointer
  private let path: String
  private(set) var separator: UInt8 = 0x2C
  /// The fields of the line that `next` read last, and the number of its first line in the file.
  private(set) var fields: [Field] = []
  private(set) var lineNumber = 0
  private var position = 0
  private var linesBefore = 0

  private static let quote = UInt8(ascii: "\"")
  private static let comma = UInt8(ascii: ",")
  private static let semicolon = UInt8(ascii: ";")
  private static let tab: UInt8 = 0x09
  private static let blank: UInt8 = 0x20

  init(_ bytes: UnsafeRawBufferPointer, path: String) {
    (self.bytes, self.path) = (bytes, path)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    let start = position
    skipBlankLinesAndComments()
    separator = separatorOfLine()
    (position, linesBefore) = (start, 0)
  }

  /// Reads the next line that has fields; false at the end of the text.
  mutating func next() throws -> Bool {
    skipBlankLinesAndComments()
    fields.removeAll(keepingCapacity: true)
    guard position < bytes.count else { return false }
    lineNumber = linesBefore + 1
    repeat { try readField() } while position < bytes.count && takeSeparator()
    takeLineEnd()
    return true
  }

  /// The text of a field, for names and errors.
  func text(_ field: Field) -> String? {
    let text = String(
      validating: UnsafeRawBufferPointer(rebasing: bytes[field.range]), as: UTF8.self)
    return field.hasDoubledQuotes ? text?.replacing("\"\"", with: "\"") : text
  }

  // MARK: Lines

  private func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }
  private func isBlank(_ byte: UInt8) -> Bool { byte == Self.blank || byte == Self.tab }

  /// CR LF is one end.
  private mutating func takeLineEnd() {
    guard position < bytes.count, isLineEnd(bytes[position]) else { return }
    let isPair =
      bytes[position] == 0x0D && position + 1 < bytes.count && bytes[position + 1] == 0x0A
    position += isPair ? 2 : 1
    linesBefore += 1
  }

  private mutating func skipBlankLinesAndComments() {
    while position < bytes.count {
      var end = position
      if bytes[position] == UInt8(ascii: "#") {
        while end < bytes.count, !isLineEnd(bytes[end]) { end += 1 }
      } else {
        // A line of tabs is a line of missing values where tabs separate.
        while end < bytes.count,
          bytes[end] == Self.blank || bytes[end] == Self.tab && separator != Self.tab
        { end += 1 }
        guard end == bytes.count || isLineEnd(bytes[end]) else { return }
      }
      position = end
      takeLineEnd()
    }
  }

  /// What separates the fields of the line at hand: what stands in it outside quotes. A semicolon goes
  /// before a comma, which then is a decimal comma; a tab does unless it is a blank beside a comma.
  private func separatorOfLine() -> UInt8 {
    var hasComma = false
    var hasTab = false
    var hasTabAsSeparator = false
    var isQuoted = false
    for place in position..<bytes.count {
      let byte = bytes[place]
      if byte == Self.quote { isQuoted.toggle() }
      if isQuoted { continue }
      if isLineEnd(byte) { break }
      if byte == Self.semicolon { return Self.semicolon }
      if byte == Self.comma { hasComma = true }
      if byte == Self.tab {
        hasTab = true
        let before = place > position ? bytes[place - 1] : Self.comma
        let after = place + 1 < bytes.count ? bytes[place + 1] : Self.comma
        if ![before, after].contains(where: { $0 == Self.comma || isBlank($0) || isLineEnd($0) }) {
          hasTabAsSeparator = true
        }
      }
    }
    if hasComma, !hasTabAsSeparator { return Self.comma }
    return hasTab ? Self.tab : Self.blank
  }

  // MARK: Fields

  /// Goes over one separator; false where the line ends.
  private mutating func takeSeparator() -> Bool {
    guard !isLineEnd(bytes[position]) else { return false }
    if separator != Self.blank {
      position += 1
      return true
    }
    // Blanks at the end of a line separate nothing.
    skipBlanks()
    return position < bytes.count && !isLineEnd(bytes[position])
  }

  private mutating func skipBlanks() {
    while position < bytes.count, isBlank(bytes[position]),
      bytes[position] != separator || separator == Self.blank
    {
      position += 1
    }
  }

  private mutating func readField() throws {
    if fields.count == fields.capacity { try fields.reserveChecked(max(fields.count, 16)) }
    skipBlanks()
    if position < bytes.count, bytes[position] == Self.quote { return try readQuoted() }
    let start = position
    var end = start
    while position < bytes.count {
      let byte = bytes[position]
      if isLineEnd(byte) || byte == separator || separator == Self.blank && byte == Self.tab {
        break
      }
      position += 1
      if !isBlank(byte) { end = position }
    }
    fields.append(Field(range: start..<end, isQuoted: false, hasDoubledQuotes: false))
  }

  private mutating func readQuoted() throws {
    let line = linesBefore + 1
    position += 1
    let start = position
    var hasDoubledQuotes = false
    while true {
      guard position < bytes.count else {
        throw FileError(
          "\(path): line \(line), column \(fields.count + 1): a quote is opened and never closed")
      }
      if bytes[position] == Self.quote {
        guard position + 1 < bytes.count, bytes[position + 1] == Self.quote else { break }
        hasDoubledQuotes = true
        position += 2
      } else if isLineEnd(bytes[position]) {
        takeLineEnd()
      } else {
        position += 1
      }
    }
    fields.append(
      Field(range: start..<position, isQuoted: true, hasDoubledQuotes: hasDoubledQuotes))
    position += 1
    skipBlanks()
    guard
      position == bytes.count || isLineEnd(bytes[position]) || bytes[position] == separator
        || separator == Self.blank
    else {
      throw FileError(
        "\(path): line \(line), column \(fields.count): text stands behind the closing quote")
    }
  }
}
