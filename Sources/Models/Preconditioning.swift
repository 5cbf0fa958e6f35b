import Autodiff
import Catalog
import Processes
import Tensors

/// How a score is put together from a noisy x = x₀ + σ z and a network F, so that F sees inputs and has
/// targets of about unit size whatever σ, and so that F = 0 is already the score of a Gaussian.
protocol Preconditioning {
  /// The length of what F takes and gives.
  var length: Int { get }
  /// The frozen parameters it keeps of the data; they stand before those of the network.
  var starts: [ParameterSet.Start] { get }
  /// For printing: `σ_data 0.5`.
  var summary: String { get }
  /// - Parameters: `x` of shape [n, d]; `sigma` of shape [n, 1]; `frozen`, the values of `starts`;
  ///   `network`, F from [n, length] to [n, length].
  /// - Returns: the score, shape [n, d].
  func score(
    _ x: Tensor, _ sigma: Tensor, frozen: ArraySlice<Tensor>,
    network: (Tensor) throws -> Tensor
  ) throws -> Tensor
}

/// The preconditioning of Karras et al. 2022 (Table 1, EDM):
///
/// D(x; σ) = c_skip x + c_out F(c_in x),
/// c_skip = σ_d²/(σ² + σ_d²),  c_out = σ σ_d/√(σ² + σ_d²),  c_in = 1/√(σ² + σ_d²).
///
/// The score s = (D − x)/σ² is then s = −x/(σ² + σ_d²) + σ_d/(σ √(σ² + σ_d²)) F, written so that nothing
/// cancels at small σ. With F = 0 it is the score of N(0, (σ_d² + σ²) I).
struct EDMPreconditioning: Preconditioning {
  /// d.
  let length: Int
  /// σ_d.
  let sigmaData: Double

  var starts: [ParameterSet.Start] { [] }
  var summary: String { "σ_data \(shortNumber(sigmaData))" }

  func score(
    _ x: Tensor, _ sigma: Tensor, frozen: ArraySlice<Tensor>,
    network: (Tensor) throws -> Tensor
  ) throws -> Tensor {
    let total = try square(sigma) + sigmaData * sigmaData
    let root = try sqrt(total)
    let f = try network(x / root)
    return try f * (sigmaData / (sigma * root)) - x / total
  }
}

/// The preconditioning by the Gaussian with the data's mean μ and covariance U diag(λ) Uᵀ, the best that
/// a linear denoiser can do. In the principal axes, y = Uᵀ(x − μ),
///
/// D(x; σ) = μ + U [λ/(λ + σ²) y + σ √(λ/(λ + σ²)) F(c_in y)],  c_in = 1/√(λ̄ + σ²),
///
/// which is EDM's form with each axis at its own scale: what is left to F has unit variance where the
/// data are Gaussian. Axes on which the data do not vary are denoised exactly. With F = 0 the score is that of N(μ, Σ + σ² I);
/// networks learn that one first in any case (Wang and Vastola 2023, "The hidden linear structure in
/// score-based models and its application").
struct GaussianPreconditioning: Preconditioning {
  /// The axes with variance, at most d.
  let length: Int
  let starts: [ParameterSet.Start]
  var summary: String { "\(length) principal axes" }
  /// As long as x: no direction is left over.
  private let spansAll: Bool

  /// Axes whose variance is below this share of the greatest count as constant: rounding.
  private static let relativeFloor = 1e-9

  /// - Parameter data: shape [n, d], n ≥ 2, not all equal.
  init(data: Tensor) throws {
    let x = try data.value.converted(to: .float64)
    let (n, d) = (x.shape[0], x.shape[1])
    let center = try mean(x, axis: 0)
    let centered = try x - center
    let covariance = try matmul(transpose(centered), centered) / Double(n)
    let (values, vectors) = try Linalg.eigh(covariance)
    let variances = try values.doubles()
    let kept = (variances.last ?? 0) * GaussianPreconditioning.relativeFloor
    let first = variances.firstIndex { $0 > max(kept, 0) } ?? d
    self.init(
      dimension: d, axes: d - first, mean: { center },
      vectors: { vectors.slice(axis: 1, first..<d) },
      variances: { values.slice(axis: 0, first..<d) })
  }

  /// One whose frozen parameters come from a file.
  init(dimension: Int, axes: Int) {
    func never() throws -> Tensor { throw UserError("the preconditioning has no data") }
    self.init(dimension: dimension, axes: axes, mean: never, vectors: never, variances: never)
  }

  private init(
    dimension: Int, axes: Int, mean: @escaping () throws -> Tensor,
    vectors: @escaping () throws -> Tensor, variances: @escaping () throws -> Tensor
  ) {
    length = axes
    spansAll = axes == dimension
    starts = [
      .frozen("mean", [dimension], mean), .frozen("axes", [dimension, axes], vectors),
      .frozen("variances", [axes], variances),
    ]
  }

  func score(
    _ x: Tensor, _ sigma: Tensor, frozen: ArraySlice<Tensor>,
    network: (Tensor) throws -> Tensor
  ) throws -> Tensor {
    let parts = Array(frozen)
    let (center, axes, lambda) = (parts[0], parts[1], parts[2])
    let back = try transpose(axes)
    let centered = try x - center
    let y = try matmul(centered, axes)
    let noise = try square(sigma)
    let total = try lambda + noise
    let shrink = try lambda / total
    let f = try network(y / sqrt(noise + mean(lambda)))
    let inside = try matmul(sqrt(shrink) / sigma * f - y / total, back)
    return spansAll ? inside : try inside - (centered - matmul(y, back)) / noise
  }
}
