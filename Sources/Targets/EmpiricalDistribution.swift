import Autodiff
import Catalog
import Glibc
import Tensors

/// The empirical distribution of a data set: each point with weight 1/n, and no density.
///
/// Noised by r and s > 0 it is the equal mixture of N(r x_i, s² I), whose score every model trained to
/// the minimum of the denoising loss would have: the score that memorises.
/// Biroli et al. 2024, "empirical score"; in one dimension a kernel density estimate of bandwidth s.
package struct EmpiricalDistribution: Distribution {
  static let entry = Entry.function(
    "empirical", "The empirical distribution of a data set, whose exact score memorises it.",
    .arg("x", "points, shape [n, d]"), returns: "a target without density at time 0",
    source: "Biroli et al. 2024",
    example: "return target.empirical(target.gaussian_mixture{means = {-3, 3}}:sample(10))"
  ) { (x: Tensor) in
    let x = try x.constant("x")
    guard x.rank == 2, x.elementCount > 0 else {
      throw UserError("x has shape \(x.shape), expected [n d] with n and d of 1 or more")
    }
    let values = try x.doubles()
    if let place = values.firstIndex(where: { !$0.isFinite }) {
      throw UserError(
        "x must be finite, got \(formatNumber(values[place])) in row \(place / x.shape[1] + 1)")
    }
    return Target(EmpiricalDistribution(points: try Tensor(values, shape: x.shape)))
  }

  /// Shape [n, d], float64.
  let points: Tensor

  package var name: String { "empirical" }
  package var dimension: Int { points.shape[1] }
  package var summary: String {
    "\(points.shape[0]) point\(points.shape[0] == 1 ? "" : "s"), d = \(dimension)"
  }
  package var hasLogDensity: Bool { false }
  package var hasScore: Bool { false }
  package var hasNoised: Bool { true }

  /// Points of the data set, drawn with replacement.
  package func sample(_ count: Int, _ stream: RandomStream) throws -> Tensor {
    try points.gathered(rows: stream.integers(count, 0...points.shape[0] - 1))
      .converted(to: .float32)
  }

  package func logDensity(_ x: Tensor) throws -> Tensor {
    throw missing("density without noise; its noised marginals have")
  }

  package func score(_ x: Tensor) throws -> Tensor {
    throw missing("score without noise; its noised marginals have")
  }

  package func noised(mean r: Double, std s: Double) throws -> any Distribution {
    guard s > 0 else {
      return EmpiricalDistribution(points: try points.combined(with: r, .multiply))
    }
    return try GaussianMixture(
      means: points.combined(with: r, .multiply), stds: [s], weights: [1], name: "noised_empirical")
  }

  package func noisedScore(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    try requireNoise(s)
    return try components.score(x, r, s)
  }

  package func posteriorMean(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    try requireNoise(s)
    return try components.posteriorMean(x, r, s)
  }

  private var components: NormalComponents {
    NormalComponents(
      means: points, logWeights: [-log(Double(points.shape[0]))], variances: [0])
  }

  private func requireNoise(_ s: Tensor) throws {
    if try Recording.current != nil || s.value.doubles().allSatisfy({ $0 > 0 }) { return }
    throw missing("score without noise, where std(t) = 0; its noised marginals have")
  }

  package func reach() throws -> ClosedRange<Double> {
    let values = try points.doubles()
    return (values.min() ?? 0)...(values.max() ?? 0)
  }
}
