import Catalog
import Tensors

/// (Σ |x|^p)^(1/p) over an axis or all; the largest |x| for p = ∞, the count of non-zeros for p = 0.
/// The slope at 0 is 0.
public func norm(_ x: Tensor, _ p: Double, axis: Int?) throws -> Tensor {
  let real = try measurable(x)
  if p == .infinity { return try extreme(UnaryRule.absolute(real), .maximum, axis: axis) }
  if p == -.infinity { return try extreme(UnaryRule.absolute(real), .minimum, axis: axis) }
  if p == 1 { return try sum(UnaryRule.absolute(real), axis: axis) }
  if p == 2 { return try rootOfSquares(real, axis: axis) }
  if p == 0 {
    return try sum(
      real.value.compared(with: .scalar(0, .float64), .notEqual).converted(to: real.dtype),
      axis: axis)
  }
  return try powerNorm(real, p, axis)
}

/// y = (Σ |x|^p)^(1/p) for a finite p, with the slope sign(x) (|x| / y)^(p − 1), 0 where x or y is 0.
private func powerNorm(_ x: Tensor, _ p: Double, _ axis: Int?) throws -> Tensor {
  try record(
    "norm", [x], forward: { try powerNorm(of: $0[0], p, axis) },
    pullbacks: [
      { inputs, y, g in
        let x = inputs[0]
        func wide(_ x: Tensor) throws -> Tensor {
          try axis.map { try expandedAxis(x, at: $0) } ?? x
        }
        func isZero(_ x: Tensor) throws -> Tensor {
          try x.value.compared(with: .scalar(0, .float64), .equal)
        }
        let root = try wide(choose(isZero(y), .scalar(1, y.dtype), y))
        let zero = try Tensor.scalar(0, x.dtype)
        // Where x is 0 the power may be infinite; where y is 0 although x is not, p is negative.
        let size = try choose(isZero(x), root, UnaryRule.absolute(x))
        let slope = try choose(
          isZero(x), zero, power(size / root, p - 1) * sign(x) * wide(g))
        return try p < 0 ? choose(wide(isZero(y)), zero, slope) : slope
      }
    ])
}

/// Where the powers may leave the range of the type although the root does not, x is first divided by
/// the power of two below its largest |x|, below its smallest for p < 0, which rounds nothing.
private func powerNorm(of x: Tensor, _ p: Double, _ axis: Int?) throws -> Tensor {
  let sizes = try UnaryRule.absolute(x)
  if x.elementCount == 0 || !Tensor.isProgramRecorded {
    let total = try sum(power(sizes, p), axis: axis)
    let isSafe = try isWithin(total, x.dtype == .float32 ? 1e-30...1e30 : 1e-290...1e290)
    if x.elementCount == 0 || isSafe { return try power(total, 1 / p) }
  }
  let scale = try powerOfTwo(x, axis: axis, below: p < 0 ? .minimum : .maximum)
  let wide = try axis.map { try expandedAxis(scale, at: $0) } ?? scale
  // In two halves, since the root alone may leave the range where p is small.
  let half = try power(sum(power(sizes / wide, p), axis: axis), 0.5 / p)
  return try half * scale * half
}
