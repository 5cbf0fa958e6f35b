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

  /// As a tensor to be compared with another operand. A number is rounded to the type of a float32
  /// tensor beside it, as in arithmetic; beside an int64 or bool tensor it is compared as it is.
  public func comparable(with other: Operand) throws -> Tensor {
    guard case .tensor(let x) = other, x.dtype.isFloatingPoint else { return try exact() }
    switch self {
    case .tensor(let y): return y
    case .number(let value): return try .scalar(value, x.dtype)
    case .integer(let value): return try .scalar(Double(value), x.dtype)
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
func exactInteger(_ frame: Frame, _ index: Int32, _ value: Double) -> Int? {
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
    guard frame.type(at: index) == LuaType.table else { throw Mismatch(expected: expectation) }
    do { return ShapeArgument(lengths: try [Int].read(frame, index)) } catch let list as Mismatch {
      throw Mismatch(expected: expectation, got: list.got)
    }
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
    let type = frame.type(at: index)
    guard type == LuaType.number || type == LuaType.boolean || type == LuaType.table else {
      throw Mismatch(expected: expectation)
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
    case .tensor(let x):
      if let dtype, dtype != x.dtype { return try convert(x, to: dtype) }
      return try TensorModule.convertedCopy(x)
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
