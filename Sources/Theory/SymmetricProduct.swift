import Runtime
import Tensors

/// Adds Φᵀ Φ to a symmetric matrix, in blocks on and below the diagonal, so that half of the products are
/// saved; `mirrorLower` completes it.
///
/// - Parameters:
///   - phi: shape [n, m], float64, dense.
///   - gram: shape [m, m], float64, dense.
func addSymmetricProduct(_ phi: Tensor, to gram: Tensor) throws {
  let (n, m) = (phi.shape[0], phi.shape[1])
  let (rows, sums) = (phi.pointer(Double.self), gram.pointer(Double.self))
  let width = 192
  for first in stride(from: 0, to: m, by: width) {
    try Cancellation.check()
    let count = min(width, m - first)
    try gemm(
      .transposed, .plain, rows: count, columns: first + count, inner: n, 1, rows + first, m, rows,
      m, 1, sums + first * m, m)
  }
}

/// Copies what lies below the diagonal of a dense matrix of order m above it.
func mirrorLower(_ gram: Tensor) throws {
  let m = gram.shape[0]
  let values = gram.pointer(Double.self)
  let width = 64
  for first in stride(from: 0, to: m, by: width) {
    try Cancellation.check()
    for second in stride(from: 0, through: first, by: width) {
      for i in first..<min(first + width, m) {
        for j in second..<min(second + width, i) { values[j * m + i] = values[i * m + j] }
      }
    }
  }
}
