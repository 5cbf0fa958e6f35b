import Catalog
import Glibc

// What follows from A = P L U (getrf): solutions, inverses, determinants. Without gradients.

/// The two sides of A X = B, made alike: broadcast stacks, one type, B by columns.
struct EquationSides {
  /// Dense, its own memory.
  let a: Tensor
  /// Bᵀ, dense, its own memory: [… k n].
  let columns: Tensor
  /// Right-hand sides that share one matrix.
  let width: Int

  init(_ a: Tensor, _ b: Tensor) throws {
    let a = try a.checkedSquares("a")
    guard b.rank >= 2, b.matrixRows == a.matrixRows else {
      throw UserError("b must have \(a.matrixRows) rows, got shape \(b.shape)")
    }
    let b = try b.checkedMatrices("b")
    let type = DType.promoted(a.dtype, b.dtype)
    let batch = Array(try Shape.broadcast(Shape(a.batch), Shape(b.batch)))
    let n = a.matrixRows
    columns = try b.converted(to: type)
      .broadcast(to: Shape(batch + [n, b.matrixColumns])).transposed().copied()
    let isShared = a.rank == 2
    width = isShared ? columns.elementCount / max(n, 1) : b.matrixColumns
    let real = try a.converted(to: type)
    self.a = try (isShared ? real : real.broadcast(to: Shape(batch + [n, n]))).copied()
  }
}

extension Tensor {
  /// X with A X = B, for stacks of square matrices A that broadcast against those of B.
  ///
  /// - Throws: where a matrix is singular.
  package func solution(of b: Tensor) throws -> Tensor {
    if let recording = Recording.current {
      return try recording.note(
        general: "solve", [self, b], one: { try $0[0].solution(of: $0[1]) })
    }
    let sides = try EquationSides(self, b)
    if sides.columns.elementCount > 0 {
      if sides.a.dtype == .float32 {
        try Tensor.solve(Float.self, sides)
      } else {
        try Tensor.solve(Double.self, sides)
      }
    }
    return try sides.columns.transposed()
  }

  /// The memory of A is LAPACK's Aᵀ, so the transposed system is solved.
  private static func solve<T: LAPACKScalar>(_ type: T.Type, _ sides: EquationSides) throws {
    let factor: LAPACK.GETRF = try LAPACK.routine("getrf", T.self)
    let solve: LAPACK.GETRS = try LAPACK.routine("getrs", T.self)
    let order = sides.a.matrixRows
    let a = sides.a.pointer(T.self)
    let b = sides.columns.pointer(T.self)
    let work = LAPACK.cost(1, order, order, order + sides.width)
    let refusal = try LAPACK.forEachMatrix(sides.a.matrixCount, work: work) { index in
      var (m, n, step, rows) = (Int32(order), Int32(order), Int32(order), Int32(order))
      var (k, info, transposed) = (Int32(sides.width), Int32(0), fortran("T"))
      let matrix = a + index * order * order
      withUnsafeTemporaryAllocation(of: Int32.self, capacity: order) { pivots in
        guard let pivots = pivots.baseAddress else { return }
        factor(&m, &n, matrix, &step, pivots, &info)
        if info != 0 { return }
        solve(
          &transposed, &n, &k, matrix, &step, pivots, b + index * order * sides.width, &rows, &info,
          1)
      }
      return info
    }
    if let refusal { throw singular("a", refusal) }
  }

  static func singular(_ name: String, _ refusal: LAPACK.Refusal) -> UserError {
    UserError("\(name) must be invertible: pivot \(refusal.code) is 0\(refusal.place)")
  }

  /// A⁻¹ of each square matrix. LAPACK inverts Aᵀ in place, whose memory is A's.
  package func inverse() throws -> Tensor {
    if let recording = Recording.current {
      return try recording.note(general: "inverse", [self], one: { try $0[0].inverse() })
    }
    let result = try checkedSquares("x").copied()
    if result.elementCount == 0 { return result }
    if result.dtype == .float32 {
      try result.invert(Float.self)
    } else {
      try result.invert(Double.self)
    }
    return result
  }

  private func invert<T: LAPACKScalar>(_ type: T.Type) throws {
    let factor: LAPACK.GETRF = try LAPACK.routine("getrf", T.self)
    let invert: LAPACK.GETRI = try LAPACK.routine("getri", T.self)
    let order = matrixRows
    let a = pointer(T.self)
    let refusal = try LAPACK.forEachMatrix(matrixCount, work: LAPACK.cost(2, order, order, order)) {
      index in
      var (m, n, step) = (Int32(order), Int32(order), Int32(order))
      var (length, info) = (Int32(64 * order), Int32(0))
      let matrix = a + index * order * order
      try withUnsafeTemporaryAllocation(of: Int32.self, capacity: order) { pivots in
        guard let pivots = pivots.baseAddress else { return }
        factor(&m, &n, matrix, &step, pivots, &info)
        if info != 0 { return }
        try withWorkspace(of: Int(clamping: length), T.self) { work in
          invert(&n, matrix, &step, pivots, work, &length, &info)
        }
      }
      return info
    }
    if let refusal { throw Tensor.singular("x", refusal) }
  }

  /// The sign of each determinant (−1, 0 or 1) and ln |det|, which is −inf where it is 0.
  package func signAndLogDeterminant() throws -> (sign: Tensor, logarithm: Tensor) {
    if let recording = Recording.current {
      let parts = try recording.note(general: "slogdet", [self]) {
        let (sign, logarithm) = try $0[0].signAndLogDeterminant()
        return [sign, logarithm]
      }
      return (parts[0], parts[1])
    }
    let factors = try checkedSquares("x").copied()
    let sign = try Tensor(uninitialized: Shape(batch), factors.dtype)
    let logarithm = try Tensor(uninitialized: Shape(batch), factors.dtype)
    if factors.dtype == .float32 {
      try factors.determinants(Float.self, sign, logarithm)
    } else {
      try factors.determinants(Double.self, sign, logarithm)
    }
    return (sign, logarithm)
  }

  private func determinants<T: LAPACKScalar>(
    _ type: T.Type, _ sign: Tensor, _ logarithm: Tensor
  ) throws {
    let factor: LAPACK.GETRF = try LAPACK.routine("getrf", T.self)
    let order = matrixRows
    let a = pointer(T.self)
    let signs = sign.pointer(T.self)
    let logarithms = logarithm.pointer(T.self)
    _ = try LAPACK.forEachMatrix(matrixCount, work: LAPACK.cost(1, order, order, order)) { index in
      var (total, isNegative, isZero) = (0.0, false, false)
      if order > 0 {
        var (m, n, step, info) = (Int32(order), Int32(order), Int32(order), Int32(0))
        let matrix = a + index * order * order
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: order) { pivots in
          guard let base = pivots.baseAddress else { return }
          factor(&m, &n, matrix, &step, base, &info)
          for i in 0..<order {
            let pivot = matrix[i * order + i]
            total += log(Double(pivot.magnitude))
            isZero = isZero || pivot == 0
            if (pivot < 0) != (base[i] != Int32(i + 1)) { isNegative.toggle() }
          }
        }
      }
      signs[index] = isZero ? 0 : isNegative ? -1 : 1
      logarithms[index] = isZero ? -.infinity : T(total)
      return 0
    }
  }
}
