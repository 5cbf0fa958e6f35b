// Writing JSON (RFC 8259). Doubles have the shortest digits that read back the same, zero keeps its
// sign; keys are in order, so that equal values give equal text.

import Catalog
import Runtime
import Tensors

package struct JSON {
  /// What NaN and the infinities become, for which JSON has no form.
  package enum NotFinite: String, CaseIterable {
    /// `null`, which every reader takes.
    case null
    /// `NaN`, `Infinity` and `-Infinity`, as Python's json module writes and reads them.
    case python
  }

  private var text = ""
  private var isOneLine = false
  private let notFinite: NotFinite
  private var valueCount = 0
  private var memory = MemoryMeter()

  private init(_ notFinite: NotFinite) { self.notFinite = notFinite }

  /// The value as text with two blanks a level; lists of numbers stand on one line.
  package static func text(_ value: Value, notFinite: NotFinite = .null) throws -> String {
    var writer = JSON(notFinite)
    try writer.write(value, level: 0, path: "value")
    return writer.text + "\n"
  }

  /// The value on one line, for a field of another format.
  package static func line(_ value: Value, notFinite: NotFinite = .null) throws -> String {
    var writer = JSON(notFinite)
    writer.isOneLine = true
    try writer.write(value, level: 0, path: "value")
    return writer.text
  }

  private mutating func write(_ value: Value, level: Int, path: String) throws {
    try countValue()
    switch value {
    case .none: text += "null"
    case .boolean(let value): text += value ? "true" : "false"
    case .integer(let value): text += "\(value)"
    case .number(let value): text += number(value)
    case .string(let value): try write(string: value)
    case .list(let values):
      try writeList(values, level: level, path: path)
    case .map(let pairs), .record(_, let pairs): try write(map: pairs, level: level, path: path)
    case .object(let object as any NumberObject):
      try write(object.fields, level: level, path: path)
    case .object(let object):
      guard let tensor = object as? Tensor else {
        throw UserError("\(path) cannot be written as JSON: \(object.describe())")
      }
      try write(tensor: tensor, level: level)
    case .function: throw UserError("\(path) cannot be written as JSON: a function")
    }
  }

  /// Now and then asks whether to go on: for Ctrl-C, and for room for the text to grow.
  private mutating func countValue() throws {
    valueCount += 1
    if valueCount & 0xFFF == 0 { try Cancellation.check() }
    // The digits, in a text that grows by doubling.
    try memory.take(32)
  }

  private func number(_ value: Double) -> String {
    guard value.isFinite else {
      if notFinite == .null { return "null" }
      return value.isNaN ? "NaN" : value > 0 ? "Infinity" : "-Infinity"
    }
    if value == 0, value.sign == .minus { return "-0.0" }
    if value == value.rounded(), abs(value) < 1e15 { return "\(Int(clamping: value))" }
    return "\(value)"
  }

  private mutating func write(string: String) throws {
    try memory.take(2 * string.utf8.count)
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\0"..<" ", "\u{7F}":
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }

  private mutating func writeList(_ values: [Value], level: Int, path: String) throws {
    let isFlat = values.allSatisfy {
      switch $0 {
      case .list, .map, .object: false
      default: true
      }
    }
    text += "["
    for (index, element) in values.enumerated() {
      startElement(index, isFlat: isFlat, level)
      try write(element, level: level + 1, path: "\(path)[\(index + 1)]")
    }
    if !isFlat { newLine(level) }
    text += "]"
  }

  private mutating func startElement(_ index: Int, isFlat: Bool, _ level: Int) {
    if index > 0 { text += isFlat ? ", " : "," }
    if !isFlat { newLine(level + 1) }
  }

  private mutating func write(
    map pairs: [(key: Value.Key, value: Value)], level: Int, path: String
  ) throws {
    try Names.check(pairs.map(\.key.text), in: path, format: "JSON", refuses: { _ in false })
    text += "{"
    for (index, pair) in pairs.enumerated() {
      if index > 0 { text += "," }
      newLine(level + 1)
      try write(string: pair.key.text)
      text += ": "
      try write(pair.value, level: level + 1, path: "\(path).\(pair.key)")
    }
    newLine(level)
    text += "}"
  }

  private mutating func newLine(_ level: Int) {
    if isOneLine {
      if text.last == "," { text += " " }
      return
    }
    text += "\n" + String(repeating: "  ", count: level)
  }

  // MARK: Tensors

  /// A tensor as nested lists, integers with all their digits.
  private mutating func write(tensor: Tensor, level: Int) throws {
    let lengths = tensor.axisLengths[...]
    switch tensor.dtype {
    case .int64:
      let numbers = try tensor.densified()
      try nest(lengths, 0, level) { "\(numbers.pointer(Int64.self)[$0])" }
    case .bool:
      let numbers = try tensor.densified()
      try nest(lengths, 0, level) { numbers.pointer(Bool.self)[$0] ? "true" : "false" }
    case .float32, .float64:
      let numbers = try tensor.doubles()
      let writer = JSON(notFinite)
      try nest(lengths, 0, level) { writer.number(numbers[$0]) }
    }
  }

  private mutating func nest(
    _ lengths: ArraySlice<Int>, _ start: Int, _ level: Int, _ leaf: (Int) -> String
  ) throws {
    try countValue()
    guard let length = lengths.first else {
      text += leaf(start)
      return
    }
    let rest = lengths.dropFirst()
    let step = rest.reduce(1, *)
    text += "["
    for index in 0..<length {
      startElement(index, isFlat: rest.isEmpty, level)
      try nest(rest, start + index * step, level + 1, leaf)
    }
    if !rest.isEmpty { newLine(level) }
    text += "]"
  }
}
