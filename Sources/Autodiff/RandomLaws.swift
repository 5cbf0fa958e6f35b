import Catalog
import Runtime
import Tensors

// The laws of the module `random` as methods of a stream.

extension RandomModule {
  static let laws: [Entry] = [
    .method(
      RandomStream.self, "uniform", "Independent U(low, high) numbers.", .arg("shape", "lengths"),
      .option("low", default: 0.0, "lower end", in: .finite),
      .option("high", default: 1.0, "upper end", in: .finite), dtypeOption,
      details: "Between 0 and 1 both ends are excluded.",
      example: "return random.stream(1):uniform({2, 3}, {low = -1})"
    ) { (stream: RandomStream, shape: ShapeArgument, low: Double, high: Double, dtype: DType) in
      guard low <= high else {
        throw UserError(
          "high must be at least low, got \(formatNumber(high)) and "
            + formatNumber(low))
      }
      let largest =
        try floating(dtype) == .float32
        ? Double(Float.greatestFiniteMagnitude)
        : .greatestFiniteMagnitude
      for (name, end) in [("low", low), ("high", high)] where abs(end) > largest {
        throw UserError("\(name) must fit in \(dtype.rawValue), got \(formatNumber(end))")
      }
      let u = try stream.uniform(shape.shape(), dtype)
      if low == 0, high == 1 { return u }
      if high - low <= largest {
        return try u.combined(with: high - low, .multiply).combined(with: low, .add)
      }
      // The width overflows, half of it does not.
      return try u.combined(with: high / 2 - low / 2, .multiply).combined(with: low / 2, .add)
        .combined(with: 2, .multiply)
    },
    .method(
      RandomStream.self, "exponential", "Independent exponential numbers.",
      .arg("shape", "lengths"), .option("rate", default: .number(1), "positive", in: nil),
      dtypeOption, example: "return random.stream(1):exponential({3}, {rate = 2})"
    ) { (stream: RandomStream, shape: ShapeArgument, rate: Operand, dtype: DType) in
      let shape = try shape.shape()
      return try stream.exponential(
        shape, rate: positive(rate, "rate", shape), floating(dtype))
    },
    .method(
      RandomStream.self, "gamma", "Independent gamma numbers, density ∝ x^(a-1) e^(-rate x).",
      .arg("shape", "lengths"), .arg("a", "positive: a number, or a tensor that broadcasts"),
      .option("rate", default: .number(1), "positive", in: nil), dtypeOption,
      source: "Marsaglia & Tsang 2000", example: "return random.stream(1):gamma({3}, 2.5)"
    ) { (stream: RandomStream, shape: ShapeArgument, a: Operand, rate: Operand, dtype: DType) in
      let shape = try shape.shape()
      return try stream.gamma(
        shape, positive(a, "a", shape), rate: positive(rate, "rate", shape), floating(dtype))
    },
    .method(
      RandomStream.self, "beta", "Independent beta numbers, density ∝ x^(a-1) (1-x)^(b-1).",
      .arg("shape", "lengths"), .arg("a", "positive: a number, or a tensor that broadcasts"),
      .arg("b", "positive: a number, or a tensor that broadcasts"), dtypeOption,
      example: "return random.stream(1):beta(3, 1, 2)"
    ) { (stream: RandomStream, shape: ShapeArgument, a: Operand, b: Operand, dtype: DType) in
      let shape = try shape.shape()
      return try stream.beta(
        shape, positive(a, "a", shape), positive(b, "b", shape), floating(dtype))
    },
    .method(
      RandomStream.self, "student", "Independent Student-t numbers.", .arg("shape", "lengths"),
      .arg("degrees", "degrees of freedom, positive: a number, or a tensor that broadcasts"),
      dtypeOption, example: "return random.stream(1):student({3}, 4)"
    ) { (stream: RandomStream, shape: ShapeArgument, degrees: Operand, dtype: DType) in
      let shape = try shape.shape()
      return try stream.student(shape, positive(degrees, "degrees", shape), floating(dtype))
    },
    .method(
      RandomStream.self, "bernoulli", "Independent booleans, true with probability p.",
      .arg("shape", "lengths"), .arg("p", "from 0 to 1: a number, or a tensor that broadcasts"),
      returns: "bool tensor", example: "return random.stream(1):bernoulli({5}, 0.3)"
    ) { (stream: RandomStream, shape: ShapeArgument, p: Operand) in
      let shape = try shape.shape()
      return try stream.bernoulli(
        shape, parameter(p, "p", "numbers from 0 to 1", shape) { $0 >= 0 && $0 <= 1 })
    },
    .method(
      RandomStream.self, "poisson", "Independent Poisson numbers, P(k) = e^(-mean) mean^k / k!.",
      .arg("shape", "lengths"),
      .arg("mean", "from 0 to 1e15: a number, or a tensor that broadcasts"),
      returns: "int64 tensor", source: "Hörmann 1993, PTRS, for means of 10 and more",
      example: "return random.stream(1):poisson({5}, 3.5)"
    ) { (stream: RandomStream, shape: ShapeArgument, mean: Operand) in
      let shape = try shape.shape()
      let largest = RandomStream.largestPoissonMean
      return try stream.poisson(
        shape,
        parameter(mean, "mean", "from 0 to 1e15", shape) { $0 >= 0 && $0 <= largest })
    },
    .method(
      RandomStream.self, "multivariate_normal", "Rows of N(mean, covariance).",
      .arg("n", in: .nonNegative), .arg("mean", shape: "d"), .arg("covariance", shape: "d d"),
      dtypeOption, returns: "tensor of shape [n d]",
      details: "An error where the covariance is not positive definite.",
      example:
        "return random.stream(1):multivariate_normal(3, tensor{0, 1}, tensor{{2, 1}, {1, 2}})"
    ) { (stream: RandomStream, n: Count, mean: Tensor, covariance: Tensor, dtype: DType) in
      let factor = try covariance.constant("covariance").choleskyFactor("covariance")
      return try stream.normal(
        n.value, mean: mean.constant("mean"), factor: factor, floating(dtype))
    },
  ]

