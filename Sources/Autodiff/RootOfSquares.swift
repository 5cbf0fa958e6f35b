import Catalog
import Glibc
import Tensors

// Lengths and standard deviations: roots of sums of squares, where the squares may leave the range of
// the type although the root does not.

/// √(Σ x² / N) over an axis or all elements, with the slope x / (N y), 0 where the root is 0.
///
/// Where the sum of squares overflows or nearly vanishes, x is first divided by the power of two below
/// its largest |x|, which rounds nothing (Blue 1978).
public func rootOfSquares(_ x: Tensor, axis: Int?, dividedBy count: Double = 1) throws -> Tensor {
  try record(
    "root_of_squares", [x], forward: { try rootOfSquares(of: $0[0], axis, count) },
    pullbacks: [
      { inputs, y, g in
        let isZero = try y.value.compared(with: .scalar(0, .float64), .equal)
        let safe = try choose(isZero, .scalar(1, y.dtype), y)
        func wide(_ x: Tensor) throws -> Tensor {
          try axis.map { try expandedAxis(x, at: $0) } ?? x
        }
        return try inputs[0] / wide(safe) * wide(count == 1 ? g : g / count)
      }
    ])
}

private func rootOfSquares(of x: Tensor, _ axis: Int?, _ count: Double) throws -> Tensor {
  func root(_ x: Tensor) throws -> Tensor {
    let total = try sum(square(x), axis: axis)
    return try count == 1 ? sqrt(total) : sqrt(total / count)
  }
  if x.elementCount == 0 { return try root(x) }
  if !Tensor.isProgramRecorded {
    let y = try root(x)
    if try isWithin(y, x.dtype == .float32 ? 1e-15...1e18 : 1e-140...1e150) { return y }
  }
  let scale = try powerOfTwo(x, axis: axis)
  let wide = try axis.map { try expandedAxis(scale, at: $0) } ?? scale
  return try root(x / wide) * scale
}

func isWithin(_ y: Tensor, _ range: ClosedRange<Double>) throws -> Bool {
  if y.elementCount == 0 { return true }
  let (low, high) = (try y.reduced(.minimum).item(), try y.reduced(.maximum).item())
  return low >= range.lowerBound && high <= range.upperBound
}

/// The power of two at or below the largest |x|, or the smallest; 1 where that is 0 or not finite.
func powerOfTwo(_ x: Tensor, axis: Int?, below extreme: ReductionKernel = .maximum) throws -> Tensor
{
  let sizes = try x.applying(.absolute)
  let top = try axis.map { try sizes.reduced(extreme, axis: $0) } ?? sizes.reduced(extreme)
  return try repeating("scale", [top]) { inputs in
    let scales = try inputs[0].doubles().map {
      $0 > 0 && $0.isFinite ? scalbn(1, Int32($0.exponent)) : 1
    }
    return try Tensor(scales, shape: inputs[0].shape).converted(to: inputs[0].dtype)
  }
}
