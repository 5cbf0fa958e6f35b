import Catalog
import Runtime
import Tensors

/// What stands between the brackets of `x[…]`.
///
/// `x[i]` is a view along axis 1; `x[{ {a, b}, i, {} }]` slices axis by axis, both ends included,
/// `{a, b, step}` with a step. A bool tensor selects, over as many leading axes as it has; an int64
/// tensor picks rows, in its own shape; in a list both choose along their axis, each axis by itself.
/// Axes and indices are 1-based, negative ones count from the end; out of range is an error.
///
/// What Lua reads (`readIndexed`) differs in two points, so that code written for lists works: a
/// single element is a copy, and the index after the last of axis 1 gives nil.
public enum Index: Argument {
  case integer(Int)
  case slices([AxisIndex])
  case tensor(Tensor)
  case name(String)

  public enum AxisIndex {
    case all
    case one(Int)
    case range(Int, Int)
    case stepped(Int, Int, Int)
    case tensor(Tensor)
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
      if frame.type(at: -1) == LuaType.userdata, let chosen = try? Tensor.read(frame, -1) {
        return .tensor(chosen)
      }
      guard let ends = try? [Int].read(frame, -1), ends.count <= 3, ends.count != 1 else {
        throw Mismatch(
          sentence: "must hold an integer, {first, last}, {first, last, step}, {} or a tensor for "
            + "each axis, got \(frame.describe(at: -1)) for axis \(position + 1)")
      }
      switch ends.count {
      case 0: return .all
      case 2: return .range(ends[0], ends[1])
      default: return .stepped(ends[0], ends[1], ends[2])
      }
    }
  }
}

/// A 1-based index, negative from the end, as a 0-based one.
private func place(_ index: Int, axis: Int, of shape: Shape) throws -> Int {
  let length = shape[axis]
  let place = index > 0 ? index - 1 : index + length
  guard index != 0, place >= 0, place < length else {
    throw UserError(
      "index \(index) is out of range for axis \(axis + 1) of shape \(shape)")
  }
  return place
}

/// `x[index]` as Lua reads it.
///
/// A single element is a number of its own, not a view: `x[1], x[2] = x[2], x[1]` swaps and
/// `table.sort(x)` sorts. Index #x + 1 gives nil, by which `ipairs` and sequences of Lua end.
func readIndexed(_ x: Tensor, _ index: Index) throws -> Tensor? {
  switch index {
  case .integer(let number) where x.rank > 0:
    if number > 0, number - 1 == x.shape[0] { return nil }
    if x.rank == 1 { return try element(x, place(number, axis: 0, of: x.shape)) }
  case .slices:
    let part = try indexed(x, index)
    return part.rank == 0 ? try ownElement(part) : part
  default: break
  }
  return try indexed(x, index)
}

/// One element of a tensor of one axis, as a number of its own.
private func element(_ x: Tensor, _ index: Int) throws -> Tensor {
  // Nothing is written while a function is recorded, so a view is as good and costs no operation.
  if Tensor.isProgramRecorded { return try select(x, axis: 0, index) }
  if x.trace == nil { return try x.copiedElement(index) }
  return try record(
    "element", [x], forward: { try $0[0].copiedElement(index) },
    pullbacks: [
      { inputs, _, cotangent in
        try Autodiff.place(
          expandedAxis(cotangent, at: 0), in: inputs[0].shape, axis: 0, from: index)
      }
    ])
}

/// A view of one element, copied.
private func ownElement(_ view: Tensor) throws -> Tensor {
  if Tensor.isProgramRecorded { return view }
  let copy = try TensorModule.convertedCopy(view)
  copy.storage.markReadElement()
  return copy
}

/// `x[index]`, a view where that is possible.
public func indexed(_ x: Tensor, _ index: Index) throws -> Tensor {
  guard x.rank > 0 else { throw UserError("a 0-d tensor has no axis to index; use x:item()") }
  switch index {
  case .integer(let number): return try select(x, axis: 0, place(number, axis: 0, of: x.shape))
  case .slices(let slices):
    let (view, chosen) = try sliced(x, slices)
    return try chosen.reduce(view) {
      let (axis, shape) = ($1.axis, $0.shape)
      return try pick(
        $0, axis: axis, ChosenNumbers($1.tensor) { try numbers($0, span: 1, axis: axis, of: shape) }
      )
    }
  case .tensor(let chosen):
    if chosen.dtype == .bool {
      let places = try numbers(chosen, span: chosen.rank, axis: 0, of: x.shape)
      let rest = Array(x.shape.dropFirst(chosen.rank))
      return try pick(reshape(x, to: [chosen.elementCount] + rest), axis: 0, places)
    }
    let shape = x.shape
    let rows = try pick(
      x, axis: 0, ChosenNumbers(chosen) { try numbers($0, span: 1, axis: 0, of: shape) })
    if chosen.rank == 1 { return rows }
    return try reshape(rows, to: Array(chosen.shape) + Array(x.shape.dropFirst()))
  case .name(let name): throw UserError("tensor has no member '\(name)'")
  }
}

