import Catalog
import Tensors

// The elementwise family: a rule a line, forward and derivative side by side.

/// y = f(x) and dy/dx in terms of x and y.
public final class UnaryRule {
  public let kernel: UnaryKernel
  let name: StaticString
  let summary: String
  let pullbacks: [Pullback]

  init(
    _ name: StaticString, _ kernel: UnaryKernel, _ summary: String,
    _ derivative: @escaping (_ x: Tensor, _ y: Tensor) throws -> Tensor
  ) {
    self.name = name
    self.kernel = kernel
    self.summary = summary
    pullbacks = [{ inputs, y, cotangent in try cotangent * derivative(inputs[0], y) }]
  }

  public func callAsFunction(_ x: Tensor) throws -> Tensor {
    if x.trace == nil { return try x.applying(kernel) }
    return try record(name, [x], forward: { try $0[0].applying(kernel) }, pullbacks: pullbacks)
  }
}

extension UnaryRule {
  static let negative = UnaryRule("negative", .negative, "−x") { x, _ in
    try Tensor.full(x.shape, -1, x.dtype)
  }
  static let absolute = UnaryRule("abs", .absolute, "|x|; slope 0 at 0") { x, _ in try sign(x) }
  static let exp = UnaryRule("exp", .exp, "e^x") { _, y in y }
  static let expm1 = UnaryRule("expm1", .expm1, "e^x − 1, exact near 0") { _, y in try y + 1 }
  static let log = UnaryRule("log", .log, "natural logarithm") { x, _ in try reciprocal(x) }
  static let log1p = UnaryRule("log1p", .log1p, "ln(1 + x), exact near 0") { x, _ in
    try reciprocal(x + 1)
  }
  static let sqrt = UnaryRule("sqrt", .sqrt, "square root") { _, y in try reciprocal(y) * 0.5 }
  static let square = UnaryRule("square", .square, "x²") { x, _ in try x * 2 }
  static let reciprocal = UnaryRule("reciprocal", .reciprocal, "1/x") { _, y in
    try -Autodiff.square(y)
  }
  static let sin = UnaryRule("sin", .sin, "sine of radians") { x, _ in try Autodiff.cos(x) }
  static let cos = UnaryRule("cos", .cos, "cosine of radians") { x, _ in try -Autodiff.sin(x) }
  static let tanh = UnaryRule("tanh", .tanh, "hyperbolic tangent") { _, y in
    try 1 - Autodiff.square(y)
  }
  static let sigmoid = UnaryRule("sigmoid", .sigmoid, "1/(1 + e^−x)") { _, y in try y * (1 - y) }
  static let silu = UnaryRule("silu", .silu, "x·sigmoid(x), also called swish") { x, y in
    let s = try Autodiff.sigmoid(x)
    return try s + y * (1 - s)
  }
  static let relu = UnaryRule("relu", .relu, "max(x, 0); slope 0 at 0") { x, _ in
    try x.value.compared(with: .scalar(0, .float64), .greater).converted(to: x.dtype)
  }

  public static let all: [UnaryRule] = [
    .negative, .absolute, .exp, .expm1, .log, .log1p, .sqrt, .square, .reciprocal, .sin, .cos,
    .tanh, .sigmoid, .silu, .relu,
  ]
}

public func exp(_ x: Tensor) throws -> Tensor { try UnaryRule.exp(x) }
public func expm1(_ x: Tensor) throws -> Tensor { try UnaryRule.expm1(x) }
public func log(_ x: Tensor) throws -> Tensor { try UnaryRule.log(x) }
public func sqrt(_ x: Tensor) throws -> Tensor { try UnaryRule.sqrt(x) }
public func square(_ x: Tensor) throws -> Tensor { try UnaryRule.square(x) }
public func reciprocal(_ x: Tensor) throws -> Tensor { try UnaryRule.reciprocal(x) }
public func sin(_ x: Tensor) throws -> Tensor { try UnaryRule.sin(x) }
public func cos(_ x: Tensor) throws -> Tensor { try UnaryRule.cos(x) }
public func tanh(_ x: Tensor) throws -> Tensor { try UnaryRule.tanh(x) }
public func sigmoid(_ x: Tensor) throws -> Tensor { try UnaryRule.sigmoid(x) }
public func silu(_ x: Tensor) throws -> Tensor { try UnaryRule.silu(x) }
public func relu(_ x: Tensor) throws -> Tensor { try UnaryRule.relu(x) }

