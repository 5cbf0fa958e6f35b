import Autodiff
import Catalog
import Glibc
import Runtime
import Tensors

/// One white dot on a dark picture: x_0 = A e_j, j uniform over the d pixels.
///
/// Under x = r x_0 + s z the weights of the dots need x alone, for all have one length: with w = softmax(r A x/s²),
///   E[x_0 | x] = A w,  ∇ ln p(x) = (r A w − x)/s²,
///   ln p(x) = −(‖x‖² + r² A²)/2s² + logsumexp_j(r A x_j/s²) − ln d − (d/2) ln 2π s².
/// Cost: d. The support is polynomial: d pictures of d pixels.
struct Dots: Distribution, Support {
  static let entry = Entry.function(
    "dots", "Pictures of white dots on black, one or several, at any pixels.",
    .option("size", "of the picture: {h, w}, or one number for both", in: .pictureSize),
    .option("amplitude", default: 1, "of the dots", in: .positive),
    .option("count", default: 1 as Count, "k: how many dots", in: .positive),
    returns: "a target with pictures for points",
    details: """
      With one dot its support is h·w pictures: as many as there are pixels. Score, posterior mean and density under \
      noise are a softmax over the pixels, at a cost of h·w each. The posterior settles on one dot of n where σ falls \
      below A/√(2 ln n). With k dots, at different pixels, it is C(h·w, k) pictures, and a recursion over the pixels \
      costs k·h·w; it passes no gradient.
      """,
    source: "Biroli et al. 2024, Eq. 5",
    example: "return target.dots{size = 8}:sample(5, {seed = 1})"
  ) { (size: OneOf<Count, [Count]>, amplitude: Double, count: Count) in
    let shape = try pictureShape(size)
    if count == 1 { return Target(Dots(shape: shape, amplitude: amplitude)) }
    guard count.value <= shape.elementCount else {
      throw UserError("count must be at most h·w = \(shape.elementCount), got \(count)")
    }
    return Target(ManyDots(shape: shape, count: count.value, amplitude: amplitude))
  }

  let shape: Shape
  let amplitude: Double

  let name = "dots"
  var summary: String { "\(sizeText), amplitude \(shortNumber(amplitude))" }
  var hasLogDensity: Bool { false }
  var hasScore: Bool { false }
  var hasNoised: Bool { true }

  func sample(_ count: Int, _ stream: RandomStream) throws -> Tensor {
    let result = try Tensor.zeros(Shape(checking: [count, dimension]))
    let out = result.pointer(Float.self)
    for (row, place) in try stream.integers(count, 0...dimension - 1).enumerated() {
      out[row * dimension + place] = Float(amplitude)
    }
    return try points(ofRows: result)
  }

  func logDensity(_ x: Tensor) throws -> Tensor { throw missingWithoutNoise("density") }
  func score(_ x: Tensor) throws -> Tensor { throw missingWithoutNoise("score") }

  func noised(mean r: Double, std s: Double) throws -> any Distribution {
    NoisedLaw(base: self, r: r, s: s)
  }

  func noisedScore(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    try requireNoise(s, "score")
    return try inDoubles(x) { x in
      try (weights(x, r, s) * (r * amplitude) - x) / square(s)
    }
  }

  func posteriorMean(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    try requireNoise(s, "posterior mean")
    return try inDoubles(x) { try weights($0, r, s) * amplitude }
  }

  private func weights(_ x: Tensor, _ r: Tensor, _ s: Tensor) throws -> Tensor {
    try softmax(x * (r * amplitude / square(s)), axis: 1)
  }

  func noisedLogDensity(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    try requireNoise(s, "density")
    let rows = try convert(flattenedPoints(x), to: .float64)
    let variance = try square(s)
    let squares = try sum(square(rows), axis: 1, keepingAxis: true) + square(r * amplitude)
    let all = try logSumExp(rows * (r * amplitude / variance), axis: 1, keepingAxis: true)
    let d = Double(dimension)
    let constant = try log(variance * (2 * Double.pi)) * (d / 2) + log(d)
    return try convert(select(all - squares / (variance * 2) - constant, axis: 1, 0), to: x.dtype)
  }

  func reach() throws -> ClosedRange<Double> { 0...amplitude }
}

extension Dots {
  package var supportSize: Double { Double(dimension) }
  package var supportBits: Double { log2(Double(dimension)) }
  package var isUniform: Bool { true }

  /// The dot at the largest number.
  package func nearest(_ rows: Tensor) throws -> NearestOfSupport {
    let d = dimension
    let points = try Tensor.zeros(rows.shape, .float64)
    let (x, out) = (rows.pointer(Double.self), points.pointer(Double.self))
    let keys: [SupportKey?] = try (0..<rows.shape[0]).polledMap { row in
      let own = row * d..<(row + 1) * d
      guard own.allSatisfy({ x[$0].isFinite }) else {
        for place in own { out[place] = .nan }
        return nil
      }
      let place = own.reduce(own.lowerBound) { x[$1] > x[$0] ? $1 : $0 }
      out[place] = amplitude
      return [UInt64(place - own.lowerBound)]
    }
    return NearestOfSupport(points: points, keys: keys)
  }

  package func enumerated() throws -> Tensor {
    let result = try Tensor.zeros(Shape(checking: [dimension, dimension]))
    for j in 0..<dimension { result.pointer(Float.self)[j * (dimension + 1)] = Float(amplitude) }
    return result
  }
}
