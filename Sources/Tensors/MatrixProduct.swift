import Catalog
import Runtime

extension Tensor {
  /// Matrix product over the last axis of `self` and the first of `other` (1-D operands as in NumPy);
  /// leading axes of 3-D and higher operands broadcast.
  public func matrixProduct(_ other: Tensor) throws -> Tensor {
    guard rank > 0, other.rank > 0 else {
      throw UserError(
        "a matrix product needs operands of 1 axis or more, got \(shape) and "
          + "\(other.shape)")
    }
    if rank == 1 {
      let product = try expanded(axis: 0).matrixProduct(other)
      return product.select(axis: max(product.rank - 2, 0), 0)
    }
    if other.rank == 1 {
      let product = try matrixProduct(other.expanded(axis: 1))
      return product.select(axis: product.rank - 1, 0)
    }
    let inner = shape[rank - 1]
    guard other.shape[other.rank - 2] == inner else {
      throw UserError(
        "shapes \(shape) and \(other.shape) do not multiply: \(inner) columns against "
          + "\(other.shape[other.rank - 2]) rows")
    }
    var type = DType.promoted(dtype, other.dtype)
    if type == .bool { type = .float32 }
    let a = try converted(to: type)
    let b = try other.converted(to: type)
    if b.rank == 2 {
      let rows = elementCount / max(inner, 1)
      let flat = try a.matrixReady().reshapedRows(inner == 0 ? shape.dropLast().reduce(1, *) : rows)
      var target = shape
      target[rank - 1] = b.shape[1]
      return try product(1, flat, b.matrixReady(), target) { a, b, result in
        try multiply(a, b, into: result)
      }
    }
    return try a.batchedProduct(b, type)
  }

  private func batchedProduct(_ b: Tensor, _ type: DType) throws -> Tensor {
    let batch = try Shape.broadcast(Shape(shape.dropLast(2)), Shape(b.shape.dropLast(2)))
    let rows = shape[rank - 2]
    let columns = b.shape[b.rank - 1]
    let whole = try broadcast(to: Shape(Array(batch) + [rows, shape[rank - 1]])).densified()
    let other = try b.broadcast(to: Shape(Array(batch) + [b.shape[b.rank - 2], columns]))
      .densified()
    let target = Shape(Array(batch) + [rows, columns])
    return try product(batch.elementCount, whole, other, target) { a, b, result in
      if type == .float32 {
        try multiplyStack(a, b, into: result, of: Float.self) { sizes, x, y, z in
          try gemm(
            .plain, .plain, rows: sizes.m, columns: sizes.n, inner: sizes.k, 1, x, sizes.k, y,
            sizes.n, 0, z, sizes.n)
        }
      } else if type == .int64 {
        try multiplyStack(a, b, into: result, of: Int64.self) { sizes, x, y, z in
          try multiplyIntegers(sizes, x, (sizes.k, 1), y, (sizes.n, 1), z)
        }
      } else {
        try multiplyStack(a, b, into: result, of: Double.self) { sizes, x, y, z in
          try gemm(
            .plain, .plain, rows: sizes.m, columns: sizes.n, inner: sizes.k, 1, x, sizes.k, y,
            sizes.n, 0, z, sizes.n)
        }
      }
    }
  }

  /// A new tensor of the operands' type that `body` fills, noted where operations are recorded.
  private func product(
    _ batch: Int, _ a: Tensor, _ b: Tensor, _ target: Shape,
    _ body: (Tensor, Tensor, Tensor) throws -> Void
  ) throws -> Tensor {
    func value() throws -> Tensor {
      let result = try Tensor(uninitialized: target, a.dtype)
      try body(a, b, result)
      return result
    }
    guard let recording = Recording.current else { return try value() }
    if a.dtype == .int64 {
      return try recording.note(
        general: "matmul", [a, b],
        one: { try $0[0].matrixProduct($0[1]).reshaped(to: Array(target)) })
    }
    return try recording.note(.product(batch: batch), [a, b], value)
  }

  /// A view whose last two axes BLAS can read: one of them has step 1.
  private func matrixReady() throws -> Tensor {
    if rank == 2 {
      if strides[1] == 1 || shape[1] == 1, strides[0] >= max(shape[1], 1) { return self }
      if strides[0] == 1, strides[1] >= max(shape[0], 1) { return self }
    }
    return try densified()
  }