/// The integers and intervals of a list applied as a view, and what tensors choose on its axes.
private func sliced(_ x: Tensor, _ slices: [Index.AxisIndex]) throws
  -> (view: Tensor, chosen: [(axis: Int, tensor: Tensor)])
{
  guard slices.count <= x.rank else {
    throw UserError("\(slices.count) indices for a tensor of shape \(x.shape)")
  }
  var view = x
  var chosen: [(axis: Int, tensor: Tensor)] = []
  var axis = 0
  for item in slices {
    switch item {
    case .all: break
    case .one(let number):
      view = try select(view, axis: axis, place(number, axis: axis, of: view.shape))
      continue
    case .range(let first, let last):
      view = try slice(view, axis: axis, interval(first, last, axis: axis, of: view))
    case .stepped(let first, let last, let step):
      let (start, count) = try progression(first, last, step, axis: axis, of: view)
      view = try slice(view, axis: axis, from: start, count: count, step: step)
    case .tensor(let tensor):
      guard tensor.rank == 1 else {
        throw UserError("an index tensor in a list must have 1 axis, got shape \(tensor.shape)")
      }
      chosen.append((axis, tensor))
    }
    axis += 1
  }
  return (view, chosen)
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

/// `{first, last, step}`: from `first` in steps up (or down) to `last`, which is included where it is
/// met; empty where `last` lies on the other side.
private func progression(_ first: Int, _ last: Int, _ step: Int, axis: Int, of x: Tensor) throws
  -> (start: Int, count: Int)
{
  guard step != 0, step != Int.min else {
    throw UserError("the step of a slice must be an integer other than 0, got \(step)")
  }
  let start = try place(first, axis: axis, of: x.shape)
  let end = try place(last, axis: axis, of: x.shape)
  let distance = step > 0 ? end - start : start - end
  return (start, distance < 0 ? 0 : distance / abs(step) + 1)
}

/// The 0-based numbers that a bool or int64 tensor chooses on `span` axes from `axis` taken as one.
private func numbers(_ chosen: Tensor, span: Int, axis: Int, of shape: Shape) throws -> [Int] {
  switch chosen.dtype {
  case .bool:
    guard span > 0, axis + span <= shape.rank,
      (0..<span).allSatisfy({ chosen.shape[$0] == shape[axis + $0] })
    else {
      throw UserError(
        "a mask of shape \(chosen.shape) does not fit axis \(axis + 1) of shape \(shape)")
    }
    return try chosen.truePlaces()
  case .int64: return try chosen.integers().polledMap { try place($0, axis: axis, of: shape) }
  default:
    throw UserError("an index tensor must be bool or int64, got \(chosen.dtype.rawValue)")
  }
}

/// The 0-based numbers that a 1-based int64 tensor holds, for elements of one axis of `x`.
func axisNumbers(_ index: Tensor, axis: Int, of shape: Shape) throws -> [Int] {
  guard index.dtype == .int64 else {
    throw UserError("index must be an int64 tensor, got \(index.describe())")
  }
  return try numbers(index, span: 1, axis: axis, of: shape)
}

/// `x[index] = value`.
public func assign(_ x: Tensor, _ index: Index, _ value: Operand) throws {
  let source = try writable(x, value)
  switch index {
  case .slices(let slices):
    let (view, chosen) = try sliced(x, slices)
    if chosen.isEmpty { return try view.assign(source) }
    try view.assign(
      source,
      at: (0..<view.rank).map { axis in
        AxisChoice(
          try chosen.first { $0.axis == axis }.map {
            try numbers($0.tensor, span: 1, axis: axis, of: view.shape)
          })
      })
  case .tensor(let chosen) where x.rank > 0:
    let span = chosen.dtype == .bool ? chosen.rank : 1
    let indices = try numbers(chosen, span: span, axis: 0, of: x.shape)
    var values = source
    if chosen.dtype == .int64, chosen.rank != 1, source.rank >= chosen.rank {
      // Values in the shape of the index: its axes are one here.
      let target = Shape(Array(chosen.shape) + Array(x.shape.dropFirst()))
      values = try source.broadcast(to: target)
        .reshaped(to: [indices.count] + Array(x.shape.dropFirst()))
    }
    try x.assign(values, at: [AxisChoice(span: span, indices)])
  default: try indexed(x, index).assign(source)
  }
}

/// The value to be written into `x`, after the checks that no gradient and no fraction is lost by it.
func writable(_ x: Tensor, _ value: Operand) throws -> Tensor {
  try Recording.requireNoWriting()
  if x.isRecorded {
    throw UserError("a tensor on a live tape cannot be written to; write to x:copy() instead")
  }
  if x.storage.isReadElement {
    throw UserError(
      "x is an element that was read from a tensor, a number of its own: write v[i] = value into the "
        + "tensor itself, or write to x:copy()")
  }
  if x.repeatsElements {
    throw UserError(
      "a tensor that was broadcast to shape \(x.shape) cannot be written to; write to x:copy() instead"
    )
  }
  let source = try value.exact()
  if source.isRecorded {
    throw UserError("writing a recorded tensor would lose its gradient; build the result instead")
  }
  if x.dtype == .int64 { try source.value.requireWhole() }
  return source.value
}
