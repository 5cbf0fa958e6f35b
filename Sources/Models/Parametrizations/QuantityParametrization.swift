import Autodiff
import Catalog
import Tensors

/// A network whose output stands for one quantity: the score (Song et al. 2021), the noise (Ho et al. 2020),
/// the clean sample, the velocity (Lipman et al. 2023) or v (Salimans and Ho 2022). What F is given and the
/// size of its output follow from the network's convention.
struct QuantityParametrization: Parametrization {
  let quantity: Quantity
  let options: PredictionOptions
  let networkShape: Shape
  let convention: NetworkConvention

  var name: String { quantity.rawValue }

  func estimate(
    _ wanted: Quantity, _ x: Tensor, _ m: Marginal, _ network: NetworkOutput
  ) throws -> Tensor {
    // The score has the size 1/σ, and −σ s is the noise.
    if quantity == .score, convention != .plain {
      if wanted == .score { return try output(x, m, network, dividedBy: m.sigma) }
      return try Quantity.noise.converted(-output(x, m, network), to: wanted, x, m)
    }
    let f = try output(x, m, network)
    if convention == .plain { return try quantity.converted(f, to: wanted, x, m) }
    return try quantity.converted(f * m.size(of: quantity, f.dtype), to: wanted, x, m)
  }

  func scoreTimesSigma(_ x: Tensor, _ m: Marginal, _ network: NetworkOutput) throws -> Tensor {
    guard quantity == .score else { return try -estimate(.noise, x, m, network) }
    let f = try output(x, m, network)
    return convention == .plain ? try m.sigma * f : f
  }

  private func output(
    _ x: Tensor, _ m: Marginal, _ network: NetworkOutput, dividedBy divisors: Tensor? = nil
  ) throws -> Tensor {
    convention == .level
      ? try network(x * m.unitScale(x.dtype), m.boundedLogLevel, divisors)
      : try network(x, m.t, divisors)
  }
}

/// What a network takes its input and output for where it predicts one quantity.
package enum NetworkConvention {
  /// F(x, t) is the quantity itself: a function of the user's own.
  case plain
  /// F(x, t) is the quantity divided by its size: a network with features of time.
  case time
  /// F(x/√(α² + σ²), ¼ ln σ/α) is the quantity divided by its size: inputs have about unit size where the
  /// data have, whatever the diffusion. The level is levelled off where it has no bound.
  case level
}
