import Catalog
import KernelsBase
import Runtime

// Elementwise functions of one and two tensors, without gradients. Operands broadcast; the work is cut
// by shape alone.

/// y = f(x) in both precisions. A class, so that a call passes it on for one reference count.
public final class UnaryKernel {
  public typealias FloatLoop = (UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void
  public typealias DoubleLoop = (UnsafePointer<Double>, UnsafeMutablePointer<Double>, Int) -> Void

  public let name: String
  package let float: FloatLoop
  package let double: DoubleLoop
  /// The same on int64, where the result is an integer.
  let integer: ((Int64) -> Int64)?

  init(
    _ name: String, _ float: @escaping FloatLoop, _ double: @escaping DoubleLoop,
    integer: ((Int64) -> Int64)? = nil
  ) {
    self.name = name
    self.float = float
    self.double = double
    self.integer = integer
  }

  public static let negative = UnaryKernel(
    "negative", kernels.negative, kernels.negative, integer: { 0 &- $0 })
  public static let absolute = UnaryKernel(
    "abs", kernels.absolute, kernels.absolute, integer: { $0 < 0 ? 0 &- $0 : $0 })
  public static let exp = UnaryKernel("exp", kernels.exp, kernels.exp)
  public static let expm1 = UnaryKernel("expm1", kernels.expm1, kernels.expm1)
  public static let log = UnaryKernel("log", kernels.log, kernels.log)
  public static let log1p = UnaryKernel("log1p", kernels.log1p, kernels.log1p)
  public static let sqrt = UnaryKernel("sqrt", kernels.sqrt, kernels.sqrt)
  public static let square = UnaryKernel(
    "square", kernels.square, kernels.square, integer: { $0 &* $0 })
  public static let reciprocal = UnaryKernel("reciprocal", kernels.reciprocal, kernels.reciprocal)
  public static let sin = UnaryKernel("sin", kernels.sin, kernels.sin)
  public static let cos = UnaryKernel("cos", kernels.cos, kernels.cos)
  public static let tanh = UnaryKernel("tanh", kernels.tanh, kernels.tanh)
  public static let sigmoid = UnaryKernel("sigmoid", kernels.sigmoid, kernels.sigmoid)
  public static let silu = UnaryKernel("silu", kernels.silu, kernels.silu)
  public static let relu = UnaryKernel(
    "relu", kernels.relu, kernels.relu, integer: { Swift.max($0, 0) })
}

/// y = a ∘ b in both precisions and on integers.
public final class BinaryKernel {
  public typealias FloatLoop = (
    UnsafePointer<Float>, Int, UnsafePointer<Float>, Int, UnsafeMutablePointer<Float>, Int
  ) -> Void
  public typealias DoubleLoop = (
    UnsafePointer<Double>, Int, UnsafePointer<Double>, Int, UnsafeMutablePointer<Double>, Int
  ) -> Void
  typealias FloatRowsLoop = (FloatRows, FloatRows, UnsafeMutablePointer<Float>, Int, Int) -> Void
  typealias DoubleRowsLoop = (DoubleRows, DoubleRows, UnsafeMutablePointer<Double>, Int, Int) ->
    Void

  public let name: String
  package let float: FloatLoop
  package let double: DoubleLoop
  /// The same on blocks of rows, into memory that overlaps neither operand.
  let floatRows: FloatRowsLoop
  let doubleRows: DoubleRowsLoop
  /// The same on int64; nil where the result would not be an integer.
  package let integer: ((Int64, Int64) -> Int64)?
  /// The second operands for which the result is an integer; nil where all are.
  let integerDomain: IntegerDomain?

  /// Which integers an operation takes as its second operand, and what to say of the others.
  struct IntegerDomain {
    let contains: (Int64) -> Bool
    let refusal: String
    /// Whether a number outside gives a result in floating point instead of an error.
    var isRealOutside = false
  }

  /// - Parameter rows: loops over blocks of rows; without them the others run row by row.
  init(
    _ name: String, _ float: @escaping FloatLoop, _ double: @escaping DoubleLoop,
    rows: (float: FloatRowsLoop, double: DoubleRowsLoop)? = nil,
    integer: ((Int64, Int64) -> Int64)? = nil, integerDomain: IntegerDomain? = nil
  ) {
    self.name = name
    self.float = float
    self.double = double
    self.integer = integer
    self.integerDomain = integerDomain
    floatRows =
      rows?.float ?? { a, b, y, rows, n in
        for r in 0..<rows {
          float(a.start + r * a.rowStep, a.step, b.start + r * b.rowStep, b.step, y + r * n, n)
        }
      }
    doubleRows =
      rows?.double ?? { a, b, y, rows, n in
        for r in 0..<rows {
          double(a.start + r * a.rowStep, a.step, b.start + r * b.rowStep, b.step, y + r * n, n)
        }
      }
  }

