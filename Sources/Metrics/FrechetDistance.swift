import Autodiff
import Catalog
import Tensors

/// The Fréchet distance of two samples: the squared Wasserstein distance of normal laws with their means and
/// covariances,
///
///   ‖μ − ν‖² + tr(Σ + T − 2 (Σ^½ T Σ^½)^½).
///
/// Dowson & Landau 1982, Eq. 4; Heusel et al. 2017, Eq. 6, who take features of a network for points. The influence
/// of a point is 2 (μ − ν)·(x − μ) + (x − μ)ᵀ (I − A)(x − μ), with A = Σ^{−½} (Σ^½ T Σ^½)^½ Σ^{−½}, the linear map
/// that takes one law to the other.
package enum FrechetDistance {
  static let metric = Metric(
    "frechet", "The Fréchet distance of two samples: of normal laws with their moments, squared.",
    properties: [
      .symmetric, .nonNegative, .zeroOnItself, .translationInvariant, .rotationInvariant,
    ], interval: .influence,
    details: """
      ‖μ − ν‖² + tr(Σ + T − 2 (Σ^½ T Σ^½)^½), in the square of the unit of the points: what FID is, on points or on \
      features that you give. It sees means and covariances alone: laws that share them are 0 apart. Above 0 for two \
      samples of one law, by much where n is not many times d, as the floor says. In float64; costs (n + m) d² + d³, \
      in memory for (n + m) d + 6 d² numbers.
      """,
    source: "Dowson & Landau 1982, Eq. 4; Heusel et al. 2017, Eq. 6",
    example: """
      mix = target.gaussian_mixture{means = {{-3, 0}, {3, 0}}}
      return metric.frechet(mix:sample(100, {seed = 1}), mix, {seed = 1})
      """
  ) { (x: Tensor, y: Tensor, _: Int) in try estimate(x, y) }

  package static func estimate(_ x: Tensor, _ y: Tensor) throws -> Estimate {
    let (first, second) = (try Moments(x), try Moments(y))
    let shift = try first.mean.combined(with: second.mean, .subtract)
    let spread = try SymmetricFunction(first.covariance)
    let root = try spread { $0.squareRoot() }
    let product = try SymmetricFunction(
      root.matrixProduct(second.covariance).matrixProduct(root))
    let overlap = product.values.reduce(0) { $0 + $1.squareRoot() }
    let square = try shift.applying(.square).reduced(.sum).item()
    let value =
      square + (try first.covariance.trace64 + second.covariance.trace64) - 2 * overlap
    let (one, inverse) = (try Tensor.identity(x.shape[1]), try spread.inverseRoot())
    // A takes the law of x to that of y, B back.
    let a = try inverse.matrixProduct(product { $0.squareRoot() }).matrixProduct(inverse)
    let b = try root.matrixProduct(product.inverseRoot()).matrixProduct(root)
    let error = try standardError(
      first.influence(
        one.combined(with: a, .subtract), shift.combined(with: 2, .multiply)),
      second.influence(
        one.combined(with: b, .subtract), shift.combined(with: -2, .multiply)))
    return Estimate(max(value, 0), standardError: error)
  }
}
