import Autodiff
import Catalog
import Glibc
import Processes
import Tensors

/// The high-dimensional random-features score of Bonnaire et al. 2025 at one time,
///
/// s(x) = A σ(W x/√d)/√p,
///
/// on n points of N(0, I_d). With U, V of the training set and Δ = std(t)²,
///
/// L_train = 1 + (Δ/d) tr(AᵀA U)/p + (2√Δ/d) tr(A V)/√p,   dA/dτ = −d² ∇L = −(2Δ/ψ_p) A U − (2d√Δ/√p) Vᵀ,
///
/// so that with U = Q diag(λ) Qᵀ, v = Vᵀ Q and A(0) = 0
///
/// (A Q)_k(τ) = −√(p/Δ) v_k f_k(τ),   f_k = (1 − e^(−2Δ λ_k τ/ψ_p))/λ_k.
///
/// All losses are sums over f: L_train = 1 + Σ_k ‖v_k‖² (λ_k f_k² − 2 f_k)/d, and L_test is the same with U and V of
/// the law N(0, I).
final class RandomFeaturesFlow: Object {
  static var typeName: String { "random_features_flow" }

  struct Settings {
    let dimension: Int
    let width: Int
    let count: Int
    let alpha: Double
    let sigma: Double

    /// Δ.
    var delta: Double { sigma * sigma }
    /// The variance of a number of x_t.
    var variance: Double { alpha * alpha + delta }
    var psiP: Double { Double(width) / Double(dimension) }
  }

  let settings: Settings
  /// The training loss at τ = 0: 1, or the mean square of the noises drawn.
  private let start: Double
  /// λ, from large to small.
  let eigenvalues: [Double]
  /// ‖v_k‖² and v_k · ṽ_k, the latter of the law.
  private let drive: [Double]
  private let testDrive: [Double]
  /// (Qᵀ Ũ Q) ∘ (vᵀ v), shape [p, p].
  private let testQuadratic: Tensor

  init(_ settings: Settings, train: FeatureCovariance, law: FeatureCovariance) throws {
    (self.settings, start) = (settings, train.noise)
    let p = settings.width
    let (values, columns) = try train.u.symmetricEigen()
    let ascending = try values.doubles()
    let least = max(ascending.last ?? 0, 0) * Double(p) * Double.ulpOfOne
    eigenvalues = ascending.reversed().map { $0 > least ? $0 : 0 }
    let q = try columns.picked(axis: 1, (0..<p).reversed().map { $0 }).densified()
    let (v, lawV) = (try matmul(transpose(train.v), q), try matmul(transpose(law.v), q))
    drive = try sum(v * v, axis: 0).doubles()
    testDrive = try sum(v * lawV, axis: 0).doubles()
    let turned = try matmul(transpose(q), matmul(law.u, q))
    testQuadratic = try turned * matmul(transpose(v), v)
  }

  func describe() -> String {
    "random_features_flow(d = \(settings.dimension), p = \(settings.width), n = \(settings.count))"
  }

  struct Losses {
    let train: Double
    let test: Double
    /// E ‖s − ∇ ln p_t‖²/d.
    let scoreError: Double
  }

  func losses(at tau: Double) throws -> Losses {
    let d = Double(settings.dimension)
    let rate = 2 * settings.delta / settings.psiP
    // Null modes have no drive.
    let f = eigenvalues.map { $0 > 0 ? -expm1(-rate * $0 * tau) / $0 : 0 }
    let train = f.indices.reduce(0) { $0 + drive[$1] * f[$1] * (eigenvalues[$1] * f[$1] - 2) }
    let vector = try Tensor(f)
    let quadratic = try sum(matmul(testQuadratic, vector) * vector).item()
    let test = 1 + (quadratic - 2 * f.indices.reduce(0) { $0 + testDrive[$1] * f[$1] }) / d
    // The exact score −x/Γ has the loss 1 − Δ/Γ.
    let least = 1 - settings.delta / settings.variance
    return Losses(train: start + train / d, test: test, scoreError: (test - least) / settings.delta)
  }
}
