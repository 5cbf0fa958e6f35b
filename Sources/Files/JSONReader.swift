// Reading JSON (RFC 8259) strictly: trailing text, keys that stand twice, numbers out of range and bytes
// that are no UTF-8 are errors with their place. Beyond the standard only the `NaN`, `Infinity` and
// `-Infinity` that Python writes are read.
//
// Lua's nil cannot stand in a table. So `null` is read as NaN in a list, which keeps its length, and in
// an object as a key that is not there; the option `null` names another value for both.

import Catalog
import Runtime

package struct JSONReader {
  /// More lists and objects inside each other than this are refused: what Lua tables may be written has
  /// at most 100, and a tensor in them its axes.
  static let mostNested = 128

  private let bytes: UnsafeRawBufferPointer
  private let path: String
  private let null: Value?
  private var position = 0
  private var valueCount = 0
  private var memory = MemoryMeter()

  private init(_ bytes: UnsafeRawBufferPointer, _ path: String, null: Value?) {
    (self.bytes, self.path, self.null) = (bytes, path, null)
  }

  /// - Parameter path: the file, for errors.
  package static func value(
    of bytes: UnsafeRawBufferPointer, path: String, null: Value? = nil
  ) throws -> Value {
    var reader = JSONReader(bytes, path, null: null)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { reader.position = 3 }
    let value = try reader.value(depth: 0) ?? null ?? .none
    reader.skipBlanks()
    guard reader.position == bytes.count else { throw reader.error("text after the value") }
    return value
  }

  package static func value(of text: String, path: String) throws -> Value {
    try Array(text.utf8).withUnsafeBytes { try value(of: $0, path: path) }
  }

  private func error(_ reason: String, at place: Int? = nil) -> FileError {
    let place = place ?? position
    let before = bytes[..<min(place, bytes.count)]
    let line = before.count { $0 == 0x0A } + 1
    let column = place - (before.lastIndex(of: 0x0A) ?? -1)
    return FileError("\(path): line \(line), column \(column), byte \(place + 1): \(reason)")
  }

  /// The byte at the place; nil at the end.
  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipBlanks() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipBlanks()
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func take(word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard position + count <= bytes.count,
      bytes[position..<position + count].elementsEqual(
        UnsafeBufferPointer(start: word.utf8Start, count: count))
    else { return false }
    position += count
    return true
  }

  /// A value; nil is `null`.
  private mutating func value(depth: Int) throws -> Value? {
    skipBlanks()
    valueCount += 1
    if valueCount & 0xFFF == 0 { try Cancellation.check() }
    // An element and its share of an array that grows by doubling.
    try memory.take(2 * MemoryLayout<Value>.stride)
    guard let byte = next else { throw error("the text ends where a value is expected") }
    switch byte {
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      guard depth < Self.mostNested else {
        throw error("lists and objects are nested more than \(Self.mostNested) deep")
      }
      position += 1
      return byte == UInt8(ascii: "{") ? try object(depth + 1) : try list(depth + 1)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default:
      if take(word: "null") { return nil }
      if take(word: "true") { return .boolean(true) }
      if take(word: "false") { return .boolean(false) }
      if take(word: "NaN") { return .number(.nan) }
      if take(word: "Infinity") { return .number(.infinity) }
      throw error("a value is expected, got '\(shownText(bytes[position...].prefix(1)))'")
    }
  }

  private mutating func list(_ depth: Int) throws -> Value {
    var values: [Value] = []
    if take("]") { return .list(values) }
    repeat { values.append(try value(depth: depth) ?? null ?? .number(.nan)) } while take(",")
    guard take("]") else { throw error("',' or ']' is expected in a list") }
    return .list(values)
  }

  private mutating func object(_ depth: Int) throws -> Value {
    var pairs: [(key: String, value: Value)] = []
    if take("}") { return .named(pairs) }
    var seen: Set<ExactText> = []
    repeat {
      skipBlanks()
      let place = position
      guard next == UInt8(ascii: "\"") else { throw error("a key in quotes is expected") }
      let key = try string()
      guard seen.insert(ExactText(key)).inserted else {
        throw error("the key '\(shownText(key.utf8))' stands twice", at: place)
      }
      guard take(":") else { throw error("':' is expected after a key") }
      try memory.take(2 * MemoryLayout<(Value.Key, Value)>.stride + key.utf8.count)
      pairs.append((key, try value(depth: depth) ?? null ?? .none))
    } while take(",")
    guard take("}") else { throw error("',' or '}' is expected in an object") }
    return .named(pairs)
  }

  // MARK: Strings

  private mutating func string() throws -> String {
    let start = position
    position += 1
    var text = ""
    var run = position
    while true {
      guard let byte = next else { throw error("a string has no end", at: start) }
      guard byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 else {
        position += 1
        continue
      }
      let part = UnsafeRawBufferPointer(rebasing: bytes[run..<position])
      try memory.take(part.count)
      guard let valid = String(validating: part, as: UTF8.self) else {
        let place = run + wellFormedLength(part)
        throw error("byte 0x\(String(bytes[place], radix: 16)) is no UTF-8", at: place)
      }
      text += valid
      if byte < 0x20 { throw error("a control character stands in a string without an escape") }
      position += 1
      if byte == UInt8(ascii: "\"") { return text }
      text.unicodeScalars.append(try escape())
      run = position
    }
  }

  private mutating func escape() throws -> Unicode.Scalar {
    let place = position - 1
    guard let byte = next else { throw error("a string has no end", at: place) }
    position += 1
    switch Unicode.Scalar(byte) {
    case "\"", "\\", "/": return Unicode.Scalar(byte)
    case "b": return "\u{8}"
    case "f": return "\u{C}"
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "u": break
    default: throw error("'\\\(shownText([byte]))' is no escape", at: place)
    }
    var code = try fourDigits()
    if (0xD800...0xDBFF).contains(code), take(word: "\\u") {
      let low = try fourDigits()
      guard (0xDC00...0xDFFF).contains(low) else {
        throw error("half of a pair of \\u escapes stands alone", at: place)
      }
      code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(code) else {
      throw error("half of a pair of \\u escapes stands alone", at: place)
    }
    return scalar
  }

  private mutating func fourDigits() throws -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw error("four hexadecimal digits are expected after \\u")
      }
      code = code << 4 | UInt32(digit)
      position += 1
    }
    return code
  }

  // MARK: Numbers

  private mutating func digits() -> Int {
    let start = position
    while let byte = next, (0x30...0x39).contains(byte) { position += 1 }
    return position - start
  }

  /// `-? (0 | 1…9 digits) (. digits)? (e ±? digits)?`; what has neither point nor exponent is an
  /// integer.
  private mutating func number() throws -> Value {
    let start = position
    if next == UInt8(ascii: "-") {
      position += 1
      if take(word: "Infinity") { return .number(-.infinity) }
    }
    let isZero = next == UInt8(ascii: "0")
    let count = digits()
    guard count > 0, !isZero || count == 1 else {
      throw error("a number is expected, of digits without a 0 in front", at: start)
    }
    var isWhole = true
    if next == UInt8(ascii: ".") {
      position += 1
      isWhole = false
      guard digits() > 0 else { throw error("digits are expected behind the point") }
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      position += 1
      isWhole = false
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
      guard digits() > 0 else { throw error("digits are expected in the exponent") }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isWhole, text != "-0" {
      guard let integer = Int(text, radix: 10) else {
        throw error("\(text) does not fit in an integer of 64 bits", at: start)
      }
      return .integer(integer)
    }
    guard let value = Double(text), value.isFinite else {
      throw error("\(text) is beyond the range of numbers", at: start)
    }
    return .number(value)
  }
}
