import Catalog
import Runtime

extension Tensor {
  /// The eigenvalues of a square float64 matrix, real and imaginary parts [n, 2], and its right eigenvectors of
  /// length 1 as rows [n, n]. Of a pair a ± ib, which stand together, +b first, the two rows are the real and the
  /// imaginary part of the vector that belongs to a + ib.
  package func generalEigen() throws -> (values: Tensor, vectors: Tensor) {
    let source = try checkedSquares("x")
    guard source.rank == 2, source.dtype == .float64 else {
      throw UserError("x must be a float64 matrix, got \(describe())")
    }
    // LAPACK reads by columns, and writes an eigenvector as a column: a row here.
    let a = try source.transposed().copied()
    let order = a.matrixRows
    let values = try Tensor(uninitialized: [2, order], .float64)
    let vectors = try Tensor(uninitialized: [order, order], .float64)
    if order == 0 { return (try values.transposed(), vectors) }
    let routine: LAPACK.GEEV = try LAPACK.routine("geev", Double.self)
    let w = values.pointer(Double.self)
    let (from, to) = (a.pointer(Double.self), vectors.pointer(Double.self))
    let refusal = try LAPACK.forEachMatrix(1, work: LAPACK.cost(25, order, order, order)) { _ in
      var (n, info, one, length) = (Int32(order), Int32(0), Int32(1), Int32(64 * order))
      var (left, right, step, other) = (fortran("N"), fortran("V"), n, n)
      try withWorkspace(of: Int(clamping: length), Double.self) { work in
        routine(
          &left, &right, &n, from, &step, w, w + order, work, &one, to, &other, work, &length,
          &info, 1, 1)
      }
      return info
    }
    if refusal != nil { throw UserError("the eigenvalues of x did not converge") }
    return (try values.transposed(), vectors)
  }
}
