import CSupport
import Catalog
import Runtime

/// An n-dimensional array: the one tensor type that Lua sees.
///
/// Several tensors may share a storage (views). A tensor that takes part in differentiation carries a
/// `trace`, which only the module `Autodiff` looks into.
public final class Tensor: Object, ShapedArgument {
  public let storage: Storage
  public let dtype: DType
  public let shape: Shape
  /// Distance between neighbours along each axis, in elements; 0 where an axis repeats.
  public let strides: Shape
  /// Elements before the first one.
  public let offset: Int
  /// Where `Autodiff` has recorded the tensor; nil for plain values.
  public let trace: Trace?

  public static var typeName: String { "tensor" }
  public var axisLengths: [Int] { Array(shape) }

  /// A view of a storage.
  public init(
    storage: Storage, dtype: DType, shape: Shape, strides: Shape, offset: Int = 0,
    trace: Trace? = nil
  ) {
    self.trace = trace
    self.storage = storage
    self.dtype = dtype
    self.shape = shape
    self.strides = strides
    self.offset = offset
  }

  /// A new dense tensor with uninitialised elements.
  public convenience init(uninitialized shape: Shape, _ dtype: DType = .float32) throws {
    let storage = try Storage(byteCount: shape.byteCount(of: dtype))
    self.init(storage: storage, dtype: dtype, shape: shape, strides: shape.denseStrides)
  }

  public var rank: Int { shape.rank }
  public var elementCount: Int { shape.elementCount }
  public var isTraced: Bool { trace != nil }

  /// Whether the elements lie one behind the other in row-major order.
  public var isDense: Bool {
    var step = 1
    for axis in stride(from: rank - 1, through: 0, by: -1) {
      if shape[axis] != 1 {
        if strides[axis] != step { return false }
        step *= shape[axis]
      }
    }
    return true
  }

  /// Whether several elements lie at one place, as a broadcast makes them.
  public var repeatsElements: Bool {
    (0..<rank).contains { shape[$0] > 1 && strides[$0] == 0 } && elementCount > 0
  }

  /// The first element as a pointer of the tensor's own type.
  /// - Precondition: `T.dtype == dtype`.
  @inline(__always)
  public func pointer<T: Element>(_ type: T.Type = T.self) -> UnsafeMutablePointer<T> {
    if csupport_recorder() != nil { Recording.noteReading(of: self) }
    return storage.base.assumingMemoryBound(to: T.self) + offset
  }

  /// The same elements without their trace.
  public func untraced() -> Tensor {
    if trace == nil { return self }
    return Tensor(storage: storage, dtype: dtype, shape: shape, strides: strides, offset: offset)
  }
}

/// A tensor's place on a tape. Held inline, since every recorded operation makes one.
public struct Trace {
  /// The tape, whose class only `Autodiff` knows.
  public let tape: AnyObject
  public let index: Int
  /// The same value as the tapes below see it.
  public let primal: Tensor

  public init(tape: AnyObject, index: Int, primal: Tensor) {
    self.tape = tape
    self.index = index
    self.primal = primal
  }
}

// MARK: - Making tensors

extension Tensor {
  public convenience init<T: Element>(filling shape: Shape, with value: T) throws {
    try self.init(uninitialized: shape, T.dtype)
    let target = pointer(T.self)
    try Cancellation.inBlocks(elementCount, of: Tensor.copyBlock) {
      (target + $0.lowerBound).initialize(repeating: value, count: $0.count)
    }
  }

  public static func zeros(_ shape: Shape, _ dtype: DType = .float32) throws -> Tensor {
    let result = try Tensor(uninitialized: shape, dtype)
    let base = result.storage.base
    try Cancellation.inBlocks(result.storage.byteCount, of: 8 * Tensor.copyBlock) {
      (base + $0.lowerBound).initializeMemory(as: UInt8.self, repeating: 0, count: $0.count)
    }
    return result
  }

  /// A tensor of one value, converted to the type asked for.
  public static func full(_ shape: Shape, _ value: Double, _ dtype: DType = .float32) throws
    -> Tensor
  {
    switch dtype {
    case .float32: return try Tensor(filling: shape, with: Float(value))
    case .float64: return try Tensor(filling: shape, with: value)
    case .int64:
      guard let whole = Int64(exactly: value) else {
        throw UserError("\(formatNumber(value)) is not an integer; convert the tensor to float32")
      }
      return try Tensor(filling: shape, with: whole)
    case .bool: return try Tensor(filling: shape, with: value != 0)
    }
  }

  public convenience init<T: Element>(_ values: [T], shape: Shape? = nil) throws {
    let shape = shape ?? [values.count]
    precondition(shape.elementCount == values.count, "\(values.count) values for shape \(shape)")
    try self.init(uninitialized: shape, T.dtype)
    let target = pointer(T.self)
    try values.withUnsafeBufferPointer { source in
      guard let base = source.baseAddress else { return }
      try Cancellation.inBlocks(source.count, of: Tensor.copyBlock) {
        (target + $0.lowerBound).initialize(from: base + $0.lowerBound, count: $0.count)
      }
    }
  }

  /// A 0-d tensor.
  public static func scalar(_ value: Double, _ dtype: DType = .float32) throws -> Tensor {
    try full([], value, dtype)
  }
}

// MARK: - Reading elements

extension Tensor {
  /// All elements as doubles, in row-major order.
  public func doubles() throws -> [Double] {
    try Recording.requireNumbers(of: self)
    let dense = try densified()
    let count = elementCount
    // Whoever asks for them mostly makes another list of them.
    try Memory.request(count, of: (Double, Double).self)
    switch dtype {
    case .float32:
      let source = dense.pointer(Float.self)
      return try Array(polled: count) { for i in $0 { $1[i] = Double(source[i]) } }
    case .float64:
      let source = dense.pointer(Double.self)
      return try Array(polled: count) { for i in $0 { $1[i] = source[i] } }
    case .int64:
      let source = dense.pointer(Int64.self)
      return try Array(polled: count) { for i in $0 { $1[i] = Double(source[i]) } }
    case .bool:
      let source = dense.pointer(Bool.self)
      return try Array(polled: count) { for i in $0 { $1[i] = source[i] ? 1 : 0 } }
    }
  }

  /// All elements as floats, in row-major order.
  public func floats() throws -> [Float] {
    try Recording.requireNumbers(of: self)
    let dense = try converted(to: .float32).densified()
    try Memory.request(elementCount, of: (Float, Float).self)
    let source = dense.pointer(Float.self)
    return try Array(polled: elementCount) { for i in $0 { $1[i] = source[i] } }
  }

  /// The only element as a double.
  public func item() throws -> Double {
    guard elementCount == 1 else {
      throw UserError("a tensor of shape \(shape) has \(elementCount) elements, not one")
    }
    try Recording.requireNumbers(of: self)
    return element(at: offset)
  }

  /// One element by its place in the storage.
  func element(at place: Int) -> Double {
    switch dtype {
    case .float32: Double(storage.base.assumingMemoryBound(to: Float.self)[place])
    case .float64: storage.base.assumingMemoryBound(to: Double.self)[place]
    case .int64: Double(storage.base.assumingMemoryBound(to: Int64.self)[place])
    case .bool: storage.base.assumingMemoryBound(to: Bool.self)[place] ? 1 : 0
    }
  }
}
