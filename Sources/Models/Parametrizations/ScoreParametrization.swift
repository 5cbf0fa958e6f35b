import Autodiff
import Tensors

/// s(x, t) = F(x, t)/σ(t): the network gives −E[z], of unit size (Song et al. 2021). x is not scaled.
struct ScoreParametrization: Parametrization {
  static let name = "score"
  let options: PredictionOptions
  let networkShape: Shape

  init(_ options: PredictionOptions, shape: Shape, restoring stored: StoredTensors?) throws {
    self.options = options
    networkShape = shape
  }

  var quantity: Quantity { .score }

  func estimate(
    _ wanted: Quantity, _ x: Tensor, _ m: Marginal, _ network: NetworkOutput
  ) throws -> Tensor {
    let f = try network(x, m.t)
    // Not by way of the score, which divides by σ.
    if wanted == .noise { return try -f }
    if wanted == .score { return try f / m.sigma }
    return try Quantity.noise.converted(-f, to: wanted, x, m)
  }
}
