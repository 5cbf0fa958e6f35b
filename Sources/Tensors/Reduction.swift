import Catalog
import KernelsBase
import Runtime

// Sums, extremes and their kin over all elements or over one axis. The order of additions depends on
// the shape alone, so that results do not change with the number of threads.

/// A reduction of a row of numbers to one.
public struct ReductionKernel {
  public let name: String
  package let float: (UnsafePointer<Float>, Int) -> Float
  package let double: (UnsafePointer<Double>, Int) -> Double
  /// How two partial results combine along an outer axis.
  package let combine: BinaryKernel
  /// The result over no elements; nil where there is none.
  let empty: Double?

  /// Whether rounding errors add up, so that partial results are kept in double.
  private var accumulates: Bool { name == "sum" || name == "prod" }
  /// Whether a long row may be reduced in parts: partial products may leave the range of floats where
  /// the product does not.
  package var cuts: Bool { name != "prod" }

  public static let sum = ReductionKernel(
    name: "sum", float: kernels.sum, double: kernels.sum, combine: .add, empty: 0)
  public static let maximum = ReductionKernel(
    name: "max", float: kernels.maximum, double: kernels.maximum, combine: .maximum, empty: nil)
  public static let minimum = ReductionKernel(
    name: "min", float: kernels.minimum, double: kernels.minimum, combine: .minimum, empty: nil)
}

extension Tensor {
  /// The axis a user names, 1-based or negative from the end, as a 0-based one.
  public func axis(_ number: Int, name: String = "axis") throws -> Int {
    guard rank > 0 else {
      throw UserError("\(name) must be absent for a tensor without axes, got \(number)")
    }
    let axis = number > 0 ? number - 1 : number + rank
    guard number != 0, axis >= 0, axis < rank else {
      guard rank > 0 else {
        throw UserError("\(name) must be absent for a 0-d tensor, which has no axes, got \(number)")
      }
      throw UserError(
        "\(name) must be from 1 to \(rank) or from -\(rank) to -1, got \(number), "
          + "for shape \(shape)")
    }
    return axis
  }

  /// Reduces all elements to a 0-d tensor.
  public func reduced(_ kernel: ReductionKernel) throws -> Tensor {
    let flat = try densified()
    if dtype.isFloatingPoint, elementCount > 0, Recording.current == nil {
      let result = try Tensor(uninitialized: [], dtype)
      try flat.reduce(kernel, into: result, 1, elementCount, 1)
      return result
    }
    let row = Tensor(
      storage: flat.storage, dtype: dtype, shape: [elementCount], strides: [1], offset: flat.offset)
    return try row.reduced(kernel, axis: 0)
  }

  /// Reduces one 0-based axis, which disappears.
  public func reduced(_ kernel: ReductionKernel, axis: Int) throws -> Tensor {
    let length = shape[axis]
    if length == 0, kernel.empty == nil {
      throw UserError("\(kernel.name) over an empty axis \(axis + 1) of shape \(shape)")
    }
    if dtype == .bool, kernel.name == "sum", Recording.current == nil {
      let lengths = (0..<rank).map { shape[$0] }
      let result = try Tensor(uninitialized: shape.removing(axis: axis), .int64)
      if result.elementCount == 0 { return result }
      try densified().countedTrue(
        lengths[..<axis].reduce(1, *), length, lengths[(axis + 1)...].reduce(1, *), into: result)
      return result
    }
    let type: DType = dtype == .bool ? .int64 : dtype
    let source = try converted(to: type).densified()
    let target = shape.removing(axis: axis)
    if length == 0 { return try Tensor.full(target, kernel.empty ?? 0, type) }
    var outer = 1
    var inner = 1
    for position in 0..<axis { outer *= shape[position] }
    for position in axis + 1..<max(rank, axis + 1) { inner *= shape[position] }
    if let recording = Recording.current {
      if !type.isFloatingPoint {
        return try recording.note(
          general: kernel.name, [source], one: { try $0[0].reduced(kernel, axis: axis) })
      }
      return try recording.note(
        .reduce(kernel, outer: outer, length: length, inner: inner), [source]
      ) { try source.reduced(kernel, axis: axis) }
    }
    let result = try Tensor(uninitialized: target, type)
    // There may be 2^40 rows of no elements.
    if target.elementCount == 0 { return result }
    try source.reduce(kernel, into: result, outer, length, inner)
    return result
  }