  public static let add = BinaryKernel(
    "add", kernels.add, kernels.add, rows: (kernels.add, kernels.add), integer: &+)
  public static let subtract = BinaryKernel(
    "subtract", kernels.subtract, kernels.subtract, rows: (kernels.subtract, kernels.subtract),
    integer: &-)
  public static let multiply = BinaryKernel(
    "multiply", kernels.multiply, kernels.multiply, rows: (kernels.multiply, kernels.multiply),
    integer: &*)
  public static let divide = BinaryKernel(
    "divide", kernels.divide, kernels.divide, rows: (kernels.divide, kernels.divide))
  public static let power = BinaryKernel(
    "power", kernels.power, kernels.power, integer: wholePower,
    integerDomain: IntegerDomain(
      contains: { $0 >= 0 },
      refusal: "an int64 tensor to a negative power is no integer: convert it first, "
        + "x:to(\"float32\"); the exponent is", isRealOutside: true))
  public static let maximum = BinaryKernel(
    "maximum", kernels.maximum, kernels.maximum, rows: (kernels.maximum, kernels.maximum),
    integer: { Swift.max($0, $1) })
  public static let minimum = BinaryKernel(
    "minimum", kernels.minimum, kernels.minimum, rows: (kernels.minimum, kernels.minimum),
    integer: { Swift.min($0, $1) })
}

/// aⁿ for n ≥ 0 by repeated squares, modulo 2⁶⁴ as products are.
private func wholePower(_ a: Int64, _ n: Int64) -> Int64 {
  var (result, factor, left) = (Int64(1), a, n)
  while left > 0 {
    if left & 1 == 1 { result = result &* factor }
    factor = factor &* factor
    left >>= 1
  }
  return result
}

extension Tensor {
  /// y = f(x). Integers stay so where f of an integer is one; else they become float32 first, as
  /// booleans do.
  public func applying(_ kernel: UnaryKernel) throws -> Tensor {
    if dtype == .int64, let integer = kernel.integer { return try mapIntegers(integer) }
    let real = try dtype.isFloatingPoint ? self : converted(to: .float32)
    if let recording = Recording.current {
      return try recording.note(.unary(kernel), [real]) { try real.applying(kernel) }
    }
    let source = try real.densified()
    let result = try Tensor(uninitialized: shape, source.dtype)
    let count = elementCount
    if source.dtype == .float32 {
      let x = source.pointer(Float.self)
      let y = result.pointer(Float.self)
      try WorkerPool.shared.run(count: count, grain: parallelGrain) {
        kernel.float(x + $0.lowerBound, y + $0.lowerBound, $0.count)
      }
    } else {
      let x = source.pointer(Double.self)
      let y = result.pointer(Double.self)
      try WorkerPool.shared.run(count: count, grain: parallelGrain) {
        kernel.double(x + $0.lowerBound, y + $0.lowerBound, $0.count)
      }
    }
    return result
  }

  /// a ∘ b with broadcasting; the types meet as `DType.promoted` says.
  public func combined(with other: Tensor, _ kernel: BinaryKernel) throws -> Tensor {
    let shape = try Shape.broadcast(self.shape, other.shape)
    var type = DType.promoted(dtype, other.dtype)
    if type == .bool || (type == .int64 && kernel.integer == nil) { type = .float32 }
    let a = try converted(to: type)
    let b = try other.converted(to: type)
    if type == .int64, let domain = kernel.integerDomain, shape.elementCount > 0 {
      // A recorded program must look at the operands again in every run.
      if let recording = Recording.current {
        return try recording.note(
          general: kernel.name, [a, b], one: { try $0[0].combined(with: $0[1], kernel) })
      }
      try b.require(domain)
    } else if let recording = Recording.current {
      return try recording.note(
        .binary(kernel), [a.broadcast(to: shape), b.broadcast(to: shape)]
      ) { try a.combined(with: b, kernel) }
    }
    let result = try Tensor(uninitialized: shape, type)
    switch type {
    case .float32: try combine(a, b, into: result, kernel.floatRows)
    case .float64: try combine(a, b, into: result, kernel.doubleRows)
    default:
      guard let integer = kernel.integer else { break }
      try combine(a, b, into: result) { (x: IntegerRows, y: IntegerRows, z, rows, columns) in
        for r in 0..<rows {
          let (a, b, c) = (x.row(r), y.row(r), z + r * columns)
          for i in 0..<columns { c[i] = integer(a[i &* x.step], b[i &* y.step]) }
        }
      }
    }
    return result
  }

