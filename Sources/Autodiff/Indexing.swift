import Catalog
import Tensors

/// What stands between the brackets of `x[…]`.
///
/// `x[i]` is a view along axis 1; `x[{ {a, b}, i, {} }]` slices axis by axis, both ends included,
/// `{a, b, step}` with a step; a bool tensor selects rows, an int64 tensor gathers them. Axes and
/// indices are 1-based, negative ones count from the end; out of range is an error.
public enum Index: Argument {
  case integer(Int)
  case slices([AxisIndex])
  case tensor(Tensor)
  case name(String)

  public enum AxisIndex {
    case all
    case one(Int)
    case range(Int, Int)
  }

  public static var expectation: String { "an integer, a list of slices or a tensor" }
  public static var luaType: String { "integer|table|tensor" }

  public static func read(_ frame: Frame, _ index: Int32) throws -> Index {
    switch frame.type(at: index) {
    case LuaType.number:
      guard let value = frame.integer(at: index) else { throw Mismatch(expected: "an integer") }
      return .integer(value)
    case LuaType.string: return .name(frame.string(at: index) ?? "")
    case LuaType.table: return .slices(try readSlices(frame, index))
    default:
      guard let tensor = try? Tensor.read(frame, index) else {
        throw Mismatch(expected: expectation)
      }
      return .tensor(tensor)
    }
  }

  private static func readSlices(_ frame: Frame, _ index: Int32) throws -> [AxisIndex] {
    let host = frame.host.pointee
    guard host.reserve(frame.state, 3) != 0 else { throw Mismatch(expected: expectation) }
    let table = host.absoluteIndex(frame.state, index)
    return try (0..<host.length(frame.state, table)).map { position in
      _ = host.getIndex(frame.state, table, position + 1)
      defer { frame.pop() }
      if frame.type(at: -1) == LuaType.number, let one = frame.integer(at: -1) { return .one(one) }
      guard let ends = try? [Int].read(frame, -1), ends.isEmpty || ends.count == 2 else {
        throw Mismatch(
          sentence: "must hold an integer, {first, last} or {} for each axis, got "
            + "\(frame.describe(at: -1)) for axis \(position + 1)")
      }
      return ends.isEmpty ? .all : .range(ends[0], ends[1])
    }
  }
}

/// A 1-based index, negative from the end, as a 0-based one.
private func place(_ index: Int, axis: Int, of x: Tensor) throws -> Int {
  let length = x.shape[axis]
  let place = index > 0 ? index - 1 : index + length
  guard index != 0, place >= 0, place < length else {
    throw UserError(
      "index \(index) is out of range for axis \(axis + 1) of shape \(x.shape)")
  }
  return place
}

/// `x[index]`.
public func indexed(_ x: Tensor, _ index: Index) throws -> Tensor {
  guard x.rank > 0 else { throw UserError("a 0-d tensor has no axis to index; use x:item()") }
  switch index {
  case .integer(let number): return try select(x, axis: 0, place(number, axis: 0, of: x))
  case .slices(let slices):
    guard slices.count <= x.rank else {
      throw UserError("\(slices.count) indices for a tensor of shape \(x.shape)")
    }
    var result = x
    var axis = 0
    for item in slices {
      switch item {
      case .all: axis += 1
      case .one(let number):
        result = try select(result, axis: axis, place(number, axis: axis, of: result))
      case .range(let first, let last):
        let range = try interval(first, last, axis: axis, of: result)
        result = try slice(result, axis: axis, range)
        axis += 1
      }
    }
    return result
  case .tensor(let chosen): return try gather(x, rows: rows(chosen, of: x))
  case .name(let name): throw UserError("tensor has no member '\(name)'")
  }
}

/// Both ends included; `{3, 2}` is the empty interval after element 2.
private func interval(_ first: Int, _ last: Int, axis: Int, of x: Tensor) throws -> Range<Int> {
  let length = x.shape[axis]
  let start = first > 0 ? first - 1 : first + length
  let end = last >= 0 ? last : last + length + 1
  guard first != 0, start >= 0, end <= length, start <= end else {
    throw UserError(
      "slice {\(first), \(last)} is out of range for axis \(axis + 1) of shape \(x.shape)")
  }
  return start..<end
}

/// The 0-based rows that a bool or int64 tensor names.
private func rows(_ chosen: Tensor, of x: Tensor) throws -> [Int] {
  guard chosen.rank == 1 else {
    throw UserError("an index tensor must have 1 axis, got shape \(chosen.shape)")
  }
  let values = try chosen.doubles()
  switch chosen.dtype {
  case .bool:
    guard values.count == x.shape[0] else {
      throw UserError("a mask of \(values.count) elements for axis 1 of shape \(x.shape)")
    }
    return values.indices.filter { values[$0] != 0 }
  case .int64: return try values.map { try place(Int($0), axis: 0, of: x) }
  default:
    throw UserError(
      "an index tensor must be bool or int64, got \(chosen.dtype.rawValue)")
  }
}

/// `x[index] = value`.
public func assign(_ x: Tensor, _ index: Index, _ value: Operand) throws {
  if x.isRecorded {
    throw UserError("a tensor on a live tape cannot be written to; write to x:copy() instead")
  }
  let source = try value.tensor(x.dtype.isFloatingPoint ? x.dtype : .float64)
  if source.isRecorded {
    throw UserError("writing a recorded tensor would lose its gradient; build the result instead")
  }
  if case .tensor(let chosen) = index {
    for (position, row) in try rows(chosen, of: x).enumerated() {
      let item =
        source.rank == x.rank && source.rank > 0 ? source.select(axis: 0, position) : source
      try x.select(axis: 0, row).assign(item)
    }
    return
  }
  try indexed(x, index).assign(source)
}
