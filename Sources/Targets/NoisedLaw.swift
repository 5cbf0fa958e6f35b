import Autodiff
import Catalog
import Tensors

/// The law of r x_0 + s z, x_0 of a law whose noised marginals are known; with noise ρ, τ on top it is that of
/// ρ r x_0 + √(ρ² s² + τ²) z.
struct NoisedLaw: Distribution {
  let base: any Distribution
  let r: Double
  let s: Double

  var name: String { "noised_\(base.name)" }
  var summary: String { base.summary }
  var shape: Shape { base.shape }
  var functions: [Callback] { base.functions }
  var hasLogDensity: Bool { s > 0 }
  var hasScore: Bool { s > 0 }
  var hasNoised: Bool { true }

  func sample(_ count: Int, _ stream: RandomStream) throws -> Tensor {
    let x = try base.sample(count, stream)
    let noise = try stream.normal(x.shape, .float32)
    return try (x.converted(to: .float64) * r + noise * s).value.converted(to: .float32)
  }

  func logDensity(_ x: Tensor) throws -> Tensor {
    try base.noisedLogDensity(x, mean: forAllRows(r), std: forAllRows(s))
  }

  func score(_ x: Tensor) throws -> Tensor {
    try base.noisedScore(x, mean: forAllRows(r), std: forAllRows(s))
  }

  func noised(mean r: Double, std s: Double) throws -> any Distribution {
    NoisedLaw(base: base, r: r * self.r, s: (r * r * self.s * self.s + s * s).squareRoot())
  }

  func noisedScore(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    try base.noisedScore(x, mean: r * self.r, std: total(r, s))
  }

  func noisedLogDensity(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    try base.noisedLogDensity(x, mean: r * self.r, std: total(r, s))
  }

  /// With v = ρ² s² + τ²: E[x_t | x] = r E[x_0 | x] + (ρ s²/v)(x − ρ r E[x_0 | x]).
  func posteriorMean(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    let mean = try base.posteriorMean(x, mean: r * self.r, std: total(r, s))
    let share = try r * (self.s * self.s) / square(total(r, s))
    let axes = [r.shape[0]] + Array(repeating: 1, count: shape.rank)
    let (outer, inner) = (try reshape(share, to: axes), try reshape(r * self.r, to: axes))
    return try convert(
      mean * self.r + outer * (convert(x, to: .float64) - inner * mean), to: x.dtype)
  }

  private func total(_ r: Tensor, _ s: Tensor) throws -> Tensor {
    try sqrt(square(r * self.s) + square(s))
  }

  func reach() throws -> ClosedRange<Double> {
    let reach = try base.reach()
    let ends = [reach.lowerBound * r, reach.upperBound * r].sorted()
    return ends[0] - 6 * s...ends[1] + 6 * s
  }
}
