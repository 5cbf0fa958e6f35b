// Writing JSON (RFC 8259). Doubles have the shortest digits that read back the same; NaN and the
// infinities, which JSON lacks, become null; keys are in order, so that equal values give equal text.

import Catalog
import Tensors

public struct JSON {
  private var text = ""
  private var isOneLine = false

  /// The value as text with two blanks a level; lists of numbers stand on one line.
  public static func text(_ value: Value) throws -> String {
    var writer = JSON()
    try writer.write(value, level: 0, path: "value")
    return writer.text + "\n"
  }

  /// The value on one line, for a field of another format.
  public static func line(_ value: Value) throws -> String {
    var writer = JSON()
    writer.isOneLine = true
    try writer.write(value, level: 0, path: "value")
    return writer.text
  }

  private mutating func write(_ value: Value, level: Int, path: String) throws {
    switch value {
    case .none: text += "null"
    case .boolean(let value): text += value ? "true" : "false"
    case .integer(let value): text += "\(value)"
    case .number(let value): text += Self.number(value)
    case .string(let value): write(string: value)
    case .list(let values):
      try writeList(values, level: level, path: path)
    case .map(let pairs): try write(map: pairs, level: level, path: path)
    case .object(let object):
      guard let tensor = object as? Tensor else {
        throw UserError("\(path) cannot be written as JSON: \(object.describe())")
      }
      try write(try Self.value(of: tensor), level: level, path: path)
    case .function: throw UserError("\(path) cannot be written as JSON: a function")
    }
  }

  static func number(_ value: Double) -> String {
    guard value.isFinite else { return "null" }
    if value == value.rounded(), abs(value) < 1e15 { return "\(Int(value))" }
    return "\(value)"
  }

  private mutating func write(string: String) {
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
      if index > 0 { text += isFlat ? ", " : "," }
      if !isFlat { newLine(level + 1) }
      try write(element, level: level + 1, path: "\(path)[\(index + 1)]")
    }
    if !isFlat { newLine(level) }
    text += "]"
  }

  private mutating func write(
    map pairs: [(key: Value.Key, value: Value)], level: Int, path: String
  ) throws {
    text += "{"
    for (index, pair) in pairs.enumerated() {
      if index > 0 { text += "," }
      newLine(level + 1)
      write(string: pair.key.text)
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

  /// A tensor as nested lists.
  private static func value(of tensor: Tensor) throws -> Value {
    let numbers = try tensor.doubles()
    func leaf(_ number: Double) -> Value {
      tensor.dtype == .bool ? .boolean(number != 0) : .number(number)
    }
    func nest(_ lengths: ArraySlice<Int>, _ start: Int) -> Value {
      guard let length = lengths.first else { return leaf(numbers[start]) }
      let rest = lengths.dropFirst()
      let step = rest.reduce(1, *)
      return .list((0..<length).map { nest(rest, start + $0 * step) })
    }
    return nest(tensor.axisLengths[...], 0)
  }
}
