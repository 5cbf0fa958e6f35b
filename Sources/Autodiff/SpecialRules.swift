import Catalog
import Tensors

// More of the elementwise family: error and gamma functions, angles, rounding, activations.

extension UnaryRule {
  static let erf: UnaryRule = .init("erf", .erf, "the error function") { x, _ in try gaussian(x) }
  static let erfc: UnaryRule = .init("erfc", .erfc, "1 − erf(x), exact for large x") { x, _ in
    try -gaussian(x)
  }
  static let lgamma: UnaryRule = .init("lgamma", .lgamma, "ln |Γ(x)|") { x, _ in try digamma(x) }
  /// ψ′ is not in libm; it is summed where a second derivative of lgamma asks for it.
  static let digamma: UnaryRule = .init("digamma", .digamma, "d/dx ln Γ(x)") { x, _ in
    try trigamma(x)
  }
  static let tan: UnaryRule = .init("tan", .tan, "tangent of radians") { _, y in
    try Autodiff.square(y) + 1
  }
  static let asin: UnaryRule = .init("asin", .asin, "the angle whose sine is x") { x, _ in
    try reciprocal(Autodiff.sqrt(1 - Autodiff.square(x)))
  }
  static let acos: UnaryRule = .init("acos", .acos, "the angle whose cosine is x") { x, _ in
    try -reciprocal(Autodiff.sqrt(1 - Autodiff.square(x)))
  }
  static let atan: UnaryRule = .init("atan", .atan, "the angle whose tangent is x") { x, _ in
    try reciprocal(Autodiff.square(x) + 1)
  }
  static let sinh: UnaryRule = .init("sinh", .sinh, "hyperbolic sine") { x, _ in try cosh(x) }
  static let cosh: UnaryRule = .init("cosh", .cosh, "hyperbolic cosine") { x, _ in try sinh(x) }
  static let gelu: UnaryRule = .init("gelu", .gelu, "x Φ(x), Φ the normal distribution function") {
    x, _ in
    let normal = try erfc(x * -(0.5).squareRoot()) * 0.5
    // Beyond 60 the second term is 0, also where x is infinite.
    let near = try clamp(x, -60, 60)
    return try normal + near * gaussian(near * (0.5).squareRoot()) * (0.125).squareRoot()
  }
  static let softplus: UnaryRule = .init("softplus", .softplus, "ln(1 + e^x)") { x, _ in
    try Autodiff.sigmoid(x)
  }
  static let floor: UnaryRule = .init("floor", .floor, "the integer below; slope 0", flat)
  static let ceil: UnaryRule = .init("ceil", .ceil, "the integer above; slope 0", flat)
  static let round: UnaryRule = .init(
    "round", .round, "the nearest integer, even on a tie; slope 0", flat)
  static let sign: UnaryRule = .init("sign", .sign, "−1, 0 or 1; slope 0", flat)

  public static let special: [UnaryRule] = [
    .erf, .erfc, .lgamma, .digamma, .tan, .asin, .acos, .atan, .sinh, .cosh, .gelu, .softplus,
    .floor, .ceil, .round, .sign,
  ]

  private static func flat(_ x: Tensor, _ y: Tensor) throws -> Tensor {
    try Tensor.zeros(x.shape, x.dtype)
  }

  /// d erf/dx = 2/√π e^−x², 0 with all its slopes beyond 40, where squares might overflow.
  private static func gaussian(_ x: Tensor) throws -> Tensor {
    try Autodiff.exp(-Autodiff.square(clamp(x, -40, 40))) * (2 / Double.pi.squareRoot())
  }

  /// ψ′(x) for x > 0: ψ′(x) = Σ_{k<10} 1/(x + k)² + the series at x + 10 (Abramowitz & Stegun 1964,
  /// 6.4.6 and 6.4.12); the reflection 6.4.7 below 0.
  private static func trigamma(_ x: Tensor) throws -> Tensor {
    let negative = try x.value.compared(with: .scalar(0, .float64), .less)
    let up = try choose(negative, 1 - x, x)
    var total = try Autodiff.square(reciprocal(up))
    for k in 1..<10 { total = try total + Autodiff.square(reciprocal(up + Double(k))) }
    let w = try reciprocal(up + 10)
    let w2 = try Autodiff.square(w)
    let series = try 1.0 / 6 + w2 * (w2 * (1.0 / 42 + w2 * (w2 * (5.0 / 66) - 1.0 / 30)) - 1.0 / 30)
    total = try total + w + w2 * 0.5 + w2 * w * series
    let reflected = try Autodiff.square(reciprocal(Autodiff.sin(x * .pi))) * (Double.pi * .pi)
    return try choose(negative, reflected - total, total)
  }
}

extension BinaryRule {
  static let atan2 = BinaryRule("atan2", .atan2, "the angle of the point (b, a)") { a, b, _, g in
    try g * turn(a, b).second
  } second: { a, b, _, g in
    try -(g * turn(a, b).first)
  }
  /// a/(a² + b²) and b/(a² + b²), scaled so that no square overflows or vanishes.
  private static func turn(_ a: Tensor, _ b: Tensor) throws -> (first: Tensor, second: Tensor) {
    let size = try maximum(UnaryRule.absolute(a.value), UnaryRule.absolute(b.value))
    let (x, y) = (try a / size, try b / size)
    let square = try (Autodiff.square(x) + Autodiff.square(y)) * size
    return (try x / square, try y / square)
  }
  static let modulo = BinaryRule("mod", .modulo, "a − b ⌊a/b⌋, with the sign of b") { _, _, _, g in
    g
  } second: { a, b, _, g in
    try -(g * UnaryRule.floor(a / b))
  }
  static let floorDivide = BinaryRule(
    "floor_divide", .floorDivide, "⌊a/b⌋, the integer below; slope 0"
  ) { _, _, _, g in
    try g * 0
  } second: { _, _, _, g in
    try g * 0
  }
  static let logAddExp = BinaryRule(
    "logaddexp", .logAddExp, "ln(e^a + e^b) without overflow"
  ) { a, b, _, g in
    try g * Autodiff.sigmoid(gap(a, b))
  } second: { a, b, _, g in
    try g * Autodiff.sigmoid(gap(b, a))
  }
  /// a − b, and 0 where both are the same infinity.
  private static func gap(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    try choose(a.value.compared(with: b.value, .equal), .scalar(0, a.dtype), a - b)
  }

  public static let special: [BinaryRule] = [.atan2, .modulo, .floorDivide, .logAddExp]
}

/// x held between two bounds; slope 0 outside.
public func clamp(_ x: Tensor, _ low: Double, _ high: Double) throws -> Tensor {
  try record(
    "clamp", [x],
    forward: {
      var y = $0[0]
      if low > -.infinity { y = try y.combined(with: low, .maximum) }
      if high < .infinity { y = try y.combined(with: high, .minimum) }
      return y
    },
    pullbacks: [
      { inputs, _, g in
        let x = inputs[0].value
        let inside = try x.compared(with: .scalar(low, x.dtype), .greaterEqual)
          .and(x.compared(with: .scalar(high, x.dtype), .lessEqual))
        return try choose(inside, g, .scalar(0, g.dtype))
      }
    ])
}

/// e^x / Σ e^x over an axis.
public func softmax(_ x: Tensor, axis: Int) throws -> Tensor {
  try record(
    "softmax", [x], forward: { try $0[0].softmaxed(axis: axis) },
    pullbacks: [
      { _, y, g in try y * (g - sum(g * y, axis: axis, keepingAxis: true)) }
    ])
}