  /// a ∘ c with a number, which never changes the type. `numberFirst` swaps the operands.
  public func combined(with number: Double, _ kernel: BinaryKernel, numberFirst: Bool = false)
    throws
    -> Tensor
  {
    if dtype.isFloatingPoint, isDense, Recording.current == nil {
      return try dtype == .float32
        ? combined(Float(number), numberFirst, kernel.float)
        : combined(number, numberFirst, kernel.double)
    }
    var isWhole = number == number.rounded() && kernel.integer != nil
    if let domain = kernel.integerDomain, domain.isRealOutside, !numberFirst {
      isWhole = isWhole && Int64(exactly: number).map(domain.contains) ?? true
    }
    let type: DType = dtype.isFloatingPoint || (dtype == .int64 && isWhole) ? dtype : .float32
    if dtype == .int64, type == .float32, kernel.integer != nil,
      kernel.integerDomain?.isRealOutside != true
    {
      throw Tensor.notWhole(number)
    }
    if dtype == .int64, type == .float32 {
      return try converted(to: .float32).combined(with: number, kernel, numberFirst: numberFirst)
    }
    let constant = try Tensor.full([], number, type)
    return numberFirst
      ? try constant.combined(with: self, kernel) : try combined(with: constant, kernel)
  }

  /// The same for a dense tensor and a number of its type, which then needs no tensor of its own.
  private func combined<T: Element>(
    _ number: T, _ numberFirst: Bool,
    _ loop: (UnsafePointer<T>, Int, UnsafePointer<T>, Int, UnsafeMutablePointer<T>, Int) -> Void
  ) throws -> Tensor {
    let result = try Tensor(uninitialized: shape, dtype)
    let x = UnsafePointer(pointer(T.self))
    let y = result.pointer(T.self)
    try withUnsafePointer(to: number) { c in
      try WorkerPool.shared.run(count: elementCount, grain: parallelGrain) {
        let start = $0.lowerBound
        if numberFirst {
          loop(c, 0, x + start, 1, y + start, $0.count)
        } else {
          loop(x + start, 1, c, 0, y + start, $0.count)
        }
      }
    }
    return result
  }

  /// Throws where an element lies outside of what an operation on integers takes.
  private func require(_ domain: BinaryKernel.IntegerDomain) throws {
    if let wrong = try integers().first(where: { !domain.contains(Int64($0)) }) {
      throw UserError("\(domain.refusal) \(wrong)")
    }
  }

  /// A view that repeats axes of length 1 up to `target`.
  public func broadcast(to target: Shape) throws -> Tensor {
    if shape == target { return self }
    guard rank <= target.rank else {
      throw UserError("shape \(shape) does not broadcast to \(target)")
    }
    var strides = Shape(repeating: 0, rank: target.rank)
    for axis in 0..<target.rank {
      let from = axis - (target.rank - rank)
      if from < 0 { continue }
      if shape[from] == target[axis] {
        strides[axis] = self.strides[from]
      } else if shape[from] != 1 {
        throw UserError("shape \(shape) does not broadcast to \(target)")
      }
    }
    return Tensor(storage: storage, dtype: dtype, shape: target, strides: strides, offset: offset)
  }

  private func mapIntegers(_ body: @escaping (Int64) -> Int64) throws -> Tensor {
    if let recording = Recording.current {
      return try recording.note(general: "map", [self], one: { try $0[0].mapIntegers(body) })
    }
    let source = try densified()
    let result = try Tensor(uninitialized: shape, .int64)
    let x = source.pointer(Int64.self)
    let y = result.pointer(Int64.self)
    try Cancellation.inBlocks(elementCount) { for i in $0 { y[i] = body(x[i]) } }
    return result
  }
}