  static let choices: [Entry] = [
    .method(
      RandomStream.self, "choice", "n of the integers 1 … count.",
      .arg("n", in: .nonNegative), .arg("count", in: .positive),
      .option(
        "weights", default: nil, "[count]: how likely each is, 0 or more; all alike if absent"),
      .option("replace", default: true, "whether one may be drawn again"),
      returns: "int64 tensor of shape [n]",
      details:
        "Without replacement each draw has the weights of those that are left, and the first "
        + "draws do not depend on n.",
      source: "Efraimidis & Spirakis 2006",
      example:
        "return random.stream(1):choice(2, 4, {weights = tensor{1, 1, 2, 4}, replace = false})"
    ) { (stream: RandomStream, n: Count, count: Count, weights: Tensor?, replace: Bool) in
      let (n, count) = (n.value, count.value)
      let chances = try weights.map { try chosen(weights: $0, count: count) }
      let available = chances.map { $0.count { $0 > 0 } } ?? count
      guard replace || n <= available else {
        throw UserError("n must be at most \(available) without replacement, got \(n)")
      }
      // What was exchanged is kept in a dictionary.
      if !replace { try Memory.request(n, of: (Int, Int, Int, Int, Int, Int, Int, Int).self) }
      return try places(n) {
        switch (chances, replace) {
        case (nil, true): try stream.integers(n, 0...count - 1)
        case (nil, false): try stream.differentPlaces(n, of: count)
        case (let chances?, true): try stream.weightedPlaces(n, chances)
        case (let chances?, false): try stream.differentPlaces(n, chances)
        }
      }
    },
    .method(
      RandomStream.self, "categorical",
      "For each row of weights, one place, as likely as its weight.",
      .arg("weights", "[... k], 0 or more"), returns: "int64 tensor of shape [...], from 1 to k",
      example: "return random.stream(1):categorical(tensor{{1, 1}, {0, 3}})"
    ) { (stream: RandomStream, weights: Tensor) in
      guard weights.rank > 0, weights.shape[weights.rank - 1] > 0 else {
        throw UserError("weights must have a last axis of 1 or more, got shape \(weights.shape)")
      }
      let columns = weights.shape[weights.rank - 1]
      let shape = weights.shape.removing(axis: weights.rank - 1)
      let values = try weights.value.doubles()
      for row in 0..<shape.elementCount {
        try Cancellation.check()
        try check(weights: Array(values[row * columns..<(row + 1) * columns]))
      }
      let places = try stream.places(
        inRowsOf: values, rows: shape.elementCount, columns: columns)
      return try Tensor(places.polledMap { Int64($0 + 1) }, shape: shape)
    },
  ]

  private static func chosen(weights: Tensor, count: Int) throws -> [Double] {
    guard weights.rank == 1, weights.shape[0] == count else {
      throw UserError("weights must have shape [\(count)], got \(weights.shape)")
    }
    let values = try weights.value.doubles()
    try check(weights: values)
    return values
  }

  private static func check(weights: [Double]) throws {
    if let wrong = weights.first(where: { !($0 >= 0 && $0.isFinite) }) {
      throw UserError("weights must be finite and 0 or more, got \(formatNumber(wrong))")
    }
    guard weights.contains(where: { $0 > 0 }) else {
      throw UserError("weights must not all be 0")
    }
  }

  static let dtypeOption = Parameter<DType>.option(
    "dtype", default: .float32, "element type: float32 or float64")

  static func floating(_ dtype: DType) throws -> DType {
    guard dtype.isFloatingPoint else {
      throw UserError("dtype must be 'float32' or 'float64', got '\(dtype.rawValue)'")
    }
    return dtype
  }

  private static func positive(
    _ operand: Operand, _ name: String, _ shape: Shape
  ) throws -> LawParameter {
    try parameter(operand, name, "a positive number, or a tensor of them", shape) {
      $0 > 0 && $0.isFinite
    }
  }

  private static func parameter(
    _ operand: Operand, _ name: String, _ expectation: String, _ shape: Shape,
    _ condition: (Double) -> Bool
  ) throws -> LawParameter {
    switch operand {
    case .integer(let value):
      return try parameter(.number(Double(value)), name, expectation, shape, condition)
    case .number(let value):
      guard condition(value) else {
        throw UserError("\(name) must be \(expectation), got \(formatNumber(value))")
      }
      return .number(value)
    case .tensor(let x):
      guard (try? Shape.broadcast(x.shape, shape)) == shape else {
        throw UserError("\(name) of shape \(x.shape) does not broadcast to \(shape)")
      }
      let x = try x.constant(name)
      let values = try x.doubles()
      if let wrong = values.first(where: { !condition($0) }) {
        throw UserError("\(name) must be \(expectation), got \(formatNumber(wrong))")
      }
      return .elements(try x.broadcast(to: shape).doubles())
    }
  }
}
