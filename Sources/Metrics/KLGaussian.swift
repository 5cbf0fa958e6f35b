import Autodiff
import Catalog
import Glibc
import Tensors

/// The KL divergence of normal laws with the means and covariances of two samples,
///
///   KL(N(μ, Σ) ‖ N(ν, T)) = ½ [tr(T⁻¹ Σ) + (μ − ν)ᵀ T⁻¹ (μ − ν) − d + ln det T − ln det Σ].
///
/// Kullback 1959, Eq. 9.1.13. Its derivatives in the moments are the influence of each point.
package enum KLGaussian {
  static let metric = Metric(
    "kl_gaussian", "KL divergence of x from y, both taken for normal laws with their moments.",
    properties: [
      .nonNegative, .zeroOnItself, .translationInvariant, .rotationInvariant, .scaleInvariant,
    ], interval: .influence,
    details: """
      ½ [tr(T⁻¹ Σ) + (μ − ν)ᵀ T⁻¹ (μ − ν) − d + ln det T − ln det Σ] in nats. It sees means and covariances alone, and \
      needs more points than dimensions. Above 0 for two samples of one law, as the floor says, by about \
      d (d + 3)/4 · (1/n + 1/m). In float64; costs (n + m) d² + d³, in memory for (n + m) d + 6 d² numbers.
      """,
    source: "Kullback 1959, Eq. 9.1.13",
    example: """
      mix = target.gaussian_mixture{means = {{-3, 0}, {3, 0}}}
      return metric.kl_gaussian(mix:sample(100, {seed = 1}), mix, {seed = 1})
      """
  ) { (x: Tensor, y: Tensor, _: Int) in try estimate(x, y) }

  package static func estimate(_ x: Tensor, _ y: Tensor) throws -> Estimate {
    let d = x.shape[1]
    for (name, points) in [("x", x), ("y", y)] where points.shape[0] <= d {
      throw UserError(
        "\(name) must hold more points than its \(d) dimensions, got \(points.shape[0])")
    }
    let (first, second) = (try Moments(x), try Moments(y))
    let (inverseX, logX) = try inverse(first.covariance, "x")
    let (inverseY, logY) = try inverse(second.covariance, "y")
    let shift = try first.mean.combined(with: second.mean, .subtract)
    let pull = try shift.matrixProduct(inverseY)
    let ratio = try inverseY.matrixProduct(first.covariance)
    let square = try pull.combined(with: shift, .multiply).reduced(.sum).item()
    let value = 0.5 * (try ratio.trace64 + square - Double(d) + logY - logX)
    let half = try inverseY.combined(with: inverseX, .subtract).combined(with: 0.5, .multiply)
    // ∂/∂T = ½ [T⁻¹ − T⁻¹ Σ T⁻¹ − T⁻¹ (μ − ν)(μ − ν)ᵀ T⁻¹].
    let spread = try ratio.matrixProduct(inverseY).combined(
      with: pull.transposed().matrixProduct(pull), .add)
    let other = try inverseY.combined(with: spread, .subtract).combined(with: 0.5, .multiply)
    let error = try standardError(
      first.influence(half, pull),
      second.influence(other, pull.combined(with: -1, .multiply)))
    return Estimate(max(value, 0), standardError: error)
  }

  /// Σ⁻¹ and ln det Σ.
  private static func inverse(_ matrix: Tensor, _ name: String) throws -> (Tensor, Double) {
    let function = try SymmetricFunction(matrix)
    let least = 1e-13 * (function.values.max() ?? 0)
    guard function.values.allSatisfy({ $0 > least }) else {
      throw UserError(
        "\(name) must spread in all of its \(matrix.shape[0]) dimensions, got a covariance without an inverse"
      )
    }
    return (try function { 1 / $0 }, function.values.reduce(0) { $0 + log($1) })
  }
}