  private func reshapedRows(_ rows: Int) throws -> Tensor {
    rank == 2 ? self : try reshaped(to: [rows, shape[rank - 1]])
  }
}

/// C = A B for each pair of two dense stacks of as many matrices, shared out over the threads.
/// - Parameter product: of an m × k and a k × n matrix.
private func multiplyStack<T: Element>(
  _ a: Tensor, _ b: Tensor, into c: Tensor, of type: T.Type,
  _ product: (
    (m: Int, n: Int, k: Int), UnsafePointer<T>, UnsafePointer<T>, UnsafeMutablePointer<T>
  ) throws -> Void
) throws {
  let (m, k, n) = (a.shape[a.rank - 2], a.shape[a.rank - 1], b.shape[b.rank - 1])
  if c.elementCount == 0 { return }
  if k == 0 { return c.fillWithZeros() }
  let (x, y, z) = (a.pointer(T.self), b.pointer(T.self), c.pointer(T.self))
  // The first by itself: it tells whether there is a BLAS.
  try product((m, n, k), x, y, z)
  let others = c.elementCount / (m * n) - 1
  try WorkerPool.shared.run(count: others, grain: max(1, 200_000 / (m * n * k))) { range in
    for index in range {
      let place = index + 1
      try product((m, n, k), x + place * m * k, y + place * k * n, z + place * m * n)
    }
  }
}

/// C = A B for 2-D operands of one type, each dense or a transposed view of dense rows.
private func multiply(_ a: Tensor, _ b: Tensor, into c: Tensor) throws {
  let rows = a.shape[0]
  let inner = a.shape[1]
  let columns = b.shape[1]
  if rows == 0 || columns == 0 { return }
  if inner == 0 { return c.fillWithZeros() }
  let (aOrder, aStep) = a.matrixOrder()
  let (bOrder, bStep) = b.matrixOrder()
  if c.dtype == .int64 {
    try multiplyIntegers(
      (rows, columns, inner), a.pointer(), (a.strides[0], a.strides[1]), b.pointer(),
      (b.strides[0], b.strides[1]), c.pointer())
  } else if c.dtype == .float32 {
    try gemm(
      aOrder, bOrder, rows: rows, columns: columns, inner: inner, 1, a.pointer(Float.self), aStep,
      b.pointer(Float.self), bStep, 0, c.pointer(Float.self), columns)
  } else {
    try gemm(
      aOrder, bOrder, rows: rows, columns: columns, inner: inner, 1, a.pointer(Double.self), aStep,
      b.pointer(Double.self), bStep, 0, c.pointer(Double.self), columns)
  }
}

/// C = A B of integers, modulo 2⁶⁴ as single products are. Steps are those along rows and columns.
private func multiplyIntegers(
  _ sizes: (m: Int, n: Int, k: Int), _ a: UnsafePointer<Int64>, _ aSteps: (row: Int, column: Int),
  _ b: UnsafePointer<Int64>, _ bSteps: (row: Int, column: Int), _ c: UnsafeMutablePointer<Int64>
) throws {
  let (m, n, k) = sizes
  try WorkerPool.shared.run(count: m, grain: max(1, 200_000 / max(n * k, 1))) { rows in
    for i in rows {
      let target = c + i * n
      target.initialize(repeating: 0, count: n)
      for p in 0..<k {
        let factor = a[i * aSteps.row + p * aSteps.column]
        let row = b + p * bSteps.row
        for j in 0..<n { target[j] &+= factor &* row[j &* bSteps.column] }
      }
    }
  }
}

extension Tensor {
  /// For a new tensor, which owns its whole storage.
  fileprivate func fillWithZeros() {
    storage.base.initializeMemory(as: UInt8.self, repeating: 0, count: storage.byteCount)
  }

  /// How BLAS is to read a matrix-ready 2-D view, and its row length there.
  fileprivate func matrixOrder() -> (MatrixOrder, Int) {
    layout.matrixOrder
  }
}

extension Recording.Layout {
  /// How BLAS is to read the last two axes, one of which has step 1, and its row length there.
  package var matrixOrder: (order: MatrixOrder, step: Int) {
    let (rows, columns) = (shape[shape.rank - 2], shape[shape.rank - 1])
    let (rowStep, columnStep) = (strides[shape.rank - 2], strides[shape.rank - 1])
    if columnStep == 1 || columns == 1 {
      return (.plain, max(rows == 1 ? columns : rowStep, columns, 1))
    }
    return (.transposed, max(columnStep, rows, 1))
  }
}
