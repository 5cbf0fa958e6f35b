import Catalog

// Views: other shapes of the same elements. Axes here are 0-based; the Lua surface converts.

extension Tensor {
  /// The same elements in another shape; a view where the elements are dense. One length may be −1.
  public func reshaped(to lengths: [Int]) throws -> Tensor {
    var lengths = lengths
    let unknown = lengths.indices.filter { lengths[$0] == -1 }
    if unknown.count == 1 {
      var known = lengths
      known.remove(at: unknown[0])
      let size = try Shape(checking: known).elementCount
      guard size > 0, elementCount % size == 0 else {
        throw UserError("\(elementCount) elements of shape \(shape) do not fit shape \(lengths)")
      }
      lengths[unknown[0]] = elementCount / size
    }
    let target = try Shape(checking: lengths)
    guard target.elementCount == elementCount else {
      throw UserError("\(elementCount) elements of shape \(shape) do not fit shape \(target)")
    }
    let dense = try densified()
    return Tensor(
      storage: dense.storage, dtype: dtype, shape: target, strides: target.denseStrides,
      offset: dense.offset)
  }

  /// Axes in another order: axis `i` of the result is axis `order[i]` of this tensor.
  public func permuted(_ order: [Int]) throws -> Tensor {
    guard order.sorted() == Array(0..<rank) else {
      throw UserError("axes must be a permutation of the \(rank) axes of shape \(shape)")
    }
    return Tensor(
      storage: storage, dtype: dtype, shape: Shape(order.map { shape[$0] }),
      strides: Shape(order.map { strides[$0] }), offset: offset)
  }

  /// The last two axes exchanged.
  public func transposed() throws -> Tensor {
    guard rank >= 2 else {
      throw UserError("a transpose needs 2 axes or more, got shape \(shape)")
    }
    var (shape, strides) = (shape, strides)
    shape.exchange(rank - 1, rank - 2)
    strides.exchange(rank - 1, rank - 2)
    return Tensor(storage: storage, dtype: dtype, shape: shape, strides: strides, offset: offset)
  }

  /// Elements `range` of one axis.
  public func slice(axis: Int, _ range: Range<Int>) -> Tensor {
    var shape = shape
    shape[axis] = range.count
    return Tensor(
      storage: storage, dtype: dtype, shape: shape, strides: strides,
      offset: offset + range.lowerBound * strides[axis])
  }

  /// Element `index` of one axis, which disappears.
  public func select(axis: Int, _ index: Int) -> Tensor {
    Tensor(
      storage: storage, dtype: dtype, shape: shape.removing(axis: axis),
      strides: strides.removing(axis: axis), offset: offset + index * strides[axis])
  }

  /// Element `index` of a tensor of one axis, as a number of its own.
  public func copiedElement(_ index: Int) throws -> Tensor {
    let result = try Tensor(uninitialized: [], dtype)
    let size = dtype.byteCount
    result.storage.base.copyMemory(
      from: storage.base + (offset + index * strides[0]) * size, byteCount: size)
    result.storage.markReadElement()
    return result
  }

  /// A new axis of length 1.
  public func expanded(axis: Int) -> Tensor {
    Tensor(
      storage: storage, dtype: dtype, shape: shape.inserting(1, at: axis),
      strides: strides.inserting(0, at: axis), offset: offset)
  }

  /// Rows of axis 0 in the order of `indices` (0-based), copied.
  public func gathered(rows indices: [Int]) throws -> Tensor { try picked(axis: 0, indices) }

  /// Tensors joined along an axis that all have.
  public static func concatenated(_ parts: [Tensor], axis: Int) throws -> Tensor {
    guard let first = parts.first else { throw UserError("nothing to join: the list is empty") }
    var target = first.shape
    var type = first.dtype
    for part in parts.dropFirst() {
      var expected = part.shape
      guard part.rank == first.rank else {
        throw UserError("shapes \(first.shape) and \(part.shape) do not join")
      }
      expected[axis] = first.shape[axis]
      guard expected == first.shape else {
        throw UserError(
          "shapes \(first.shape) and \(part.shape) do not join along axis \(axis + 1)")
      }
      target[axis] += part.shape[axis]
      type = DType.promoted(type, part.dtype)
    }
    if let recording = Recording.current {
      let parts = try parts.map { try $0.converted(to: type) }
      return try recording.note(.join(axis: axis), parts) {
        try Tensor.concatenated(parts, axis: axis)
      }
    }
    let result = try Tensor(uninitialized: target, type)
    var start = 0
    for part in parts {
      let window = result.slice(axis: axis, start..<start + part.shape[axis])
      try window.assign(part)
      start += part.shape[axis]
    }
    return result
  }

  /// Writes broadcast values into this view.
  public func assign(_ values: Tensor) throws {
    try Recording.requireNumbers(of: values)
    try Recording.requireNumbers(of: self)
    let source = try values.converted(to: dtype).broadcast(to: shape)
    if elementCount == 0 { return }
    // Values that overlap the target are read whole before anything is written.
    let safe = source.storage === storage ? try source.copied() : source
    switch dtype {
    case .float32: write(Float.self, safe)
    case .float64: write(Double.self, safe)
    case .int64: write(Int64.self, safe)
    case .bool: write(Bool.self, safe)
    }
    storage.noteWrite()
  }

  private func write<T: Element>(_ type: T.Type, _ source: Tensor) {
    let from = source.pointer(T.self)
    let to = pointer(T.self)
    if rank == 0 {
      to[0] = from[0]
      return
    }
    let inner = shape[rank - 1]
    let fromStep = source.strides[rank - 1]
    let toStep = strides[rank - 1]
    forEachRow(of: shape, strides, source.strides) { place, start in
      if fromStep == 1 && toStep == 1 {
        (to + place).update(from: from + start, count: inner)
      } else {
        for i in 0..<inner { to[place + i * toStep] = from[start + i * fromStep] }
      }
    }
  }
}
