import Catalog
import Glibc
import KernelsBase
import Runtime

// Elementwise functions that the kernels do not have, over libm.

extension UnaryKernel {
  /// Loops over a function of one number in both precisions.
  private static func mapping(
    _ name: String, _ float: @escaping (Float) -> Float, _ double: @escaping (Double) -> Double,
    integer: ((Int64) -> Int64)? = nil
  ) -> UnaryKernel {
    UnaryKernel(
      name, { x, y, n in for i in 0..<n { y[i] = float(x[i]) } },
      { x, y, n in for i in 0..<n { y[i] = double(x[i]) } }, integer: integer)
  }

  public static let erf = mapping("erf", { erff($0) }, { Glibc.erf($0) })
  public static let erfc = mapping("erfc", { erfcf($0) }, { Glibc.erfc($0) })
  public static let lgamma = mapping("lgamma", { lnGamma($0) }, { lnGamma($0) })
  public static let digamma = mapping("digamma", { Float(psi(Double($0))) }, psi)
  public static let tan = mapping("tan", { tanf($0) }, { Glibc.tan($0) })
  public static let asin = mapping("asin", { asinf($0) }, { Glibc.asin($0) })
  public static let acos = mapping("acos", { acosf($0) }, { Glibc.acos($0) })
  public static let atan = mapping("atan", { atanf($0) }, { Glibc.atan($0) })
  public static let sinh = mapping("sinh", { sinhf($0) }, { Glibc.sinh($0) })
  public static let cosh = mapping("cosh", { coshf($0) }, { Glibc.cosh($0) })
  public static let floor = mapping(
    "floor", { $0.rounded(.down) }, { $0.rounded(.down) }, integer: { $0 })
  public static let ceil = mapping(
    "ceil", { $0.rounded(.up) }, { $0.rounded(.up) }, integer: { $0 })
  public static let round = mapping(
    "round", { $0.rounded(.toNearestOrEven) }, { $0.rounded(.toNearestOrEven) },
    integer: { $0 })
  public static let sign = mapping(
    "sign", { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 }, { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 },
    integer: { $0.signum() })
  /// x Φ(x), with erfc so that the left tail keeps its digits.
  public static let gelu = mapping(
    "gelu", { $0 * 0.5 * erfcf(-$0 * Float(0.5).squareRoot()) },
    { $0 * 0.5 * Glibc.erfc(-$0 * (0.5).squareRoot()) })
  /// ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|).
  public static let softplus = mapping(
    "softplus", { ($0 > 0 || $0.isNaN ? $0 : 0) + log1pf(expf(-abs($0))) },
    { ($0 > 0 || $0.isNaN ? $0 : 0) + Glibc.log1p(Glibc.exp(-abs($0))) })
}

extension BinaryKernel {
  private static func mapping(
    _ name: String, _ float: @escaping (Float, Float) -> Float,
    _ double: @escaping (Double, Double) -> Double, integer: ((Int64, Int64) -> Int64)? = nil,
    integerDomain: IntegerDomain? = nil
  ) -> BinaryKernel {
    BinaryKernel(
      name,
      { a, aStep, b, bStep, y, n in
        for i in 0..<n { y[i] = float(a[i &* aStep], b[i &* bStep]) }
      },
      { a, aStep, b, bStep, y, n in
        for i in 0..<n { y[i] = double(a[i &* aStep], b[i &* bStep]) }
      }, integer: integer, integerDomain: integerDomain)
  }

  public static let atan2 = mapping("atan2", { atan2f($0, $1) }, { Glibc.atan2($0, $1) })
  /// a − b ⌊a/b⌋: the sign is that of b, as in Lua.
  public static let modulo = mapping(
    "mod", { floored(fmodf($0, $1), $1) }, { floored(fmod($0, $1), $1) },
    integer: { a, b in
      if b == 0 || b == -1 { return 0 }
      let rest = a % b
      return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest
    }, integerDomain: notZero("an integer modulo 0 has no value; the divisor is"))
  /// ⌊a/b⌋, as Lua divides: a quotient is rounded once and then cut.
  public static let floorDivide = mapping(
    "floor_divide", { ($0 / $1).rounded(.down) }, { ($0 / $1).rounded(.down) },
    integer: { a, b in
      if b == 0 { return 0 }
      if b == -1 { return 0 &- a }
      let (quotient, rest) = a.quotientAndRemainder(dividingBy: b)
      return rest != 0 && (rest < 0) != (b < 0) ? quotient - 1 : quotient
    }, integerDomain: notZero("an integer divided by 0 has no integer; the divisor is"))

  private static func notZero(_ refusal: String) -> IntegerDomain {
    IntegerDomain(contains: { $0 != 0 }, refusal: refusal)
  }

  /// ln(eᵃ + eᵇ) without overflow.
  public static let logAddExp = mapping(
    "logaddexp",
    { a, b in a == b ? a + Float(M_LN2) : Swift.max(a, b) + log1pf(expf(-abs(a - b))) },
    { a, b in a == b ? a + M_LN2 : Swift.max(a, b) + Glibc.log1p(Glibc.exp(-abs(a - b))) })
}

