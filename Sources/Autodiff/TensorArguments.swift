import Catalog
import Tensors

// What the functions of `tensor` take besides tensors.

/// A tensor or a number, told apart without throwing: the operands of `a + b`.
public enum Operand: Argument {
  case tensor(Tensor)
  case number(Double)
  /// An integer that no double holds.
  case integer(Int)

  public static var expectation: String { "a tensor or a number" }
  public static var luaType: String { "tensor|number" }
  public var literal: String {
    switch self {
    case .tensor(let x): x.describe()
    case .number(let value): formatNumber(value)
    case .integer(let value): "\(value)"
    }
  }

  @inline(__always)
  public static func read(_ frame: Frame, _ index: Int32) throws -> Operand {
    if frame.type(at: index) == LuaType.number {
      let value = frame.number(at: index)
      return exactInteger(frame, index, value).map(Operand.integer) ?? .number(value)
    }
    do { return .tensor(try Tensor.read(frame, index)) } catch {
      throw Mismatch(expected: expectation)
    }
  }

  /// As a tensor that rounds nothing: a number becomes a 0-d float64, or int64 where that is exact
  /// alone.
  public func exact() throws -> Tensor {
    switch self {
    case .tensor(let x): x
    case .number(let value): try .scalar(value, .float64)
    case .integer(let value): try Tensor([Int64(value)], shape: [])
    }
  }

  /// As a tensor to be joined with another operand. A number takes the type of a tensor beside it:
  /// int64 takes integers alone; beside a bool tensor or another number it is float32.
  public func tensor(beside other: Operand) throws -> Tensor {
    if case .tensor(let x) = self { return x }
    var type = DType.float32
    if case .tensor(let x) = other, x.dtype != .bool { type = x.dtype }
    let whole = try exact()
    if type == .int64 { try whole.requireWhole() }
    return try whole.converted(to: type)
  }
}

/// The Lua integer in a slot whose `value` as a double is rounded.
private func exactInteger(_ frame: Frame, _ index: Int32, _ value: Double) -> Int? {
  guard abs(value) >= 0x1p53, frame.host.pointee.isInteger(frame.state, index) != 0,
    let integer = frame.integer(at: index), Int(exactly: value) != integer
  else { return nil }
  return integer
}

/// A number to be written into a tensor of any type.
public struct Number: Argument {
  public let operand: Operand
  public static var expectation: String { "a number" }
  public static var luaType: String { "number" }

  public static func read(_ frame: Frame, _ index: Int32) throws -> Number {
    guard frame.type(at: index) == LuaType.number else { throw Mismatch(expected: expectation) }
    return Number(operand: try Operand.read(frame, index))
  }
}

/// A shape: one number, or a list of them.
public struct ShapeArgument: Argument {
  public let lengths: [Int]
  public static var expectation: String { "a length or a list of lengths" }
  public static var luaType: String { "integer|integer[]" }

  public static func read(_ frame: Frame, _ index: Int32) throws -> ShapeArgument {
    if frame.type(at: index) == LuaType.number, let length = frame.integer(at: index) {
      return ShapeArgument(lengths: [length])
    }
    guard frame.type(at: index) == LuaType.table, let lengths = try? [Int].read(frame, index) else {
      throw Mismatch(expected: expectation)
    }
    return ShapeArgument(lengths: lengths)
  }

  public func shape() throws -> Shape { try Shape(checking: lengths) }
}

extension DType: Argument {
  static let names = DType.allCases.map(\.rawValue)
  public static var expectation: String { names.map { "'\($0)'" }.joined(separator: " or ") }
  public static var luaType: String { names.map { "\"\($0)\"" }.joined(separator: "|") }
  public var literal: String { "\"\(rawValue)\"" }

  public static func read(_ frame: Frame, _ index: Int32) throws -> DType {
    guard let type = frame.string(at: index).flatMap(DType.init) else {
      throw Mismatch(expected: expectation)
    }
    return type
  }
}

