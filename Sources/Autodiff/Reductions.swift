import Catalog
import Tensors

// Sums and what is built from them, with gradients. Axes are 0-based; nil means all elements.

/// Σ x over one axis or all.
public func sum(_ x: Tensor, axis: Int? = nil, keepingAxis: Bool = false) throws -> Tensor {
  let total = try record(
    "sum", [x],
    forward: {
      try axis.map { [x = $0[0]] in try x.reduced(.sum, axis: $0) } ?? $0[0].reduced(.sum)
    },
    pullbacks: [
      { inputs, _, cotangent in
        let wide = try axis.map { try expandedAxis(cotangent, at: $0) } ?? cotangent
        return try broadcast(wide, to: inputs[0].shape)
      }
    ])
  return try keepingAxis ? keeping(total, axis, of: x) : total
}

/// Numbers that a statistic is taken of: int64 as float64, since a float32 would round it, bool as
/// float32.
func measurable(_ x: Tensor) throws -> Tensor {
  x.dtype.isFloatingPoint ? x : try x.value.converted(to: x.dtype == .int64 ? .float64 : .float32)
}

/// The mean over one axis or all.
public func mean(_ x: Tensor, axis: Int? = nil, keepingAxis: Bool = false) throws -> Tensor {
  let count = axis.map { x.shape[$0] } ?? x.elementCount
  let real = try measurable(x)
  let total = try sum(real, axis: axis, keepingAxis: keepingAxis)
  // The sum may overflow where the mean does not.
  if try count > 1 && !total.value.isFiniteWhereKnown() {
    return try sum(real * (1 / Double(count)), axis: axis, keepingAxis: keepingAxis)
  }
  return try total / Double(count)
}

/// The variance over one axis or all: divided by N − `correction`; NaN where that is not positive.
public func variance(
  _ x: Tensor, axis: Int? = nil, correction: Int = 1, keepingAxis: Bool = false
) throws -> Tensor {
  let count = axis.map { x.shape[$0] } ?? x.elementCount
  let center = try mean(x, axis: axis, keepingAxis: axis != nil)
  let total = try sum(square(x - center), axis: axis, keepingAxis: keepingAxis)
  return try count > correction ? total / Double(count - correction) : total * Double.nan
}

/// The root of the variance, also where the variance leaves the range of the type; slope 0 where all
/// elements are equal.
public func standardDeviation(_ x: Tensor, axis: Int? = nil, correction: Int = 1) throws -> Tensor {
  let count = axis.map { x.shape[$0] } ?? x.elementCount
  if count <= correction { return try variance(x, axis: axis, correction: correction) }
  let center = try mean(x, axis: axis, keepingAxis: axis != nil)
  return try rootOfSquares(x - center, axis: axis, dividedBy: Double(count - correction))
}

/// The largest (or smallest) element; ties share the gradient.
public func extreme(
  _ x: Tensor, _ kernel: ReductionKernel, axis: Int? = nil, keepingAxis: Bool = false
) throws -> Tensor {
  let result = try record(
    "extreme", [x],
    forward: {
      try axis.map { [x = $0[0]] in try x.reduced(kernel, axis: $0) } ?? $0[0].reduced(kernel)
    },
    pullbacks: [
      { inputs, output, cotangent in
        let wide = try axis.map { try expandedAxis(output, at: $0) } ?? output
        let flow = try axis.map { try expandedAxis(cotangent, at: $0) } ?? cotangent
        let hit = try inputs[0].value.compared(with: wide.value, .equal)
          .converted(to: inputs[0].dtype)
        let ties = try sum(hit, axis: axis, keepingAxis: axis != nil)
        return try flow * hit / ties
      }
    ])
  return try keepingAxis ? keeping(result, axis, of: x) : result
}

/// ln Σ e^x over an axis, by the largest element so that nothing overflows; −∞ over nothing.
public func logSumExp(_ x: Tensor, axis: Int, keepingAxis: Bool = false) throws -> Tensor {
  if x.shape[axis] == 0 { return try log(sum(x, axis: axis, keepingAxis: keepingAxis)) }
  let shift = try finiteTop(x, axis: axis)
  let result = try logOfSum(sum(exp(x - shift), axis: axis, keepingAxis: true)) + shift
  return keepingAxis ? result : try select(result, axis: axis, 0)
}

/// x − ln Σ e^x over an axis. The largest element goes first: next to it the logarithm would be lost.
public func logSoftmax(_ x: Tensor, axis: Int) throws -> Tensor {
  if x.shape[axis] == 0 { return x }
  let shifted = try x - finiteTop(x, axis: axis)
  return try shifted - logOfSum(sum(exp(shifted), axis: axis, keepingAxis: true))
}

/// The largest element along an axis, which stays with length 1. Where all is −inf (or one is +inf) it
/// is 0, so that no inf − inf arises.
private func finiteTop(_ x: Tensor, axis: Int) throws -> Tensor {
  try expandedAxis(x.value.reduced(.maximum, axis: axis), at: axis).replacingInfinities()
}

/// ln x, with slope 0 where x is 0: there all terms of the sum are e^−∞.
private func logOfSum(_ x: Tensor) throws -> Tensor {
  if try x.trace == nil || !x.value.mayHoldZero() { return try log(x) }
  let isZero = try x.value.compared(with: .scalar(0, x.dtype), .equal)
  return try choose(
    isZero, .scalar(-.infinity, x.dtype), log(choose(isZero, .scalar(1, x.dtype), x)))
}

/// Sums a cotangent over the axes that broadcasting repeated.
public func sum(_ x: Tensor, to shape: Shape) throws -> Tensor {
  if x.shape == shape { return x }
  var result = x
  while result.rank > shape.rank { result = try sum(result, axis: 0) }
  for axis in 0..<shape.rank where shape[axis] == 1 && result.shape[axis] != 1 {
    result = try sum(result, axis: axis, keepingAxis: true)
  }
  return result
}

private func keeping(_ reduced: Tensor, _ axis: Int?, of x: Tensor) throws -> Tensor {
  if let axis { return try expandedAxis(reduced, at: axis) }
  return try reshape(reduced, to: Array(repeating: 1, count: x.rank))
}

extension Tensor {
  fileprivate func replacingInfinities() throws -> Tensor {
    try repeating("finite", [self]) {
      let values = try $0[0].doubles().map { $0.isFinite ? $0 : 0 }
      return try Tensor(values, shape: $0[0].shape).converted(to: $0[0].dtype)
    }
  }
}
