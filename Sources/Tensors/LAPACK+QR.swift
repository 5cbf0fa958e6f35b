import Catalog

// A = Q R by Householder reflections, the thin form. Without gradients.

extension Tensor {
  /// Q [… m k] with orthonormal columns and the upper triangular R [… k n], k = min(m, n).
  ///
  /// LAPACK sees Aᵀ = L Q' (gelqf), hence A = Q'ᵀ Lᵀ; the memory of Q' and L is that of Q and R.
  package func qrFactors() throws -> (q: Tensor, r: Tensor) {
    if let recording = Recording.current {
      let parts = try recording.note(general: "qr", [self]) {
        let (q, r) = try $0[0].qrFactors()
        return [q, r]
      }
      return (parts[0], parts[1])
    }
    let a = try checkedMatrices("x").copied()
    let k = min(a.matrixRows, a.matrixColumns)
    let r = try Tensor(uninitialized: Shape(batch + [k, a.matrixColumns]), a.dtype)
    if a.elementCount > 0 {
      if a.dtype == .float32 {
        try a.orthogonalize(Float.self, r)
      } else {
        try a.orthogonalize(Double.self, r)
      }
    }
    r.clearTriangle(lower: true)
    let q = a.slice(axis: rank - 1, 0..<k)
    return (k == matrixColumns ? q : try q.copied(), r)
  }

  /// Leaves Q in the first columns of each matrix of this dense stack and writes R.
  private func orthogonalize<T: LAPACKScalar>(_ type: T.Type, _ r: Tensor) throws {
    let factor: LAPACK.GELQF = try LAPACK.routine("gelqf", T.self)
    let generate: LAPACK.ORGLQ = try LAPACK.routine("orglq", T.self)
    let (rows, columns) = (matrixRows, matrixColumns)
    let least = min(rows, columns)
    let a = pointer(T.self)
    let upper = r.pointer(T.self)
    _ = try LAPACK.forEachMatrix(matrixCount, work: LAPACK.cost(4, rows, columns, least)) { index in
      var (m, n, k, info) = (Int32(rows), Int32(columns), Int32(least), Int32(0))
      var (step, reflectors, length) = (Int32(columns), Int32(least), Int32(64 * columns))
      let matrix = a + index * rows * columns
      try withWorkspace(of: Int(clamping: length) + least, T.self) { work in
        let tau = work + Int(clamping: length)
        factor(&n, &m, matrix, &step, tau, work, &length, &info)
        (upper + index * least * columns).update(from: matrix, count: least * columns)
        generate(&k, &m, &reflectors, matrix, &step, tau, work, &length, &info)
      }
      return info
    }
  }
}
