import Autodiff
import Catalog
import Tensors

/// The preconditioning of Karras et al. 2022 (Table 1, EDM), of y = x_t/α with noise σ̂ = σ/α:
///
/// D(y; σ̂) = c_skip y + c_out F(c_in y; ¼ ln σ̂),
/// c_skip = σ_d²/(σ̂² + σ_d²),  c_out = σ̂ σ_d/√(σ̂² + σ_d²),  c_in = 1/√(σ̂² + σ_d²).
///
/// F sees inputs and has targets of about unit size whatever σ̂. The score of y, (D − y)/σ̂² =
/// −y/(σ̂² + σ_d²) + σ_d/(σ̂ √(σ̂² + σ_d²)) F, is written so that nothing cancels at small σ̂. With F = 0 it
/// is that of N(0, (σ_d² + σ̂²) I).
struct EDMParametrization: Parametrization {
  static let name = "edm"
  let options: PredictionOptions
  let networkShape: Shape
  /// σ_d.
  private let sigmaData: Double

  init(
    _ options: PredictionOptions, shape: Shape, convention: NetworkConvention,
    restoring stored: StoredTensors?
  ) throws {
    sigmaData = try SigmaData.spread(options.required(\.sigmaData, "sigma_data"))
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

/// x_t in units of x_0: y = x_t/α = x_0 + σ̂ z with σ̂ = σ/α, and what follows from the score of y and the
/// clean sample where both are known.
struct ScaledPoints {
  let y: Tensor
  /// σ̂, shaped [n, 1, …].
  let noise: Tensor
  private let x: Tensor
  private let m: Marginal
  private let dtype: DType

  init(_ x: Tensor, _ m: Marginal) throws {
    (self.x, self.m) = (x, m)
    dtype = x.dtype == .float64 ? .float64 : .float32
    try m.requireSignal(for: "network's output")
    y = m.keepsMean ? x : try x / m.alpha(dtype)
    noise = try m.noiseLevel(dtype)
  }

  func estimate(
    _ wanted: Quantity, score: () throws -> Tensor, clean: () throws -> Tensor
  ) throws -> Tensor {
    switch wanted {
    case .clean: return try clean()
    case .score: return m.keepsMean ? try score() : try score() / m.alpha(dtype)
    case .noise: return try -(noise * score())
    case .velocity, .v:
      let z = try -(noise * score())
      return try m.part(0, of: wanted, dtype) * clean() + m.part(1, of: wanted, dtype) * z
    }
  }
}