/// −1, 0 or 1; no gradient.
public func sign(_ x: Tensor) throws -> Tensor {
  let zero = try Tensor.scalar(0, .float64)
  let up = try x.value.compared(with: zero, .greater).converted(to: x.dtype)
  let down = try x.value.compared(with: zero, .less).converted(to: x.dtype)
  return try up.combined(with: down, .subtract)
}

/// z = a ∘ b and the two partial derivatives in terms of a, b and z.
public final class BinaryRule {
  public let kernel: BinaryKernel
  let name: StaticString
  let summary: String
  let pullbacks: [Pullback]
  /// What `a ∘ c` and `c ∘ a` with a number need, where that is less than with a tensor.
  private let withNumber: NumberFlow?
  private let ofNumber: NumberFlow?

  /// The cotangent of a in terms of a, the number, z and the cotangent of z.
  typealias NumberFlow = (_ a: Tensor, _ c: Double, _ z: Tensor, _ cotangent: Tensor) throws ->
    Tensor

  init(
    _ name: StaticString, _ kernel: BinaryKernel, _ summary: String,
    withNumber: NumberFlow? = nil, ofNumber: NumberFlow? = nil,
    first: @escaping (_ a: Tensor, _ b: Tensor, _ z: Tensor, _ cotangent: Tensor) throws -> Tensor,
    second: @escaping (_ a: Tensor, _ b: Tensor, _ z: Tensor, _ cotangent: Tensor) throws -> Tensor
  ) {
    self.name = name
    self.kernel = kernel
    self.summary = summary
    self.withNumber = withNumber
    self.ofNumber = ofNumber
    pullbacks = [
      { inputs, z, cotangent in
        try sum(first(inputs[0], inputs[1], z, cotangent), to: inputs[0].shape)
      },
      { inputs, z, cotangent in
        try sum(second(inputs[0], inputs[1], z, cotangent), to: inputs[1].shape)
      },
    ]
  }

  public func callAsFunction(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    if a.trace == nil, b.trace == nil { return try a.combined(with: b, kernel) }
    return try record(
      name, [a, b], forward: { try $0[0].combined(with: $0[1], kernel) }, pullbacks: pullbacks)
  }

  public func callAsFunction(_ a: Tensor, _ number: Double) throws -> Tensor {
    if a.trace == nil { return try a.combined(with: number, kernel) }
    guard let flow = withNumber else { return try self(a, constant(number, like: a)) }
    return try record(
      name, [a], forward: { try $0[0].combined(with: number, kernel) },
      pullbacks: [{ inputs, z, cotangent in try flow(inputs[0], number, z, cotangent) }])
  }

  public func callAsFunction(_ number: Double, _ a: Tensor) throws -> Tensor {
    if a.trace == nil { return try a.combined(with: number, kernel, numberFirst: true) }
    guard let flow = ofNumber else { return try self(constant(number, like: a), a) }
    return try record(
      name, [a], forward: { try $0[0].combined(with: number, kernel, numberFirst: true) },
      pullbacks: [{ inputs, z, cotangent in try flow(inputs[0], number, z, cotangent) }])
  }

  private func constant(_ number: Double, like a: Tensor) throws -> Tensor {
    try Tensor.scalar(number, a.dtype.isFloatingPoint ? a.dtype : .float32)
  }
}