  /// Reduces the middle axis of a dense tensor seen as [outer, length, inner].
  private func reduce(
    _ kernel: ReductionKernel, into result: Tensor, _ outer: Int, _ length: Int, _ inner: Int
  ) throws {
    switch dtype {
    case .float32:
      try kernel.reduce(pointer(Float.self), result.pointer(Float.self), outer, length, inner)
    case .float64:
      try kernel.reduce(pointer(Double.self), result.pointer(Double.self), outer, length, inner)
    default: try reduceIntegers(kernel, into: result, outer, length, inner)
    }
  }

  private func reduceIntegers(
    _ kernel: ReductionKernel, into result: Tensor, _ outer: Int, _ length: Int, _ inner: Int
  ) throws {
    let x = pointer(Int64.self)
    let y = result.pointer(Int64.self)
    guard let combine = kernel.combine.integer else { return }
    for o in 0..<outer {
      try Cancellation.check()
      for i in 0..<inner {
        var value = x[o * length * inner + i]
        for k in 1..<max(length, 1) { value = combine(value, x[(o * length + k) * inner + i]) }
        y[o * inner + i] = value
      }
    }
  }
}

extension ReductionKernel {
  /// Reduces the middle axis of [outer, length, inner].
  package func reduce(
    _ x: UnsafeMutablePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ outer: Int,
    _ length: Int, _ inner: Int
  ) throws {
    if inner > 1, accumulates {
      if name == "sum" { return try sumColumns(x, y, outer, length, inner) }
      return try multiplyColumns(x, y, outer, length, inner)
    }
    try Tensors.reduce(x, y, outer, length, inner, cuts: cuts, float, combine.float)
  }

  package func reduce(
    _ x: UnsafeMutablePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ outer: Int,
    _ length: Int, _ inner: Int
  ) throws {
    if inner > 1, accumulates {
      if name == "sum" { return try sumColumns(x, y, outer, length, inner) }
      return try multiplyColumns(x, y, outer, length, inner)
    }
    try Tensors.reduce(x, y, outer, length, inner, cuts: cuts, double, combine.double)
  }
}

/// Rows of `inner` elements: where the reduced axis is innermost each row is reduced by itself,
/// otherwise rows are combined elementwise.
private func reduce<T>(
  _ x: UnsafeMutablePointer<T>, _ y: UnsafeMutablePointer<T>, _ outer: Int, _ length: Int,
  _ inner: Int, cuts: Bool, _ row: (UnsafePointer<T>, Int) -> T,
  _ combine: (UnsafePointer<T>, Int, UnsafePointer<T>, Int, UnsafeMutablePointer<T>, Int) -> Void
) throws {
  let grain = max(1, parallelGrain / max(length * inner, 1))
  if inner == 1 {
    if outer == 1, length > parallelGrain, cuts {
      try reduceLongRow(x, y, length, row)
      return
    }
    try WorkerPool.shared.run(count: outer, grain: grain) { range in
      for o in range { y[o] = row(x + o * length, length) }
    }
    return
  }
  try WorkerPool.shared.run(count: outer, grain: grain) { range in
    for o in range {
      let target = y + o * inner
      let source = x + o * length * inner
      target.update(from: source, count: inner)
      for k in 1..<max(length, 1) { combine(target, 1, source + k * inner, 1, target, inner) }
    }
  }
}

/// One long row: fixed blocks in parallel, then their results in order.
private func reduceLongRow<T>(
  _ x: UnsafeMutablePointer<T>, _ y: UnsafeMutablePointer<T>, _ length: Int,
  _ row: (UnsafePointer<T>, Int) -> T
) throws {
  let blocks = (length + parallelGrain - 1) / parallelGrain
  let partial = UnsafeMutablePointer<T>.allocate(capacity: blocks)
  defer { partial.deallocate() }
  try WorkerPool.shared.run(chunks: blocks) { block in
    let start = block * parallelGrain
    (partial + block).initialize(to: row(x + start, min(parallelGrain, length - start)))
  }
  y.initialize(to: row(partial, blocks))
}