/// A remainder with the sign of the divisor.
private func floored<T: BinaryFloatingPoint>(_ rest: T, _ divisor: T) -> T {
  rest != 0 && (rest < 0) != (divisor < 0) ? rest + divisor : rest
}

/// ln |Γ(x)|; the variant of libm that writes no global sign, so that threads may share it.
private func lnGamma(_ x: Double) -> Double {
  var sign: Int32 = 0
  return lgamma_r(x, &sign)
}

private func lnGamma(_ x: Float) -> Float {
  var sign: Int32 = 0
  return lgammaf_r(x, &sign)
}

/// ψ(x) = d/dx ln Γ(x): the recurrence up to 10, then the asymptotic series; reflection below 0.
/// Source: Abramowitz & Stegun 1964, 6.3.5, 6.3.7 and 6.3.18.
private func psi(_ x: Double) -> Double {
  if x.isNaN || x == -.infinity { return .nan }
  if x == 0 { return x.sign == .minus ? .infinity : -.infinity }
  if x < 0 {
    if x == x.rounded() { return .nan }
    let rest = x - x.rounded(.down)
    return psi(1 - x) - .pi / Glibc.tan(.pi * rest)
  }
  var shift = 0.0
  var y = x
  while y < 10 {
    shift -= 1 / y
    y += 1
  }
  let w = 1 / (y * y)
  let terms = [1.0 / 12, -1.0 / 120, 1.0 / 252, -1.0 / 240, 1.0 / 132, -691.0 / 32760, 1.0 / 12]
  var series = 0.0
  for term in terms.reversed() { series = (series + term) * w }
  return shift + Glibc.log(y) - 0.5 / y - series
}

/// A question about each element.
public enum ElementTest: String, CaseIterable {
  case isNaN = "is_nan"
  case isInfinite = "is_inf"
  case isFinite = "is_finite"

  package func holds<T: BinaryFloatingPoint>(_ x: T) -> Bool {
    switch self {
    case .isNaN: x.isNaN
    case .isInfinite: x.isInfinite
    case .isFinite: x.isFinite
    }
  }
}

extension Tensor {
  /// A bool tensor. Integers and booleans are finite.
  public func tested(_ test: ElementTest) throws -> Tensor {
    if let recording = Recording.current {
      return try recording.note(.test(test), [self]) { try tested(test) }
    }
    let dense = try densified()
    let result = try Tensor(uninitialized: shape, .bool)
    let out = result.pointer(Bool.self)
    func go<T: BinaryFloatingPoint & Element>(_ type: T.Type) throws {
      let x = dense.pointer(T.self)
      try Cancellation.inBlocks(elementCount) { for i in $0 { out[i] = test.holds(x[i]) } }
    }
    switch dtype {
    case .float32: try go(Float.self)
    case .float64: try go(Double.self)
    default: out.initialize(repeating: test == .isFinite, count: elementCount)
    }
    return result
  }
}

extension Tensor {
  /// Both true, for bool tensors of one shape.
  public func and(_ other: Tensor) throws -> Tensor {
    if let recording = Recording.current {
      return try recording.note(.and, [self, other]) { try and(other) }
    }
    let first = try densified()
    let second = try other.densified()
    let result = try Tensor(uninitialized: shape, .bool)
    let x = first.pointer(Bool.self)
    let y = second.pointer(Bool.self)
    let z = result.pointer(Bool.self)
    try Cancellation.inBlocks(elementCount) { for i in $0 { z[i] = x[i] && y[i] } }
    return result
  }

  /// e^x / Σ e^x over one axis, by the row kernel.
  public func softmaxed(axis: Int) throws -> Tensor {
    let real = try dtype.isFloatingPoint ? self : converted(to: .float32)
    if axis != rank - 1 {
      var order = Array(0..<rank)
      order.swapAt(axis, rank - 1)
      return try real.permuted(order).softmaxed(axis: rank - 1).permuted(order)
    }
    if let recording = Recording.current {
      return try recording.note(
        general: "softmax", [real], one: { try $0[0].softmaxed(axis: axis) })
    }
    let source = try real.densified()
    let result = try Tensor(uninitialized: shape, source.dtype)
    let length = shape[axis]
    if elementCount == 0 { return result }
    func go<T: Element>(
      _ type: T.Type, _ kernel: (UnsafePointer<T>, UnsafeMutablePointer<T>, Int, Int) -> Void
    ) throws {
      let x = source.pointer(T.self)
      let y = result.pointer(T.self)
      try WorkerPool.shared.run(
        count: elementCount / length, grain: max(1, parallelGrain / 4 / length)
      ) { rows in
        let start = rows.lowerBound * length
        kernel(x + start, y + start, rows.count, length)
      }
    }
    if source.dtype == .float32 {
      try go(Float.self) { kernels.softmax($0, $1, rows: $2, columns: $3) }
    } else {
      try go(Double.self) { kernels.softmax($0, $1, rows: $2, columns: $3) }
    }
    return result
  }
}
