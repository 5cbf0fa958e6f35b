import Autodiff
import Catalog
import Processes
import Tensors

/// What can be known of x_0 and z at x_t = α x_0 + σ z. Each is c_0 x_0 + c_z z on average, and so follows
/// from each other, x and the time.
///
/// | name | quantity | source |
/// |---|---|---|
/// | score | ∇ log p_t(x) = −E[z]/σ | Song et al. 2021 |
/// | noise | E[z] | Ho et al. 2020 |
/// | clean | E[x_0], the denoised sample | Karras et al. 2022 |
/// | velocity | α′ E[x_0] + σ′ E[z] = f x − ½ g² s, the flow field | Lipman et al. 2023 |
/// | v | α E[z] − σ E[x_0] | Salimans and Ho 2022 |
package enum Quantity: String, CaseIterable {
  case score, noise, clean, velocity, v

  /// (c_0, c_z).
  func parts<T: TimeNumber>(_ m: MomentsAtTime<T>) throws(T.Failure) -> (T, T) {
    let zero = try m.alpha * 0
    switch self {
    case .score: return (zero, try -1 / m.sigma)
    case .noise: return (zero, try zero + 1)
    case .clean: return (try zero + 1, zero)
    case .velocity: return (m.alphaSlope, try m.varianceSlope / (m.sigma * 2))
    case .v: return (try -m.sigma, m.alpha)
    }
  }

  /// √(c_0² + c_z²).
  func size<T: TimeNumber>(_ m: MomentsAtTime<T>) throws(T.Failure) -> T {
    let (clean, noise) = try parts(m)
    return try T.sqrt(clean * clean + noise * noise)
  }

  /// The squared error of this quantity, at unit size, for one of the noise: with α δx_0 = −σ δz the error
  /// is (c_z − c_0 σ/α) δz.
  func noiseErrorWeight(_ process: any DiffusionProcess, at t: Double) -> Double {
    let m = process.moments(at: t)
    let (clean, noise) = parts(m)
    let error = (noise - clean * m.sigma / m.alpha) / size(m)
    return error * error
  }

  /// a and b of wanted = a x + b value: a (α, σ) + b (c_0, c_z) are the parts of `wanted`.
  func coefficients<T: TimeNumber>(to wanted: Quantity, _ m: MomentsAtTime<T>) throws(T.Failure)
    -> (x: T, value: T)
  {
    let (own, other) = (try parts(m), try wanted.parts(m))
    let determinant = try m.alpha * own.1 - m.sigma * own.0
    return (
      try (other.0 * own.1 - other.1 * own.0) / determinant,
      try (m.alpha * other.1 - m.sigma * other.0) / determinant
    )
  }

  /// Another quantity from this one's value: a x + b value, with a and b worked out in float64. The error
  /// is that of rounding these, a few units in the last place times (|a x| + |b value|)/|wanted|.
  package func converted(
    _ value: Tensor, to wanted: Quantity, _ x: Tensor, _ m: Marginal
  ) throws -> Tensor {
    switch (self, wanted) {
    case _ where wanted == self: return value
    case (.score, .noise): return try -(m.sigma * value)
    case (.noise, .score): return try -(value / m.sigma)
    case (.score, _), (.noise, _): try m.requireSignal(for: rawValue)
    default: break
    }
    let a = try m.coefficient(of: .x, from: self, to: wanted, x.dtype)
    let b = try m.coefficient(of: .value, from: self, to: wanted, value.dtype)
    return try a * x + b * value
  }
}

/// α, α′, σ and (σ²)′ at a time.
struct MomentsAtTime<T: TimeNumber> {
  let alpha: T
  let alphaSlope: T
  let sigma: T
  let varianceSlope: T
}

/// What a coefficient is multiplied with.
enum Factor: String { case x, value }

extension DiffusionProcess {
  /// p and r of wanted = p x + r value.
  package func coefficients(from quantity: Quantity, to wanted: Quantity, at t: Double) -> (
    x: Double, value: Double
  ) {
    quantity == wanted ? (0, 1) : quantity.coefficients(to: wanted, moments(at: t))
  }
}
