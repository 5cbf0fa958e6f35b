import Autodiff
import Layers
import Tensors

/// A blind denoiser (Mohan et al. 2020; Kadkhodaie et al. 2024): F is told no noise level and gives the
/// noise in its input, D(y) = y − F(y). Under a process it sees y = x_t/α, whose noise is σ/α.
struct ResidualParametrization: NamedParametrization {
  static let name = "residual"
  let options: PredictionOptions
  let networkShape: Shape

  init(_ options: PredictionOptions, shape: Shape, restoring stored: StoredTensors?) throws {
    self.options = options
    networkShape = shape
  }

  var isBlind: Bool { true }
  var quantity: Quantity { .clean }

  func estimate(
    _ wanted: Quantity, _ x: Tensor, _ m: Marginal, _ network: NetworkOutput
  ) throws -> Tensor {
    let scaled = try ScaledPoints(x, m)
    let noise = try network(scaled.y, nil, nil)
    if wanted == .clean { return try scaled.y - noise }
    // F is z σ/α: the other quantities are closer to it than to the clean sample.
    return try Quantity.noise.converted(noise / scaled.noise, to: wanted, x, m)
  }
}
