import Autodiff
import Catalog
import Layers
import Tensors

/// The preconditioning by the Gaussian with the data's mean μ and covariance U diag(λ) Uᵀ, the best that
/// a linear denoiser can do. With y = x_t/α, σ̂ = σ/α, and in the principal axes, u = Uᵀ(y − μ),
///
/// D(y; σ̂) = μ + U [λ/(λ + σ̂²) u + σ̂ √(λ/(λ + σ̂²)) F(c_in u; ¼ ln σ̂)],  c_in = 1/√(λ̄ + σ̂²),
///
/// which is EDM's form with each axis at its own scale: what is left to F has unit variance where the
/// data are Gaussian. Axes on which the data do not vary are denoised exactly. With F = 0 the score is
/// that of N(μ, Σ + σ̂² I); networks learn that one first in any case (Wang and Vastola 2023, "The hidden
/// linear structure in score-based models and its application").
struct GaussianParametrization: NamedParametrization {
  static let name = "gaussian"
  let options: PredictionOptions
  /// As many numbers as axes have variance.
  let networkShape: Shape
  let tensors: [(name: String, tensor: Tensor)]
  /// d, of a point.
  private let dimension: Int
  /// No direction is left over.
  private var spansAll: Bool { networkShape[0] == dimension }

  /// Axes whose variance is below this share of the greatest count as constant: rounding.
  private static let relativeFloor = 1e-9

  init(_ options: PredictionOptions, shape: Shape, restoring stored: StoredTensors?) throws {
    let (mean, axes, variances): (Tensor, Tensor, Tensor)
    if let stored {
      (mean, axes, variances) = try GaussianParametrization.restored(stored, shape.elementCount)
      self.options = options
    } else {
      let given = try options.requiredSigmaData()
      let data = try SigmaData.points(given, shape)
      (mean, axes, variances) = try GaussianParametrization.fit(data)
      var derived = options
      derived.sigmaData = .first(try SigmaData.spread(given))
      self.options = derived
    }
    tensors = [("mean", mean), ("axes", axes), ("variances", variances)]
    networkShape = [axes.shape[1]]
    dimension = shape.elementCount
  }

  /// μ, U and λ, float32.
  ///
  /// - Parameter data: shape [n, d], n ≥ 2, not all equal.
  private static func fit(_ data: Tensor) throws -> (Tensor, Tensor, Tensor) {
    let x = try data.value.converted(to: .float64)
    let (n, d) = (x.shape[0], x.shape[1])
    let center = try mean(x, axis: 0)
    let centered = try x - center
    let covariance = try matmul(transpose(centered), centered) / Double(n)
    let (values, vectors) = try Linalg.eigh(covariance)
    let variances = try values.doubles()
    let kept = (variances.last ?? 0) * relativeFloor
    let first = variances.firstIndex { $0 > max(kept, 0) } ?? d
    func stored(_ x: Tensor) throws -> Tensor { try x.converted(to: .float32).densified() }
    return try (
      stored(center), stored(vectors.slice(axis: 1, first..<d)),
      stored(values.slice(axis: 0, first..<d))
    )
  }

  private static func restored(_ stored: StoredTensors, _ d: Int) throws -> (
    Tensor, Tensor, Tensor
  ) {
    guard let axes = stored["axes"]?.shape, axes.rank == 2, axes[0] == d else {
      throw UserError("the tensor 'axes' of the gaussian parametrisation is missing")
    }
    return try (
      stored.tensor("mean", [d]), stored.tensor("axes", [d, axes[1]]),
      stored.tensor("variances", [axes[1]])
    )
  }

  var summary: String { "\(networkShape[0]) of \(dimension) principal axes" }
  var quantity: Quantity { .score }

  func estimate(
    _ wanted: Quantity, _ x: Tensor, _ m: Marginal, _ network: NetworkOutput
  ) throws -> Tensor {
    try onFlattenedPoints(x) { try estimate(wanted, rows: $0, Marginal(m.process, m.t), network) }
  }

  private func estimate(
    _ wanted: Quantity, rows x: Tensor, _ m: Marginal, _ network: NetworkOutput
  ) throws -> Tensor {
    let (center, axes, lambda) = (tensors[0].tensor, tensors[1].tensor, tensors[2].tensor)
    let scaled = try ScaledPoints(x, m)
    let back = try transpose(axes)
    let centered = try scaled.y - center
    let u = try matmul(centered, axes)
    let noise = try square(scaled.noise)
    let total = try lambda + noise
    let shrink = try lambda / total
    let f = try network(u / sqrt(noise + mean(lambda)), m.logLevel, nil)
    return try scaled.estimate(wanted) {
      let inside = try matmul(sqrt(shrink) / scaled.noise * f - u / total, back)
      return spansAll ? inside : try inside - (centered - matmul(u, back)) / noise
    } clean: {
      try center + matmul(shrink * u + scaled.noise * sqrt(shrink) * f, back)
    }
  }
}
