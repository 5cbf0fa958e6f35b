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
    .arg("x", "points, shape [n, d], or pictures [n, h, w] or [n, c, h, w]"),
    returns: "a target without density at time 0",
    source: "Biroli et al. 2024",
    example: "return target.empirical(target.gaussian_mixture{means = {-3, 3}}:sample(10))"
  ) { (x: Tensor) in
    let x = try x.constant("x")
    guard x.rank >= 2, x.elementCount > 0 else {
      throw UserError(
        "x has shape \(x.shape), expected [n d], or [n] and the shape of a picture, with no axis of 0"
      )
    }
    let values = try x.doubles()
    if let place = values.firstIndex(where: { !$0.isFinite }) {
      throw UserError(
        "x must be finite, got \(formatNumber(values[place])) in row "
          + "\(place * x.shape[0] / x.elementCount + 1)")
    }
    let rows = try Tensor(values, shape: [x.shape[0], x.elementCount / x.shape[0]])
    return Target(EmpiricalDistribution(rows: rows, shape: Shape(x.shape.dropFirst())))
  }

  /// Shape [n, d], float64.
  let rows: Tensor
  package let shape: Shape

  package var name: String { "empirical" }
  package var summary: String {
    "\(rows.shape[0]) point\(rows.shape[0] == 1 ? "" : "s"), \(sizeText)"
  }
  package var hasLogDensity: Bool { false }
  package var hasScore: Bool { false }
  package var hasNoised: Bool { true }

  /// Points of the data set, drawn with replacement.
  package func sample(_ count: Int, _ stream: RandomStream) throws -> Tensor {
    try points(
      ofRows: rows.gathered(rows: stream.integers(count, 0...rows.shape[0] - 1))
        .converted(to: .float32))
  }

  package func logDensity(_ x: Tensor) throws -> Tensor {
    throw missing("density without noise; its noised marginals have")
  }

  package func score(_ x: Tensor) throws -> Tensor {
    throw missing("score without noise; its noised marginals have")
  }

  package func noised(mean r: Double, std s: Double) throws -> any Distribution {
    guard s > 0 else {
      return EmpiricalDistribution(rows: try rows.combined(with: r, .multiply), shape: shape)
    }
    return try GaussianMixture(
      means: rows.combined(with: r, .multiply), stds: [s], weights: [1], name: "noised_empirical",
      shape: shape)
  }

  package func noisedScore(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    try requireNoise(s)
    return try onFlattenedPoints(x) { try components.score($0, r, s) }
  }

  package func posteriorMean(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    try requireNoise(s)
    return try onFlattenedPoints(x) { try components.posteriorMean($0, r, s) }
  }

  package func noisedLogDensity(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    try requireNoise(s, "density")
    return try components.logDensity(flattenedPoints(x), r, s)
  }

  private var components: NormalComponents {
    NormalComponents(
      means: rows, logWeights: [-log(Double(rows.shape[0]))], variances: [0])
  }

  private func requireNoise(_ s: Tensor, _ part: String = "score") throws {
    if try Recording.current != nil || s.value.doubles().allSatisfy({ $0 > 0 }) { return }
    throw missing("\(part) without noise, where std(t) = 0; its noised marginals have")
  }

  package func reach() throws -> ClosedRange<Double> {
    let values = try rows.doubles()
    return (values.min() ?? 0)...(values.max() ?? 0)
  }
}
