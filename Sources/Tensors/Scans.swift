import Catalog
import Runtime

// Running sums, products and linear recurrences along an axis. float32 is accumulated in float64, so
// that the last of ten million sums is as good as the first.

extension Tensor {
  /// y_k = x_1 + … + x_k along an axis.
  public func cumulativeSum(axis: Int) throws -> Tensor {
    try scanned(axis: axis) {
      $0 + $1
    } integer: {
      $0 &+ $1
    }
  }

  /// y_k = x_1 ⋯ x_k along an axis.
  public func cumulativeProduct(axis: Int) throws -> Tensor {
    try scanned(axis: axis) {
      $0 * $1
    } integer: {
      $0 &* $1
    }
  }

  /// h_k = a_k h_{k−1} + b_k along an axis, h_0 = 0; `self` is a, of the shape of `b`.
  public func recurrence(_ b: Tensor, axis: Int) throws -> Tensor {
    if let recording = Recording.current {
      return try recording.note(
        general: "recurrence", [self, b], one: { try $0[0].recurrence($0[1], axis: axis) })
    }
    let factors = try converted(to: .float64).densified()
    let terms = try b.converted(to: .float64).densified()
    let result = try Tensor(uninitialized: shape, .float64)
    let blocks = AxisBlocks(shape, axis: axis)
    let a = factors.pointer(Double.self)
    let x = terms.pointer(Double.self)
    let h = result.pointer(Double.self)
    let inner = blocks.inner
    try Cancellation.inBlocks(elementCount) {
      for i in $0 {
        let isFirst = i / inner % blocks.length == 0
        h[i] = isFirst ? x[i] : a[i] * h[i - inner] + x[i]
      }
    }
    return try result.converted(to: DType.promoted(dtype, b.dtype))
  }

  private func scanned(
    axis: Int, _ real: @escaping (Double, Double) -> Double,
    integer: @escaping (Int64, Int64) -> Int64
  ) throws -> Tensor {
    if let recording = Recording.current {
      return try recording.note(
        general: "scan", [self],
        one: { try $0[0].scanned(axis: axis, real, integer: integer) })
    }
    let type: DType = dtype.isFloatingPoint ? .float64 : .int64
    let source = try converted(to: type).densified()
    let result = try Tensor(uninitialized: shape, type)
    let blocks = AxisBlocks(shape, axis: axis)
    func go<T: Element>(_ type: T.Type, _ join: (T, T) -> T) throws {
      let x = source.pointer(T.self)
      let y = result.pointer(T.self)
      let inner = blocks.inner
      for block in 0..<blocks.outer {
        let start = block * blocks.length * inner
        if blocks.length == 0 { continue }
        for i in start..<start + inner { y[i] = x[i] }
        try Cancellation.inBlocks(start + inner..<start + blocks.length * inner) {
          for i in $0 { y[i] = join(y[i - inner], x[i]) }
        }
      }
    }
    if type == .float64 { try go(Double.self, real) } else { try go(Int64.self, integer) }
    return dtype.isFloatingPoint ? try result.converted(to: dtype) : result
  }
}

extension ReductionKernel {
  public static let product = ReductionKernel(
    name: "prod", float: { x, n in Float((0..<n).reduce(1.0) { $0 * Double(x[$1]) }) },
    double: { x, n in (0..<n).reduce(1.0) { $0 * x[$1] } }, combine: .multiply, empty: 1)
}

extension Tensor {
  /// Whether any (or every) element along an axis is true or not 0; all elements where axis is nil.
  public func quantified(axis: Int?, every: Bool) throws -> Tensor {
    if let recording = Recording.current {
      return try recording.note(
        general: "quantified", [self],
        one: { try $0[0].quantified(axis: axis, every: every) })
    }
    let source = try converted(to: .bool).densified()
    let shape: Shape = axis == nil ? [elementCount] : shape
    let axis = axis ?? 0
    let blocks = AxisBlocks(shape, axis: axis)
    let result = try Tensor(filling: shape.removing(axis: axis), with: every)
    let x = source.pointer(Bool.self)
    let y = result.pointer(Bool.self)
    for block in 0..<blocks.outer {
      try Cancellation.inBlocks(blocks.length, of: blocks.rowsBetweenPolls) { rows in
        for row in rows {
          let start = (block * blocks.length + row) * blocks.inner
          for i in 0..<blocks.inner where x[start + i] != every {
            y[block * blocks.inner + i] = !every
          }
        }
      }
    }
    return result
  }

  /// The 1-based place of the largest (or smallest) element along an axis: the first of equals; a NaN
  /// wins over numbers.
  public func extremePlace(axis: Int?, smallest: Bool) throws -> Tensor {
    if let recording = Recording.current {
      return try recording.note(
        general: "place", [self],
        one: { try $0[0].extremePlace(axis: axis, smallest: smallest) })
    }
    let shape: Shape = axis == nil ? [elementCount] : shape
    let axis = axis ?? 0
    let blocks = AxisBlocks(shape, axis: axis)
    let target = shape.removing(axis: axis)
    guard blocks.length > 0 || target.elementCount == 0 else {
      throw UserError("no largest element over an empty axis \(axis + 1) of shape \(shape)")
    }
    let source = try (dtype == .bool ? converted(to: .int64) : self).densified()
    let result = try Tensor(uninitialized: target, .int64)
    let places = result.pointer(Int64.self)
    func go<T: Element & Comparable>(_ type: T.Type, isNaN: (T) -> Bool) throws {
      let x = source.pointer(T.self)
      var sincePoll = 0
      for block in 0..<blocks.outer {
        for i in 0..<blocks.inner {
          let start = block * blocks.length * blocks.inner + i
          var best = 0
          var value = x[start]
          for k in stride(from: 1, to: blocks.length, by: 1) {
            if isNaN(value) { break }
            let next = x[start + k * blocks.inner]
            if isNaN(next) || (smallest ? next < value : next > value) {
              best = k
              value = next
            }
            if k & 0xFFFF == 0 { try Cancellation.check() }
          }
          places[block * blocks.inner + i] = Int64(best + 1)
          sincePoll += blocks.length
          if sincePoll >= Cancellation.blockLength {
            sincePoll = 0
            try Cancellation.check()
          }
        }
      }
    }
    switch source.dtype {
    case .float32: try go(Float.self) { $0.isNaN }
    case .float64: try go(Double.self) { $0.isNaN }
    default: try go(Int64.self) { _ in false }
    }
    return result
  }
}
