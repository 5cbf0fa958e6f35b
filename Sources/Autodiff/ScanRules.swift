import Catalog
import Tensors

// Running sums and products, products and order statistics, with gradients. Axes are 0-based.

/// y_k = x_1 + … + x_k along an axis.
public func cumulativeSum(_ x: Tensor, axis: Int) throws -> Tensor {
  try record(
    "cumsum", [x], forward: { try $0[0].cumulativeSum(axis: axis) },
    pullbacks: [
      { _, _, g in try flip(cumulativeSum(flip(g, axis: axis), axis: axis), axis: axis) }
    ])
}

/// y_k = x_1 ⋯ x_k along an axis. Its gradient divides by nothing, so that zeros do no harm:
/// dx_k = y_{k−1} r_k with r_k = g_k + x_{k+1} r_{k+1}.
public func cumulativeProduct(_ x: Tensor, axis: Int) throws -> Tensor {
  try record(
    "cumprod", [x], forward: { try $0[0].cumulativeProduct(axis: axis) },
    pullbacks: [
      { inputs, _, g in
        let x = inputs[0]
        if x.shape[axis] == 0 { return g }
        let next = try delayed(flip(x, axis: axis), axis: axis, first: 0)
        let r = try flip(recurrence(next, flip(g, axis: axis), axis: axis), axis: axis)
        return try delayed(cumulativeProduct(x, axis: axis), axis: axis, first: 1) * r
      }
    ])
}

/// h_k = a_k h_{k−1} + b_k along an axis, h_0 = 0. With the adjoint λ_k = g_k + a_{k+1} λ_{k+1}, which is
/// a recurrence too: da_k = λ_k h_{k−1}, db_k = λ_k.
public func recurrence(_ a: Tensor, _ b: Tensor, axis: Int) throws -> Tensor {
  func adjoint(_ a: Tensor, _ g: Tensor) throws -> Tensor {
    let next = try delayed(flip(a, axis: axis), axis: axis, first: 0)
    return try flip(recurrence(next, flip(g, axis: axis), axis: axis), axis: axis)
  }
  return try record(
    "recurrence", [a, b], forward: { try $0[0].recurrence($0[1], axis: axis) },
    pullbacks: [
      { inputs, h, g in
        try adjoint(inputs[0], g) * delayed(h, axis: axis, first: 0)
      }, { inputs, _, g in try adjoint(inputs[0], g) },
    ])
}

/// x one place later along a non-empty axis, `first` before it; the last element falls away.
private func delayed(_ x: Tensor, axis: Int, first: Double) throws -> Tensor {
  var shape = x.shape
  shape[axis] = 1
  let head = try Tensor.full(shape, first, x.dtype)
  return try concatenate([head, slice(x, axis: axis, 0..<x.shape[axis] - 1)], axis: axis)
}

/// The product over an axis or all elements; each gradient is the product of the others.
public func product(_ x: Tensor, axis: Int?) throws -> Tensor {
  guard let axis else { return try product(reshape(x, to: [x.elementCount]), axis: 0) }
  return try record(
    "prod", [x], forward: { try $0[0].reduced(.product, axis: axis) },
    pullbacks: [
      { inputs, _, g in
        let x = inputs[0]
        if x.elementCount == 0 { return try Tensor.zeros(x.shape, x.dtype) }
        let before = try delayed(cumulativeProduct(x, axis: axis), axis: axis, first: 1)
        let after = try flip(
          delayed(cumulativeProduct(flip(x, axis: axis), axis: axis), axis: axis, first: 1),
          axis: axis)
        return try expandedAxis(g, at: axis) * before * after
      }
    ])
}

/// The elements in order along an axis, and the places they come from, counted from `firstPlace`.
public func sort(_ x: Tensor, axis: Int, descending: Bool = false, firstPlace: Int = 0) throws
  -> (values: Tensor, places: Tensor)
{
  let (values, places) = try x.value.sorted(
    axis: axis, descending: descending, firstPlace: firstPlace)
  if x.trace == nil { return (values, places) }
  let traced = try record(
    "sort", [x], forward: { _ in values },
    pullbacks: [
      { inputs, _, g in
        try scatterAdd(
          .zeros(inputs[0].shape, g.dtype), axis: axis,
          places.combined(with: Double(-firstPlace), .add), g)
      }
    ])
  return (traced, places)
}

/// The q-quantile along an axis, linear between neighbours (Hyndman & Fan 1996, type 7).
public func quantile(_ x: Tensor, _ q: Double, axis: Int) throws -> Tensor {
  let length = x.shape[axis]
  guard length > 0 else {
    throw UserError("quantile over an empty axis \(axis + 1) of shape \(x.shape)")
  }
  let real = try measurable(x)
  let position = q * Double(length - 1)
  let low = min(Int(clamping: position), length - 1)
  let rest = position - Double(low)
  if length >= Tensor.shortestSelection, axis == real.rank - 1, real.trace == nil,
    !Tensor.isProgramRecorded
  {
    let (below, above) = try real.orderPairs(low)
    return rest > 0 ? try between(below, above, rest) : below
  }
  let (ordered, _) = try sort(real, axis: axis)
  var result = try select(ordered, axis: axis, low)
  if rest > 0 {
    result = try between(result, select(ordered, axis: axis, low + 1), rest)
  }
  // A NaN anywhere makes the quantile one.
  let last = ordered.value.select(axis: axis, length - 1)
  let spoiled = try last.tested(.isNaN)
  if try !Tensor.isProgramRecorded && spoiled.truePlaces().isEmpty { return result }
  return try choose(spoiled, .scalar(.nan, result.dtype), result)
}

/// a + w (b − a) for a ≤ b and 0 < w < 1, also where b − a is not finite: between equal infinities lies
/// that infinity, between −inf and inf nothing.
private func between(_ a: Tensor, _ b: Tensor, _ w: Double) throws -> Tensor {
  let difference = try b - a
  let usual = try a + difference * w
  if try !Tensor.isProgramRecorded && difference.value.isFinite() { return usual }
  return try choose(difference.value.tested(.isFinite), usual, a * (1 - w) + b * w)
}
