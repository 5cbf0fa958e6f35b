import Autodiff
import Catalog
import Glibc
import Models
import Processes
import Targets
import Tensors

/// The exact gradient flow of the random-features model s = A φ(x, t)/m (Li et al. 2023, Eqs. 9, 12):
///
/// dA/dτ = −∇_A L = (2/m) Cᵀ − (2/m²) A G.
///
/// With G = V diag(γ) Vᵀ, a = A V and c = Cᵀ V each mode goes its own way,
///
/// a_k(τ) = a_k(0) e^(−r_k τ) + (m/γ_k) c_k (1 − e^(−r_k τ)),   r_k = 2 γ_k/m²,
///
/// so one eigendecomposition gives the model at any training time. Where γ_k = 0 the loss does not see the mode,
/// and it stays as it starts.
package final class GradientFlow: Object {
  package static var typeName: String { "gradient_flow" }

  let model: ScoreModel
  let network: RandomFeatures
  private let train: FeatureMoments
  private let test: FeatureMoments?
  /// γ, from large to small, those of null modes 0.
  let eigenvalues: [Double]
  let rank: Int
  /// Shape [m, m]: an eigenvector in each column, in the order of `eigenvalues`.
  private let vectors: Tensor
  /// a(0) and c, shape [d, m].
  private let start: [Double]
  private let drive: [Double]

  var width: Int { network.options.width.value }
  private var dimension: Int { network.dimension }

  init(
    _ model: ScoreModel, _ network: RandomFeatures, train: FeatureMoments, test: FeatureMoments?
  ) throws {
    (self.model, self.network, self.train, self.test) = (model, network, train, test)
    let m = network.options.width.value
    let (values, columns) = try train.gram.symmetricEigen()
    let ascending = try values.doubles()
    let most = max(ascending.last ?? 0, 0)
    // Rounding of the sums and of the eigenvalues is of this size.
    let least = most * Double(m) * Double.ulpOfOne
    let descending = ascending.reversed().map { $0 > least ? $0 : 0 }
    eigenvalues = descending
    rank = descending.count { $0 > 0 }
    vectors = try columns.picked(axis: 1, (0..<m).reversed().map { $0 })
    let a = try network.parameters["a"].converted(to: .float64)
    start = try matmul(a, vectors).doubles()
    drive = try matmul(transpose(train.cross), vectors).doubles()
  }

  package func describe() -> String {
    "gradient_flow(\(width) features of rank \(rank), d = \(dimension))"
  }

  /// a(τ), shape [d, m].
  private func modes(at tau: Double) -> [Double] {
    let m = Double(width)
    return start.indices.map { place in
      let gamma = eigenvalues[place % width]
      guard gamma > 0 else { return start[place] }
      let exponent = -2 * gamma / (m * m) * tau
      return start[place] * exp(exponent) - m / gamma * drive[place] * expm1(exponent)
    }
  }

  /// A(τ), shape [d, m], float64.
  func coefficients(at tau: Double) throws -> Tensor {
    try matmul(Tensor(modes(at: tau), shape: [dimension, width]), transpose(vectors))
  }

  /// The model at training time τ, with A rounded to float32 as all parameters are.
  func model(at tau: Double) throws -> ScoreModel {
    let copy = try model.copied()
    let a = try coefficients(at: tau).floats()
    guard a.allSatisfy(\.isFinite) else {
      throw UserError("tau = \(formatNumber(tau)) takes coefficients beyond float32")
    }
    a.withUnsafeBufferPointer { copy.network?.parameters.setTrained($0) }
    return copy
  }

  /// tr(A G Aᵀ)/m² − 2 tr(A C)/m + S on the training law.
  private func trainError(_ modes: [Double]) -> Double {
    let m = Double(width)
    return modes.indices.reduce(train.square) { total, place in
      let scaled = modes[place] / m
      return total + scaled * (eigenvalues[place % width] * scaled - 2 * drive[place])
    }
  }

  /// The same on the other law.
  private func error(_ a: Tensor, _ law: FeatureMoments) throws -> Double {
    let m = Double(width)
    let product = try matmul(a, law.gram)
    let quadratic = try sum(product * a).item()
    return try quadratic / (m * m) - 2 / m * sum(a * transpose(law.cross)).item() + law.square
  }

  /// E λ ‖s − y‖² on the training law and on the other.
  func errors(at tau: Double) throws -> (train: Double, test: Double?) {
    (trainError(modes(at: tau)), try test.map { try error(coefficients(at: tau), $0) })
  }

  /// The denoising loss, E λ ‖s + z/σ‖².
  func losses(at tau: Double) throws -> (train: Double, test: Double?) {
    let errors = try errors(at: tau)
    return (
      errors.train + (train.isExact ? train.least : 0),
      zip(errors.test, test).map { $0 + ($1.isExact ? $1.least : 0) }
    )
  }

  /// - Throws: where y is not the exact score.
  func scoreErrors(at tau: Double) throws -> (train: Double, test: Double?) {
    guard train.isExact, test?.isExact ?? true else {
      throw UserError(
        "the exact score of noised data enters by quadrature only, and this flow has draws; use loss"
      )
    }
    return try errors(at: tau)
  }
}

private func zip<A, B>(_ a: A?, _ b: B?) -> (A, B)? {
  guard let a, let b else { return nil }
  return (a, b)
}
