import Autodiff
import Catalog
import Processes
import Tensors

/// What a network gives at x_t = α x_0 + σ z: its best guess of one of these. Each follows from each
/// other, x and the time; what is given directly is never sent through another quantity.
///
/// | name | quantity | source |
/// |---|---|---|
/// | score | ∇ log p_t(x) = −E[z]/σ | Song et al. 2021 |
/// | noise | E[z] | Ho et al. 2020 |
/// | clean | E[x_0], the denoised sample | Karras et al. 2022 |
/// | velocity | α′ E[x_0] + σ′ E[z] = f x − ½ g² s, the flow field | Lipman et al. 2023 |
/// | v | α E[z] − σ E[x_0] | Salimans and Ho 2022 |
package enum Parametrization: String, CaseIterable {
  case score, noise, clean, velocity, v
}

/// α, σ and their slopes at the times of a batch, shape [n, 1]; each is worked out when it is used.
struct Marginal {
  private let process: any DiffusionProcess
  private let t: Tensor

  init(_ process: any DiffusionProcess, _ t: Tensor) {
    self.process = process
    self.t = t
  }

  var alpha: Tensor { get throws { try expandedAxis(process.alpha(of: t), at: 1) } }
  var sigma: Tensor { get throws { try expandedAxis(process.sigma(of: t), at: 1) } }
  var alphaSlope: Tensor {
    get throws { try expandedAxis(process.values(.alphaSlope, of: t), at: 1) }
  }
  /// σ′ = (σ²)′/(2σ).
  var sigmaSlope: Tensor {
    get throws {
      try expandedAxis(process.values(.varianceSlope, of: t), at: 1) / (sigma * 2)
    }
  }

  /// α where it is divided by.
  ///
  /// - Throws: where it is 0: no clean sample follows from noise or score there.
  func nonzeroAlpha(for name: String) throws -> Tensor {
    let factor = try alpha
    guard Recording.current == nil else { return factor }
    let values = try factor.value.doubles()
    if let place = values.firstIndex(of: 0) {
      throw UserError(
        "no clean sample follows from the \(name) at t = "
          + "\(formatNumber(try t.value.doubles()[place])), where alpha is 0")
    }
    return factor
  }
}

extension Parametrization {
  /// Another quantity from this one's value.
  func converted(
    _ value: Tensor, to wanted: Parametrization, _ x: Tensor, _ m: Marginal
  ) throws -> Tensor {
    if wanted == self { return value }
    switch wanted {
    case .score:
      // Straight from the clean sample, so that one division does.
      if self == .clean { return try (m.alpha * value - x) / square(m.sigma) }
      return try -(noise(value, x, m) / m.sigma)
    case .noise: return try noise(value, x, m)
    case .clean: return try clean(value, x, m)
    case .velocity: return try velocity(value, x, m)
    case .v: return try m.alpha * noise(value, x, m) - m.sigma * clean(value, x, m)
    }
  }

  private func noise(_ value: Tensor, _ x: Tensor, _ m: Marginal) throws -> Tensor {
    switch self {
    case .noise: return value
    case .score: return try -(m.sigma * value)
    case .clean: return try (x - m.alpha * value) / m.sigma
    case .velocity:
      let (alpha, slope) = (try m.alpha, try m.alphaSlope)
      return try (alpha * value - slope * x) / (alpha * m.sigmaSlope - slope * m.sigma)
    case .v:
      let (alpha, sigma) = (try m.alpha, try m.sigma)
      return try (sigma * x + alpha * value) / (square(alpha) + square(sigma))
    }
  }

  private func clean(_ value: Tensor, _ x: Tensor, _ m: Marginal) throws -> Tensor {
    switch self {
    case .clean: return value
    case .score: return try (x + square(m.sigma) * value) / m.nonzeroAlpha(for: rawValue)
    case .noise: return try (x - m.sigma * value) / m.nonzeroAlpha(for: rawValue)
    case .velocity:
      let (sigma, slope) = (try m.sigma, try m.sigmaSlope)
      return try (slope * x - sigma * value) / (m.alpha * slope - m.alphaSlope * sigma)
    case .v:
      let (alpha, sigma) = (try m.alpha, try m.sigma)
      return try (alpha * x - sigma * value) / (square(alpha) + square(sigma))
    }
  }

  /// α′ x_0 + σ′ z, with the one that is not given put in terms of x.
  private func velocity(_ value: Tensor, _ x: Tensor, _ m: Marginal) throws -> Tensor {
    switch self {
    case .velocity: return value
    case .clean:
      let rate = try m.sigmaSlope / m.sigma
      return try rate * x + (m.alphaSlope - rate * m.alpha) * value
    case .noise, .score:
      let rate = try m.alphaSlope / m.nonzeroAlpha(for: rawValue)
      return try rate * x + (m.sigmaSlope - rate * m.sigma) * noise(value, x, m)
    case .v:
      return try m.alphaSlope * clean(value, x, m) + m.sigmaSlope * noise(value, x, m)
    }
  }
}
