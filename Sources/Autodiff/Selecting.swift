import Catalog
import Runtime
import Tensors

// Choosing elements, with gradients. Each choice is linear, so its gradient is its adjoint, and the
// adjoint's gradient is the choice again. Indices are 0-based here.

/// Where `mask` is true the element of `a`, elsewhere that of `b`; all broadcast.
public func choose(_ mask: Tensor, _ a: Tensor, _ b: Tensor) throws -> Tensor {
  let mask = mask.value
  guard mask.dtype == .bool else {
    throw UserError("mask must be a bool tensor, got \(mask.describe())")
  }
  return try record(
    "where", [a, b], forward: { try Tensor.chosen(mask, $0[0], $0[1]) },
    pullbacks: [
      { inputs, _, g in
        try sum(choose(mask, g, .scalar(0, g.dtype)), to: inputs[0].shape)
      },
      { inputs, _, g in
        try sum(choose(mask, .scalar(0, g.dtype), g), to: inputs[1].shape)
      },
    ])
}

/// Elements `indices` of one axis, in that order.
public func pick(_ x: Tensor, axis: Int, _ indices: [Int]) throws -> Tensor {
  if x.trace == nil { return try x.picked(axis: axis, indices) }
  return try record(
    "index", [x], forward: { try $0[0].picked(axis: axis, indices) },
    pullbacks: [
      { inputs, _, g in try spread(g, axis: axis, indices, length: inputs[0].shape[axis]) }
    ])
}

/// Zeros of `length` along an axis with the elements of `x` added at `indices`: the adjoint of `pick`.
public func spread(_ x: Tensor, axis: Int, _ indices: [Int], length: Int) throws -> Tensor {
  try record(
    "spread", [x], forward: { try $0[0].spread(axis: axis, indices, length: length) },
    pullbacks: [{ _, _, g in try pick(g, axis: axis, indices) }])
}

/// Elements at row-major places in a new shape; −1 stands for zero.
public func gather(_ x: Tensor, at places: [Int], shape: Shape) throws -> Tensor {
  if x.trace == nil { return try x.gathered(at: places, shape: shape) }
  return try record(
    "gather", [x], forward: { try $0[0].gathered(at: places, shape: shape) },
    pullbacks: [{ inputs, _, g in try scatter(g, to: places, shape: inputs[0].shape) }])
}

/// Zeros of a shape with the elements of `x` added at row-major places: the adjoint of `gather`.
public func scatter(_ x: Tensor, to places: [Int], shape: Shape) throws -> Tensor {
  try record(
    "scatter", [x], forward: { try $0[0].scattered(to: places, shape: shape) },
    pullbacks: [{ inputs, _, g in try gather(g, at: places, shape: inputs[0].shape) }])
}

/// Every `step`-th element of an axis from `first`, as a view; a negative step runs backwards.
public func slice(_ x: Tensor, axis: Int, from first: Int, count: Int, step: Int) throws -> Tensor {
  if x.trace == nil { return x.slice(axis: axis, from: first, count: count, step: step) }
  return try record(
    "slice", [x],
    forward: { $0[0].slice(axis: axis, from: first, count: count, step: step) },
    pullbacks: [
      { inputs, _, g in
        try place(g, in: inputs[0].shape, axis: axis, from: first, step: step)
      }
    ])
}

/// Zeros of a shape with `x` written into a stepped slice: the adjoint of that slice.
private func place(_ x: Tensor, in shape: Shape, axis: Int, from first: Int, step: Int) throws
  -> Tensor
{
  let count = x.shape[axis]
  return try record(
    "place", [x],
    forward: { try $0[0].placed(in: shape, axis: axis, from: first, step: step) },
    pullbacks: [
      { _, _, g in try slice(g, axis: axis, from: first, count: count, step: step) }
    ])
}

/// The order of elements reversed along an axis, as a view.
public func flip(_ x: Tensor, axis: Int) throws -> Tensor {
  let length = x.shape[axis]
  return try slice(x, axis: axis, from: max(length - 1, 0), count: length, step: -1)
}

/// Elements by index along one axis, element by element of `index`, whose other lengths may be smaller
/// than those of `x`. Indices count from `first`.
public func gather(_ x: Tensor, axis: Int, _ index: Tensor, from first: Int = 0) throws -> Tensor {
  let shape = x.shape
  return try gather(
    x, at: ChosenNumbers(index) { try places(of: $0, from: first, along: axis, in: shape) },
    shape: index.shape)
}

/// `x` with the elements of `source` added where `index` says: the sum of `x` and the adjoint of
/// `gather`.
public func scatterAdd(
  _ x: Tensor, axis: Int, _ index: Tensor, from first: Int = 0, _ source: Tensor
) throws -> Tensor {
  let shape = x.shape
  let chosen = ChosenNumbers(index) { try places(of: $0, from: first, along: axis, in: shape) }
  return try x + scatter(source, to: chosen, shape: shape)
}

/// `x` with the elements of `source` in place of those that `index` names; where one is named twice
/// the last value stays.
public func scatterOver(
  _ x: Tensor, axis: Int, _ index: Tensor, from first: Int = 0, _ source: Tensor
) throws -> Tensor {
  let shape = x.shape
  /// For each element the one of `source` that is written there, or −1.
  func origins(_ index: Tensor) throws -> [Int] {
    try Memory.request(shape.elementCount * MemoryLayout<Int>.size)
    var origin = [Int](repeating: -1, count: shape.elementCount)
    for (number, place) in try places(of: index, from: first, along: axis, in: shape).enumerated() {
      origin[place] = number
    }
    return origin
  }
  let origin = ChosenNumbers(index, numbers: origins)
  let written = try origin.mask(shape)
  return try choose(written, gather(source, at: origin, shape: shape), x)
}

/// Row-major places in `shape` of what `index` names along an axis.
private func places(of index: Tensor, from first: Int, along axis: Int, in shape: Shape) throws
  -> [Int]
{
  let fits = (0..<shape.rank).allSatisfy { $0 == axis || index.shape[$0] <= shape[$0] }
  guard index.rank == shape.rank, fits else {
    throw UserError(
      "index of shape \(index.shape) does not fit in a tensor of shape \(shape) along axis "
        + "\(axis + 1)")
  }
  let values =
    try first == 0 ? index.integers() : axisNumbers(index, axis: axis, of: shape)
  let strides = shape.denseStrides
  var result: [Int] = []
  result.reserveCapacity(values.count)
  var position = Shape(repeating: 0, rank: index.rank)
  for (number, value) in values.enumerated() {
    if number & 0x3FFF == 0 { try Cancellation.check() }
    var place = value * strides[axis]
    for other in 0..<index.rank where other != axis { place += position[other] * strides[other] }
    result.append(place)
    for other in stride(from: index.rank - 1, through: 0, by: -1) {
      position[other] += 1
      if position[other] < index.shape[other] { break }
      position[other] = 0
    }
  }
  return result
}
