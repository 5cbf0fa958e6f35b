import Autodiff
import Catalog
import Glibc
import Runtime
import Tensors

/// Independent fair coordinates ±1: all 2^d corners of a cube.
///
/// Under x = r x_0 + s z each coordinate is for itself: E[x_0 | x] = tanh(r x/s²),
///   ∇ ln p(x) = (r tanh(r x/s²) − x)/s²,
///   ln p(x) = Σ_j [−(|x_j| − r)²/2s² + ln ½(1 + e^(−2 r |x_j|/s²)) − ½ ln 2π s²].
/// The support is exponential: what a set of n = e^(α d) samples covers is a share e^((α − ln 2) d).
struct Binary: Distribution, Support {
  static let entry = Entry.function(
    "binary", "Independent coordinates that are −1 or 1, each as likely.",
    .group(PointOptions.self), returns: "a target",
    details: """
      Its support is 2^d points. Score, posterior mean and density under noise are exact, a hyperbolic tangent for \
      each coordinate. target.product makes laws of other coordinates.
      """,
    source: "Biroli et al. 2024, Eq. 5",
    example: "return target.binary{dimension = 16}:sample(3, {seed = 1})"
  ) { (point: OptionsOf<PointOptions>) in Target(Binary(shape: try point.values.pointShape())) }

  let shape: Shape

  let name = "binary"
  var summary: String { sizeText }
  var hasLogDensity: Bool { false }
  var hasScore: Bool { false }
  var hasNoised: Bool { true }

  func sample(_ count: Int, _ stream: RandomStream) throws -> Tensor {
    let draws = try stream.uniform(Shape(checking: [count, dimension]), .float32)
    let x = draws.pointer(Float.self)
    try Cancellation.inBlocks(draws.elementCount, of: 1 << 16) { block in
      for i in block { x[i] = x[i] < 0.5 ? -1 : 1 }
    }
    return try points(ofRows: draws)
  }

  func logDensity(_ x: Tensor) throws -> Tensor { throw missingWithoutNoise("density") }
  func score(_ x: Tensor) throws -> Tensor { throw missingWithoutNoise("score") }

  func noised(mean r: Double, std s: Double) throws -> any Distribution {
    NoisedLaw(base: self, r: r, s: s)
  }

  func noisedScore(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    try requireNoise(s, "score")
    return try inDoubles(x) { x in
      let variance = try square(s)
      return try (r * tanh(x * (r / variance)) - x) / variance
    }
  }

  func posteriorMean(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    try requireNoise(s, "posterior mean")
    return try inDoubles(x) { try tanh($0 * (r / square(s))) }
  }

  func noisedLogDensity(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    try requireNoise(s, "density")
    let rows = try convert(flattenedPoints(x), to: .float64)
    let (size, variance) = (try maximum(rows, -rows), try square(s))
    let mean = try maximum(r, -r)
    let terms =
      try log(exp(size * (mean / variance) * -2) + 1) - square(size - mean) / (variance * 2)
    let constant = try log(variance * (8 * Double.pi)) * (Double(dimension) / 2)
    return try convert(
      select(sum(terms, axis: 1, keepingAxis: true) - constant, axis: 1, 0), to: x.dtype)
  }

  func reach() throws -> ClosedRange<Double> { -1...1 }
}

extension Binary {
  package var supportSize: Double { exp2(Double(dimension)) }
  package var supportBits: Double { Double(dimension) }
  package var isUniform: Bool { true }

  /// The signs; 1 at 0.
  package func nearest(_ rows: Tensor) throws -> NearestOfSupport {
    let d = dimension
    let points = try Tensor(uninitialized: rows.shape, .float64)
    let (x, out) = (rows.pointer(Double.self), points.pointer(Double.self))
    let keys: [SupportKey?] = try (0..<rows.shape[0]).polledMap { row in
      var key = SupportKey(repeating: 0, count: (d + 63) / 64)
      for j in 0..<d {
        let value = x[row * d + j]
        guard value.isFinite else {
          for i in 0..<d { out[row * d + i] = .nan }
          return nil
        }
        out[row * d + j] = value < 0 ? -1 : 1
        if value >= 0 { key[j / 64] |= 1 << UInt64(j % 64) }
      }
      return key
    }
    return NearestOfSupport(points: points, keys: keys)
  }

  /// In the order of binary numbers, the last coordinate changing fastest.
  package func enumerated() throws -> Tensor {
    let (d, count) = (dimension, 1 << dimension)
    let result = try Tensor(uninitialized: Shape(checking: [count, d]))
    let out = result.pointer(Float.self)
    for row in 0..<count {
      for j in 0..<d { out[row * d + j] = row >> (d - 1 - j) & 1 == 1 ? 1 : -1 }
    }
    return result
  }
}
