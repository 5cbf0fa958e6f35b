import Catalog

// A = L Lᵀ (potrf) and triangular systems (trtrs). Without gradients.

extension Tensor {
  /// The lower triangular L of each symmetric positive definite matrix A = L Lᵀ. LAPACK's upper
  /// factor of Aᵀ = A has the memory of L.
  ///
  /// - Parameter name: what an error calls the matrix.
  /// - Throws: where a matrix is not symmetric or not positive definite.
  package func choleskyFactor(_ name: String = "x") throws -> Tensor {
    if let recording = Recording.current {
      return try recording.note(
        general: "cholesky", [self], one: { try $0[0].choleskyFactor(name) })
    }
    let result = try checkedSymmetric(name).copied()
    if result.elementCount > 0 {
      if result.dtype == .float32 {
        try result.factorize(Float.self, name)
      } else {
        try result.factorize(Double.self, name)
      }
    }
    result.clearTriangle(lower: false)
    return result
  }

  private func factorize<T: LAPACKScalar>(_ type: T.Type, _ name: String) throws {
    let factor: LAPACK.POTRF = try LAPACK.routine("potrf", T.self)
    let order = matrixRows
    let a = pointer(T.self)
    let refusal = try LAPACK.forEachMatrix(matrixCount, work: LAPACK.cost(1, order, order, order)) {
      index in
      var (n, step, info, upper) = (Int32(order), Int32(order), Int32(0), fortran("U"))
      factor(&upper, &n, a + index * order * order, &step, &info, 1)
      return info
    }
    if let refusal {
      throw UserError(
        "\(name) must be positive definite: leading minor \(refusal.code) is not\(refusal.place)")
    }
  }

  /// X with A X = B for triangular A, of which the other triangle is not read.
  package func triangularSolution(of b: Tensor, lower: Bool) throws -> Tensor {
    if let recording = Recording.current {
      return try recording.note(
        general: "solve_triangular", [self, b],
        one: { try $0[0].triangularSolution(of: $0[1], lower: lower) })
    }
    let sides = try EquationSides(self, b)
    if sides.columns.elementCount > 0 {
      if sides.a.dtype == .float32 {
        try Tensor.solveTriangular(Float.self, sides, lower)
      } else {
        try Tensor.solveTriangular(Double.self, sides, lower)
      }
    }
    return try sides.columns.transposed()
  }

  /// The memory of a lower A is LAPACK's upper Aᵀ, so the transposed system is solved.
  private static func solveTriangular<T: LAPACKScalar>(
    _ type: T.Type, _ sides: EquationSides, _ isLower: Bool
  ) throws {
    let solve: LAPACK.TRTRS = try LAPACK.routine("trtrs", T.self)
    let order = sides.a.matrixRows
    let a = sides.a.pointer(T.self)
    let b = sides.columns.pointer(T.self)
    let work = LAPACK.cost(1, order, order, sides.width)
    let refusal = try LAPACK.forEachMatrix(sides.a.matrixCount, work: work) { index in
      var (n, step, rows) = (Int32(order), Int32(order), Int32(order))
      var (k, info) = (Int32(sides.width), Int32(0))
      var (triangle, transposed) = (fortran(isLower ? "U" : "L"), fortran("T"))
      var diagonal = fortran("N")
      solve(
        &triangle, &transposed, &diagonal, &n, &k, a + index * order * order, &step,
        b + index * order * sides.width, &rows, &info, 1, 1, 1)
      return info
    }
    if let refusal {
      throw UserError(
        "a must be invertible: element \(refusal.code) of its diagonal is 0\(refusal.place)")
    }
  }
}
