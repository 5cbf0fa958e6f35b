import Autodiff
import Catalog
import Tensors

/// The law of r x_0 + s z, x_0 of a law whose noised marginals are known; with noise ρ, τ on top it is that of
/// ρ r x_0 + √(ρ² s² + τ²) z. Conforming types say what more is known.
protocol NoisedMarginal: Distribution {
  /// That of x_0.
  var source: any Distribution { get }
  var r: Double { get }
  var s: Double { get }
}

extension NoisedMarginal {
  var name: String { "noised_\(source.name)" }
  var shape: Shape { source.shape }
  var functions: [Callback] { source.functions }
  var hasNoised: Bool { true }

  func sample(_ count: Int, _ stream: RandomStream) throws -> Tensor {
    let x = try source.sample(count, stream)
    let noise = try stream.normal(x.shape, .float32)
    return try (x.converted(to: .float64) * r + noise * s).value.converted(to: .float32)
  }

  func logDensity(_ x: Tensor) throws -> Tensor {
    try source.noisedLogDensity(x, mean: forAllRows(r), std: forAllRows(s))
  }

  func score(_ x: Tensor) throws -> Tensor {
    try source.noisedScore(x, mean: forAllRows(r), std: forAllRows(s))
  }

  func noisedScore(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    try source.noisedScore(x, mean: r * self.r, std: total(r, s))
  }

  func noisedLogDensity(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    try source.noisedLogDensity(x, mean: r * self.r, std: total(r, s))
  }

  /// With v = ρ² s² + τ²: E[x_t | x] = r E[x_0 | x] + (ρ s²/v)(x − ρ r E[x_0 | x]).
  func posteriorMean(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    let mean = try source.posteriorMean(x, mean: r * self.r, std: total(r, s))
    let axes = [r.shape[0]] + Array(repeating: 1, count: shape.rank)
    // Where there is no noise at all, the difference vanishes.
    let noise = try maximum(square(total(r, s)), Tensor.scalar(.leastNormalMagnitude, .float64))
    let share = try reshape(r * (self.s * self.s) / noise, to: axes)
    let factor = try reshape(r * self.r, to: axes)
    return try convert(
      mean * self.r + share * (convert(x, to: .float64) - factor * mean), to: x.dtype)
  }

  private func total(_ r: Tensor, _ s: Tensor) throws -> Tensor {
    try sqrt(square(r * self.s) + square(s))
  }

  /// r and s of the law with noise on top.
  func added(mean r: Double, std s: Double) -> (r: Double, s: Double) {
    (r * self.r, (r * r * self.s * self.s + s * s).squareRoot())
  }
}

/// A noised marginal of which nothing more is known.
struct NoisedLaw: NoisedMarginal {
  let base: any Distribution
  let r: Double
  let s: Double

  var source: any Distribution { base }
  var summary: String { base.summary }
  var hasLogDensity: Bool { s > 0 }
  var hasScore: Bool { s > 0 }

  func noised(mean r: Double, std s: Double) throws -> any Distribution {
    let (r, s) = added(mean: r, std: s)
    return NoisedLaw(base: base, r: r, s: s)
  }

  func reach() throws -> ClosedRange<Double> {
    let reach = try base.reach()
    let ends = [reach.lowerBound * r, reach.upperBound * r].sorted()
    return ends[0] - 6 * s...ends[1] + 6 * s
  }
}
