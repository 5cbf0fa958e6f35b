import Catalog

// A = U S Vᵀ by divide and conquer (gesdd), and least squares by it (gelsd). Without gradients.

extension Tensor {
  /// The thin factors U [… m k], S [… k] from large to small, Vᵀ [… k n], k = min(m, n).
  ///
  /// LAPACK sees Aᵀ = V S Uᵀ; the memory of its left factor V is that of Vᵀ.
  package func singularFactors() throws -> (u: Tensor, s: Tensor, vt: Tensor) {
    if let recording = Recording.current {
      let parts = try recording.note(general: "svd", [self]) {
        let (u, s, vt) = try $0[0].singularFactors()
        return [u, s, vt]
      }
      return (parts[0], parts[1], parts[2])
    }
    let a = try checkedMatrices("x").copied()
    let k = min(a.matrixRows, a.matrixColumns)
    let u = try Tensor(uninitialized: Shape(batch + [a.matrixRows, k]), a.dtype)
    let s = try Tensor(uninitialized: Shape(batch + [k]), a.dtype)
    let vt = try Tensor(uninitialized: Shape(batch + [k, a.matrixColumns]), a.dtype)
    if a.elementCount > 0 {
      if a.dtype == .float32 {
        try a.decompose(Float.self, s, u, vt)
      } else {
        try a.decompose(Double.self, s, u, vt)
      }
    }
    return (u, s, vt)
  }

  /// The singular values alone, from large to small.
  package func singularValues() throws -> Tensor {
    if let recording = Recording.current {
      return try recording.note(general: "svdvals", [self], one: { try $0[0].singularValues() })
    }
    let a = try checkedMatrices("x").copied()
    let k = min(a.matrixRows, a.matrixColumns)
    let s = try Tensor(uninitialized: Shape(batch + [k]), a.dtype)
    if a.elementCount > 0 {
      if a.dtype == .float32 {
        try a.decompose(Float.self, s, nil, nil)
      } else {
        try a.decompose(Double.self, s, nil, nil)
      }
    }
    return s
  }

  /// Destroys this dense stack.
  private func decompose<T: LAPACKScalar>(
    _ type: T.Type, _ s: Tensor, _ u: Tensor?, _ vt: Tensor?
  ) throws {
    let routine: LAPACK.GESDD = try LAPACK.routine("gesdd", T.self)
    let (rows, columns) = (matrixRows, matrixColumns)
    let least = min(rows, columns)
    let a = pointer(T.self)
    let values = s.pointer(T.self)
    // Without vectors LAPACK reads and writes neither.
    let left = u?.pointer(T.self) ?? a
    let right = vt?.pointer(T.self) ?? a
    let hasVectors = u != nil
    func run(_ index: Int, _ work: UnsafeMutablePointer<T>, _ length: Int32) -> Int32 {
      var (m, n, k, info) = (Int32(rows), Int32(columns), Int32(least), Int32(0))
      var (step, rightStep) = (Int32(columns), Int32(columns))
      var (job, length) = (fortran(hasVectors ? "S" : "N"), length)
      let integers = UnsafeMutablePointer<Int32>.allocate(capacity: 8 * least)
      defer { integers.deallocate() }
      routine(
        &job, &n, &m, a + index * rows * columns, &step, values + index * least,
        right + (hasVectors ? index * least * columns : 0), &rightStep,
        left + (hasVectors ? index * rows * least : 0), &k, work, &length, integers, &info, 1)
      return info
    }
    var answer: T = 0
    _ = run(0, &answer, -1)
    let length = try LAPACK.workLength(answer)
    let refusal = try LAPACK.forEachMatrix(matrixCount, work: LAPACK.cost(20, rows, columns, least))
    {
      index in
      try withWorkspace(of: Int(clamping: length), T.self) { run(index, $0, length) }
    }
    if let refusal {
      throw UserError("the singular values of x did not converge\(refusal.place)")
    }
  }

  /// The X of least norm among those that make ‖A X − B‖ least; singular values below
  /// ε max(m, n) of the largest count as 0.
  package func leastSquares(_ b: Tensor) throws -> Tensor {
    if let recording = Recording.current {
      return try recording.note(
        general: "lstsq", [self, b], one: { try $0[0].leastSquares($0[1]) })
    }
    let a = try checkedMatrices("a")
    guard b.rank >= 2, b.matrixRows == matrixRows else {
      throw UserError("b must have \(matrixRows) rows, got shape \(b.shape)")
    }
    let b = try b.checkedMatrices("b")
    let type = DType.promoted(a.dtype, b.dtype)
    let stack = Array(try Shape.broadcast(Shape(batch), Shape(b.batch)))
    let (m, n, k) = (matrixRows, matrixColumns, b.matrixColumns)
    let columns = try a.converted(to: type).broadcast(to: Shape(stack + [m, n])).transposed()
      .copied()
    let sides = try Tensor.zeros(Shape(stack + [k, max(m, n)]), type)
    try sides.slice(axis: stack.count + 1, 0..<m).assign(
      b.converted(to: type).broadcast(to: Shape(stack + [m, k])).transposed())
    if columns.elementCount > 0, k > 0 {
      if type == .float32 {
        try columns.fit(Float.self, sides)
      } else {
        try columns.fit(Double.self, sides)
      }
    } else if m == 0 || n == 0 {
      return try Tensor.zeros(Shape(stack + [n, k]), type)
    }
    return try sides.slice(axis: stack.count + 1, 0..<n).transposed()
  }

  /// `self` is a stack of Aᵀ, `sides` one of Bᵀ with room for Xᵀ; both are overwritten.
  private func fit<T: LAPACKScalar>(_ type: T.Type, _ sides: Tensor) throws {
    let routine: LAPACK.GELSD = try LAPACK.routine("gelsd", T.self)
    let (columns, rows) = (matrixRows, matrixColumns)
    let (width, step) = (sides.matrixRows, sides.matrixColumns)
    let a = pointer(T.self)
    let b = sides.pointer(T.self)
    let least = min(rows, columns)
    // 3 least levels + 11 least, levels ≤ log2(least), as the manual says.
    let integerCount = (3 * (Int.bitWidth - least.leadingZeroBitCount) + 11) * least + 1
    func run(_ index: Int, _ work: UnsafeMutablePointer<T>, _ length: Int32) -> Int32 {
      var (m, n, k, info) = (Int32(rows), Int32(columns), Int32(width), Int32(0))
      var (length, lda, ldb, rank) = (length, Int32(rows), Int32(step), Int32(0))
      let integers = UnsafeMutablePointer<Int32>.allocate(capacity: integerCount)
      let values = UnsafeMutablePointer<T>.allocate(capacity: least + 1)
      (values + least).initialize(to: T.ulpOfOne * T(max(rows, columns)))
      defer {
        integers.deallocate()
        values.deallocate()
      }
      routine(
        &m, &n, &k, a + index * rows * columns, &lda, b + index * width * step, &ldb, values,
        values + least, &rank, work, &length, integers, &info)
      return info
    }
    var answer: T = 0
    _ = run(0, &answer, -1)
    let length = try LAPACK.workLength(answer)
    let refusal = try LAPACK.forEachMatrix(matrixCount, work: LAPACK.cost(20, rows, columns, least))
    {
      index in
      try withWorkspace(of: Int(clamping: length), T.self) { run(index, $0, length) }
    }
    if let refusal {
      throw UserError("the singular values of a did not converge\(refusal.place)")
    }
  }
}
