import Autodiff
import Catalog
import Tensors

/// N(m, Σ): one component of `CovarianceMixture`, or of `GaussianMixture` where Σ = σ² I.
enum Gaussian {
  static let entry = Entry.function(
    "gaussian", "A normal distribution N(mean, covariance) in any dimension.",
    .option("mean", default: nil, "a number, d numbers, or a picture; 0 where absent"),
    .option(
      "covariance", default: nil,
      "a symmetric matrix [d, d], singular ones included, or the variances of d independent coordinates"
    ),
    .option(
      "std", default: nil,
      "in place of covariance: a standard deviation for all coordinates or for each"),
    returns: "a target",
    details: """
      Score, density and posterior mean are exact at every time of every diffusion, by one eigendecomposition, \
      in float64. Without covariance and std it has unit variance. A singular covariance makes a law in a \
      subspace, without a density of its own: its noised marginals have one.
      """,
    source: "Wang and Vastola 2023, Eqs. 4–6",
    example: "return target.gaussian{mean = {0, 1}, covariance = {{2, 1}, {1, 2}}}"
  ) { (mean: TensorSource?, covariance: TensorSource?, std: OneOf<Double, [Double]>?) in
    Target(try law(mean, given(covariance, std)))
  }

  private static func given(_ matrix: TensorSource?, _ std: OneOf<Double, [Double]>?) throws
    -> Covariance
  {
    if let matrix {
      guard std == nil else {
        throw UserError("covariance and std must not both be given")
      }
      return try Covariance(matrix.floats("covariance"), name: "covariance")
    }
    let stds: [Double]
    switch std {
    case nil: stds = [1]
    case .first(let one)?: stds = [one]
    case .second(let list)?: stds = list
    }
    guard !stds.isEmpty else { throw UserError("std must be a number or d numbers, got {}") }
    if let wrong = stds.first(where: { !($0 >= 0 && $0.isFinite) }) {
      throw UserError("std must be 0 or more and finite, got \(formatNumber(wrong))")
    }
    return Covariance(stds: stds)
  }

  private static func law(_ source: TensorSource?, _ covariance: Covariance) throws
    -> any Distribution
  {
    guard source != nil || covariance.dimension != nil else {
      throw UserError(
        "mean is required where covariance and std do not say how many coordinates there are")
    }
    let given = try source?.tensor(.float64).constant("mean")
    let mean = try given ?? Tensor.zeros([covariance.dimension ?? 1], .float64)
    guard mean.elementCount > 0, mean.rank < Shape.maximumRank else {
      throw UserError("mean must be a number, d numbers, or a picture, got shape \(mean.shape)")
    }
    if let wrong = try mean.doubles().first(where: { !$0.isFinite }) {
      throw UserError("mean must be finite numbers, got \(formatNumber(wrong))")
    }
    let d = mean.elementCount
    if let other = covariance.dimension, other != d {
      throw UserError(
        "mean must have \(other) numbers, one for each coordinate of the covariance, got \(d)")
    }
    let shape: Shape = mean.rank == 0 ? [1] : mean.shape
    let row = try mean.densified().reshaped(to: [1, d])
    if let std = covariance.isotropicStd {
      return try GaussianMixture(
        means: row, stds: [std], weights: [1], name: "gaussian", shape: shape)
    }
    return try CovarianceMixture(
      [covariance.component(row)], weights: [1], name: "gaussian", shape: shape)
  }
}
