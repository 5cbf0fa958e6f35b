import Catalog

// What a loop asks after each step: has a number become NaN or infinite, and in which row?

extension Tensor {
  /// Whether an element is 0; while a program is recorded, whether one may ever be.
  public func mayHoldZero() throws -> Bool {
    if Recording.current != nil { return true }
    let dense = try densified()
    func holds<T: BinaryFloatingPoint & Element>(_ type: T.Type) -> Bool {
      let x = dense.pointer(T.self)
      // Without a way out of the loop it runs on whole vectors.
      var zeros = 0
      for i in 0..<elementCount { zeros &+= x[i] == 0 ? 1 : 0 }
      return zeros > 0
    }
    return switch dtype {
    case .float32: holds(Float.self)
    case .float64: holds(Double.self)
    default: true
    }
  }

  /// Whether no element is NaN or infinite. Integers always are finite.
  public func isFinite() throws -> Bool {
    try Recording.requireNumbers(of: self)
    let dense = try densified()
    switch dtype {
    case .float32: return kernels.isFinite(dense.pointer(Float.self), elementCount)
    case .float64: return kernels.isFinite(dense.pointer(Double.self), elementCount)
    default: return true
    }
  }

  /// The same, taken for granted while a program is recorded, which has no numbers to ask.
  public func isFiniteWhereKnown() throws -> Bool {
    try Recording.current != nil || isFinite()
  }

  /// Rows (along axis 0, counted from 0) that hold a NaN or an infinity.
  public func nonFiniteRows() throws -> [Int] {
    guard rank > 0, shape[0] > 0 else { return [] }
    let values = try doubles()
    let columns = elementCount / shape[0]
    return (0..<shape[0]).filter { row in
      values[row * columns..<(row + 1) * columns].contains { !$0.isFinite }
    }
  }
}
