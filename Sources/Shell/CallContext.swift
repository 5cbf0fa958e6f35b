// Where in a line of Lua the cursor stands: in a string, or among the options of a call.

struct CallContext {
  /// The function whose options table is open: `sample.euler_maruyama` or `mix:sample`.
  private(set) var callee: String?
  /// Whether an option's name can stand here, just after `{` or a comma.
  private(set) var expectsName = false
  /// The option whose value stands here.
  private(set) var option: String?

  /// Reads the code up to the word or string that is being completed.
  init(_ code: String) {
    let bytes = Array(code.utf8)
    let open = Self.openBrackets(bytes)
    guard let brace = open.last, bytes[brace] == UInt8(ascii: "{") else { return }
    let before = Self.skipSpace(bytes, from: brace)
    if before > 0, isNameByte(bytes[before - 1]) {
      callee = Self.chain(bytes, endingAt: before)
    } else if open.count > 1, bytes[open[open.count - 2]] == UInt8(ascii: "("), before > 0,
      [UInt8(ascii: ","), UInt8(ascii: "(")].contains(bytes[before - 1])
    {
      callee = Self.chain(bytes, endingAt: Self.skipSpace(bytes, from: open[open.count - 2]))
    }
    let last = Self.skipSpace(bytes, from: bytes.count)
    guard last > brace else { return }
    switch bytes[last - 1] {
    case UInt8(ascii: "{"), UInt8(ascii: ","), UInt8(ascii: ";"): expectsName = true
    case UInt8(ascii: "="):
      option = Self.chain(bytes, endingAt: Self.skipSpace(bytes, from: last - 1))
    default: break
    }
  }

  /// Positions of the brackets that are still open, outside strings and comments.
  private static func openBrackets(_ bytes: [UInt8]) -> [Int] {
    var open: [Int] = []
    var quote: UInt8 = 0
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      if quote != 0 {
        if byte == UInt8(ascii: "\\") { index += 1 } else if byte == quote { quote = 0 }
      } else {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): quote = byte
        case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): open.append(index)
        case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): _ = open.popLast()
        case UInt8(ascii: "-") where bytes[index...].starts(with: "--".utf8):
          while index + 1 < bytes.count, bytes[index + 1] != UInt8(ascii: "\n") { index += 1 }
        default: break
        }
      }
      index += 1
    }
    return open
  }

  private static func skipSpace(_ bytes: [UInt8], from end: Int) -> Int {
    var end = end
    while end > 0, [0x20, 0x09, 0x0A].contains(bytes[end - 1]) { end -= 1 }
    return end
  }

  /// The names joined by `.` and `:` that end here; nil where there are none.
  private static func chain(_ bytes: [UInt8], endingAt end: Int) -> String? {
    var start = end
    while start > 0,
      isNameByte(bytes[start - 1])
        || [UInt8(ascii: "."), UInt8(ascii: ":")].contains(bytes[start - 1])
    {
      start -= 1
    }
    return start < end ? String(decoding: bytes[start..<end], as: UTF8.self) : nil
  }
}
