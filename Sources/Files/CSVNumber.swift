/// A number as a text of separated values has it: an integer where only digits and a sign are written.
enum CSVNumber {
  case whole(Int64)
  case real(Double)

  /// Nil for what is no number.
  init?(_ bytes: UnsafeRawBufferPointer) {
    if let short = CSVNumber(short: bytes) {
      self = short
      return
    }
    let text = String(decoding: bytes, as: UTF8.self)
    // Hexadecimal forms and NaN with a payload are Swift's, not a table's.
    guard !text.utf8.contains(where: { "xX(".utf8.contains($0) }) else { return nil }
    if bytes.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2B || $0 == 0x2D }) {
      if let whole = Int64(text), !(whole == 0 && text.hasPrefix("-")) {
        self = .whole(whole)
        return
      }
    }
    guard let value = Double(text) else { return nil }
    self = .real(value.isNaN ? .nan : value)
  }

  /// The common case without a detour through text: at most 15 digits, of which a double holds every
  /// integer, scaled by a power of ten that a double holds too, so that one rounding happens (Clinger
  /// 1990).
  private init?(short bytes: UnsafeRawBufferPointer) {
    var place = 0
    var isNegative = false
    if let first = bytes.first, first == 0x2D || first == 0x2B {
      isNegative = first == 0x2D
      place = 1
    }
    var digits = 0
    var mantissa: Int64 = 0
    var point: Int?
    while place < bytes.count {
      let byte = bytes[place]
      if (0x30...0x39).contains(byte) {
        mantissa = mantissa * 10 + Int64(byte & 15)
        digits += 1
        guard digits <= 15 else { return nil }
      } else if byte == 0x2E, point == nil {
        point = digits
      } else {
        return nil
      }
      place += 1
    }
    guard digits > 0 else { return nil }
    if point == nil, !(isNegative && mantissa == 0) {
      self = .whole(isNegative ? -mantissa : mantissa)
      return
    }
    let value = Double(mantissa) / Self.powers[digits - (point ?? digits)]
    self = .real(isNegative ? -value : value)
  }

  private static let powers: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
  ]
}
