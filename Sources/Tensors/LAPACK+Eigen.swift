import Catalog

// Eigenvalues: of symmetric matrices by divide and conquer (syevd), of others by QR steps (geev).
// Without gradients.

extension Tensor {
  /// A = V diag(w) Vᵀ of symmetric matrices: w [… n] from small to large, the eigenvectors as columns
  /// of V [… n n]. Only the triangle below the diagonal is read.
  package func symmetricEigen() throws -> (values: Tensor, vectors: Tensor) {
    if let recording = Recording.current {
      let parts = try recording.note(general: "eigh", [self]) {
        let (values, vectors) = try $0[0].symmetricEigen()
        return [values, vectors]
      }
      return (parts[0], parts[1])
    }
    let (values, rows) = try symmetricEigen(hasVectors: true)
    return (values, try rows.transposed())
  }

  package func symmetricEigenvalues() throws -> Tensor {
    if let recording = Recording.current {
      return try recording.note(
        general: "eigvalsh", [self], one: { try $0[0].symmetricEigenvalues() })
    }
    return try symmetricEigen(hasVectors: false).values
  }

  private func symmetricEigen(hasVectors: Bool) throws -> (values: Tensor, rows: Tensor) {
    let a = try checkedSymmetric("x").copied()
    let values = try Tensor(uninitialized: Shape(batch + [a.matrixRows]), a.dtype)
    if a.elementCount > 0 {
      if a.dtype == .float32 {
        try a.diagonalize(Float.self, values, hasVectors)
      } else {
        try a.diagonalize(Double.self, values, hasVectors)
      }
    }
    return (values, a)
  }

  /// Leaves the eigenvectors as rows in this dense stack.
  private func diagonalize<T: LAPACKScalar>(
    _ type: T.Type, _ values: Tensor, _ hasVectors: Bool
  ) throws {
    let routine: LAPACK.SYEVD = try LAPACK.routine("syevd", T.self)
    let order = matrixRows
    let a = pointer(T.self)
    let w = values.pointer(T.self)
    func run(
      _ index: Int, _ work: UnsafeMutablePointer<T>, _ length: Int32,
      _ integers: UnsafeMutablePointer<Int32>, _ integerCount: Int32
    ) -> Int32 {
      var (n, info, length, integerCount) = (Int32(order), Int32(0), length, integerCount)
      var step = n
      var (job, triangle) = (fortran(hasVectors ? "V" : "N"), fortran("U"))
      routine(
        &job, &triangle, &n, a + index * order * order, &step, w + index * order, work, &length,
        integers, &integerCount, &info, 1, 1)
      return info
    }
    var (answer, integerCount): (T, Int32) = (0, 0)
    _ = run(0, &answer, -1, &integerCount, -1)
    let length = try LAPACK.workLength(answer)
    let most = integerCount
    let refusal = try LAPACK.forEachMatrix(matrixCount, work: LAPACK.cost(9, order, order, order)) {
      index in
      try withWorkspace(of: Int(clamping: length), T.self) { work in
        try withWorkspace(of: Int(clamping: most), Int32.self) {
          run(index, work, length, $0, most)
        }
      }
    }
    if let refusal { throw UserError("the eigenvalues of x did not converge\(refusal.place)") }
  }

  /// The eigenvalues of square matrices as [… n 2]: real and imaginary parts. Aᵀ has those of A.
  package func eigenvalues() throws -> Tensor {
    if let recording = Recording.current {
      return try recording.note(general: "eigvals", [self], one: { try $0[0].eigenvalues() })
    }
    let a = try checkedSquares("x").copied()
    let values = try Tensor(uninitialized: Shape(batch + [2, a.matrixRows]), a.dtype)
    if a.elementCount > 0 {
      if a.dtype == .float32 {
        try a.findEigenvalues(Float.self, values)
      } else {
        try a.findEigenvalues(Double.self, values)
      }
    }
    return try values.transposed()
  }

  private func findEigenvalues<T: LAPACKScalar>(_ type: T.Type, _ values: Tensor) throws {
    let routine: LAPACK.GEEV = try LAPACK.routine("geev", T.self)
    let order = matrixRows
    let a = pointer(T.self)
    let w = values.pointer(T.self)
    let refusal = try LAPACK.forEachMatrix(matrixCount, work: LAPACK.cost(10, order, order, order))
    { index in
      var (n, info, one, length) = (Int32(order), Int32(0), Int32(1), Int32(64 * order))
      var (left, right, step, other) = (fortran("N"), fortran("N"), n, one)
      let real = w + index * 2 * order
      try withWorkspace(of: Int(clamping: length), T.self) { work in
        routine(
          &left, &right, &n, a + index * order * order, &step, real, real + order, work, &one, work,
          &other, work, &length, &info, 1, 1)
      }
      return info
    }
    if let refusal { throw UserError("the eigenvalues of x did not converge\(refusal.place)") }
  }
}
