import Autodiff
import Catalog
import Layers
import Tensors

/// The preconditioning of Karras et al. 2022 (Table 1, EDM), of y = x_t/α with noise σ̂ = σ/α:
///
/// D(y; σ̂) = c_skip y + c_out F(c_in y; ¼ ln σ̂),
/// c_skip = σ_d²/(σ̂² + σ_d²),  c_out = σ̂ σ_d/√(σ̂² + σ_d²),  c_in = 1/√(σ̂² + σ_d²).
///
/// F sees inputs and has targets of about unit size whatever σ̂. The score of y, (D − y)/σ̂² =
/// −y/(σ̂² + σ_d²) + σ_d/(σ̂ √(σ̂² + σ_d²)) F, is written so that nothing cancels at small σ̂. With F = 0 it
/// is that of N(0, (σ_d² + σ̂²) I).
struct EDMParametrization: NamedParametrization {
  static let name = "edm"
  let options: PredictionOptions
  let networkShape: Shape
  /// σ_d.
  private let sigmaData: Double

  init(_ options: PredictionOptions, shape: Shape, restoring stored: StoredTensors?) throws {
    sigmaData = try SigmaData.spread(options.requiredSigmaData())
    var options = options
    options.sigmaData = .first(sigmaData)
    self.options = options
    networkShape = shape
  }

  var summary: String { "σ_data \(shortNumber(sigmaData))" }
  var quantity: Quantity { .score }

  func estimate(
    _ wanted: Quantity, _ x: Tensor, _ m: Marginal, _ network: NetworkOutput
  ) throws -> Tensor {
    let scaled = try ScaledPoints(x, m)
    let (y, sigma) = (scaled.y, scaled.noise)
    let total = try square(sigma) + sigmaData * sigmaData
    let root = try sqrt(total)
    let f = try network(y / root, m.logLevel, nil)
    return try scaled.estimate(wanted) {
      try f * (sigmaData / (sigma * root)) - y / total
    } clean: {
      try y * (sigmaData * sigmaData / total) + f * (sigma * sigmaData / root)
    }
  }
}