/// Numbers in nested lists of equal lengths, a number, or a tensor: what `tensor(...)` is made of.
public enum TensorSource: Argument {
  case tensor(Tensor)
  /// - integers: by place, those that no double holds.
  case numbers([Double], Shape, isBoolean: Bool, integers: [Int: Int])

  public static var expectation: String { "a number, nested lists of numbers, or a tensor" }
  public static var luaType: String { "number|boolean|table|tensor" }

  public static func read(_ frame: Frame, _ index: Int32) throws -> TensorSource {
    if frame.type(at: index) == LuaType.userdata {
      guard let x = try? Tensor.read(frame, index) else { throw Mismatch(expected: expectation) }
      return .tensor(x)
    }
    var reader = NestedListReader(frame: frame)
    try reader.read(index, depth: 0)
    let shape = try reader.shape()
    return .numbers(
      reader.values, shape, isBoolean: reader.isBoolean && !reader.values.isEmpty,
      integers: reader.integers)
  }

  public func tensor(_ dtype: DType?) throws -> Tensor {
    switch self {
    case .tensor(let x): return try dtype.map { try x.converted(to: $0) } ?? x.copied()
    case .numbers(let values, let shape, let isBoolean, let integers):
      let dtype = dtype ?? (isBoolean ? .bool : .float32)
      let numbers = try Tensor(values, shape: shape)
      if dtype == .int64 { return try TensorSource.whole(numbers, integers) }
      return try numbers.converted(to: dtype)
    }
  }

  /// Numbers as int64, with `integers` at the places where float64 has rounded them.
  private static func whole(_ numbers: Tensor, _ integers: [Int: Int]) throws -> Tensor {
    let source = numbers.pointer(Double.self)
    let result = try Tensor(uninitialized: numbers.shape, .int64)
    let out = result.pointer(Int64.self)
    for i in 0..<numbers.elementCount {
      guard let value = integers[i].map(Int64.init) ?? Int64(exactly: source[i]) else {
        throw UserError("values must be integers for int64, got \(formatNumber(source[i]))")
      }
      out[i] = value
    }
    return result
  }
}

/// Walks nested lists, checking that all of one depth are equally long.
private struct NestedListReader {
  let frame: Frame
  var values: [Double] = []
  var integers: [Int: Int] = [:]
  var isBoolean = true
  private var lengths: [Int] = []

  init(frame: Frame) { self.frame = frame }

  func shape() throws -> Shape { try Shape(checking: lengths) }

  mutating func read(_ index: Int32, depth: Int) throws {
    let host = frame.host.pointee
    switch frame.type(at: index) {
    case LuaType.number, LuaType.boolean:
      let isNumber = frame.type(at: index) == LuaType.number
      guard depth == lengths.count else {
        throw Mismatch(
          sentence: "must have lists of equal depth, got \(frame.describe(at: index)) beside a list"
        )
      }
      if isNumber { isBoolean = false }
      let value =
        isNumber ? frame.number(at: index) : Double(host.boolean(frame.state, index))
      integers[values.count] = isNumber ? exactInteger(frame, index, value) : nil
      values.append(value)
    case LuaType.table:
      guard host.reserve(frame.state, 2) != 0, depth < Shape.maximumRank else {
        throw Mismatch(sentence: "must be nested at most \(Shape.maximumRank) deep")
      }
      let table = host.absoluteIndex(frame.state, index)
      let length = host.length(frame.state, table)
      if depth == lengths.count {
        guard values.isEmpty else {
          throw Mismatch(sentence: "must have lists of equal depth, got a list beside a number")
        }
        lengths.append(length)
      }
      guard lengths[depth] == length else {
        throw Mismatch(
          sentence: "must have lists of equal length, got \(length) beside \(lengths[depth])")
      }
      for position in stride(from: 1, through: length, by: 1) {
        try frame.poll(position)
        _ = host.getIndex(frame.state, table, position)
        defer { frame.pop() }
        try read(-1, depth: depth + 1)
      }
    default:
      throw Mismatch(expected: TensorSource.expectation)
    }
  }
}
