import Catalog
import Tensors

// Products over several axes, as reshapes around one matrix product or one multiplication, so that
// the gradients are those of their parts. Axes are 0-based.

/// Σ over pairs of axes of a b: the axes of `a` that are left, then those of `b`.
public func tensordot(_ a: Tensor, _ b: Tensor, axes: (a: [Int], b: [Int])) throws -> Tensor {
  for (first, second) in zip(axes.a, axes.b) where a.shape[first] != b.shape[second] {
    throw UserError(
      "axis \(first + 1) of shape \(a.shape) and axis \(second + 1) of shape \(b.shape) have "
        + "different lengths")
  }
  let rows = (0..<a.rank).filter { !axes.a.contains($0) }
  let columns = (0..<b.rank).filter { !axes.b.contains($0) }
  let target = rows.map { a.shape[$0] } + columns.map { b.shape[$0] }
  _ = try Shape(checking: target)
  func count(_ x: Tensor, _ axes: [Int]) -> Int { axes.reduce(1) { $0 * x.shape[$1] } }
  let inner = count(a, axes.a)
  let left = try reshape(permute(a, rows + axes.a), to: [count(a, rows), inner])
  let right = try reshape(permute(b, axes.b + columns), to: [inner, count(b, columns)])
  return try reshape(matmul(left, right), to: target)
}

/// The Kronecker product: blocks a[i, j, …] b. The shorter shape is filled with leading 1s.
public func kronecker(_ a: Tensor, _ b: Tensor) throws -> Tensor {
  let rank = max(a.rank, b.rank)
  guard 2 * rank <= Shape.maximumRank else {
    throw UserError(
      "a and b must have at most \(Shape.maximumRank / 2) axes, got shapes \(a.shape) and \(b.shape)"
    )
  }
  func lengths(_ x: Tensor) -> [Int] { Array(repeating: 1, count: rank - x.rank) + Array(x.shape) }
  let pairs = Array(zip(lengths(a), lengths(b)))
  let target = pairs.map { $0.multipliedReportingOverflow(by: $1) }
    .map { $0.overflow ? Int.max : $0.partialValue }
  try checkMemory(for: target, DType.promoted(a.dtype, b.dtype))
  let blocks = try reshape(a, to: pairs.flatMap { [$0.0, 1] })
  let block = try reshape(b, to: pairs.flatMap { [1, $0.1] })
  return try reshape(blocks * block, to: target)
}