extension BinaryRule {
  static let add = BinaryRule(
    "add", .add, "a + b", withNumber: { _, _, _, g in g }, ofNumber: { _, _, _, g in g }
  ) { _, _, _, g in
    g
  } second: { _, _, _, g in
    g
  }
  static let subtract = BinaryRule(
    "subtract", .subtract, "a − b", withNumber: { _, _, _, g in g },
    ofNumber: { _, _, _, g in try -g }
  ) { _, _, _, g in
    g
  } second: { _, _, _, g in
    try -g
  }
  static let multiply = BinaryRule(
    "multiply", .multiply, "a b, element by element", withNumber: { _, c, _, g in try g * c },
    ofNumber: { _, c, _, g in try g * c }
  ) { _, b, _, g in
    try g * b
  } second: { a, _, _, g in
    try g * a
  }
  static let divide = BinaryRule(
    "divide", .divide, "a / b", withNumber: { _, c, _, g in try g / c },
    ofNumber: { a, _, z, g in try -(g * z / a) }
  ) { _, b, _, g in
    try g / b
  } second: { _, b, z, g in
    try -(g * z / b)
  }
  static let power = BinaryRule(
    "power", .power, "a to the power b",
    withNumber: { a, c, _, g in
      // The slope of a⁰ is 0 at a = 0 too, where 0 · a⁻¹ is not.
      if c == 0 { return try g * 0 }
      return try g * c * (c == 2 ? a : Autodiff.power(a, c - 1))
    }
  ) { a, b, _, g in
    if try !a.value.mayHoldZero() { return try g * b * Autodiff.power(a, b - 1) }
    // The slope of a⁰ is 0 at a = 0 too, where 0 · a⁻¹ is not.
    let none = try both(a, .equal, b, .equal)
    return try g * b * Autodiff.power(a, choose(none, .scalar(1, b.dtype), b) - 1)
  } second: { a, b, z, g in
    if try !a.value.mayHoldZero() { return try g * z * Autodiff.log(a) }
    // That of 0ᵇ is 0 for b of 0 and more, as xᵇ ln x tends to 0 for b > 0.
    let none = try both(a, .equal, b, .greaterEqual)
    return try g * z * Autodiff.log(choose(none, .scalar(1, a.dtype), a))
  }
  static let maximum = BinaryRule("maximum", .maximum, "the larger; ties share the gradient") {
    a, b, _, g in
    try g * share(a, b, .greater)
  } second: { a, b, _, g in
    try g * share(b, a, .greater)
  }
  static let minimum = BinaryRule("minimum", .minimum, "the smaller; ties share the gradient") {
    a, b, _, g in
    try g * share(a, b, .less)
  } second: { a, b, _, g in
    try g * share(b, a, .less)
  }

  public static let all: [BinaryRule] = [
    .add, .subtract, .multiply, .divide, .power, .maximum, .minimum,
  ]
}

/// Where two conditions against 0 hold at once.
private func both(_ a: Tensor, _ first: Comparison, _ b: Tensor, _ second: Comparison) throws
  -> Tensor
{
  let shape = try Shape.broadcast(a.shape, b.shape)
  func mask(_ x: Tensor, _ comparison: Comparison) throws -> Tensor {
    try x.value.compared(with: .scalar(0, x.dtype), comparison).broadcast(to: shape)
  }
  return try mask(a, first).and(mask(b, second))
}

/// 1 where `a` wins, ½ on a tie, 0 elsewhere.
private func share(_ a: Tensor, _ b: Tensor, _ wins: Comparison) throws -> Tensor {
  let x = a.value
  let y = b.value
  let ahead = try x.compared(with: y, wins).converted(to: a.dtype)
  let tied = try x.compared(with: y, .equal).converted(to: a.dtype)
  return try ahead.combined(with: tied.combined(with: 0.5, .multiply), .add)
}

public func + (a: Tensor, b: Tensor) throws -> Tensor { try BinaryRule.add(a, b) }
public func - (a: Tensor, b: Tensor) throws -> Tensor { try BinaryRule.subtract(a, b) }
public func * (a: Tensor, b: Tensor) throws -> Tensor { try BinaryRule.multiply(a, b) }
public func / (a: Tensor, b: Tensor) throws -> Tensor { try BinaryRule.divide(a, b) }
public func + (a: Tensor, b: Double) throws -> Tensor { try BinaryRule.add(a, b) }
public func - (a: Tensor, b: Double) throws -> Tensor { try BinaryRule.subtract(a, b) }
public func * (a: Tensor, b: Double) throws -> Tensor { try BinaryRule.multiply(a, b) }
public func / (a: Tensor, b: Double) throws -> Tensor { try BinaryRule.divide(a, b) }
public func + (a: Double, b: Tensor) throws -> Tensor { try BinaryRule.add(a, b) }
public func - (a: Double, b: Tensor) throws -> Tensor { try BinaryRule.subtract(a, b) }
public func * (a: Double, b: Tensor) throws -> Tensor { try BinaryRule.multiply(a, b) }
public func / (a: Double, b: Tensor) throws -> Tensor { try BinaryRule.divide(a, b) }
public prefix func - (x: Tensor) throws -> Tensor { try UnaryRule.negative(x) }
public func power(_ a: Tensor, _ b: Tensor) throws -> Tensor { try BinaryRule.power(a, b) }
public func power(_ a: Tensor, _ b: Double) throws -> Tensor { try BinaryRule.power(a, b) }
public func maximum(_ a: Tensor, _ b: Tensor) throws -> Tensor { try BinaryRule.maximum(a, b) }
public func minimum(_ a: Tensor, _ b: Tensor) throws -> Tensor { try BinaryRule.minimum(a, b) }
