import Autodiff
import Catalog
import Processes
import Targets
import Tensors

/// The exact score of the noised marginals of a target, as a model: ∇ ln p_t(x), with p_t the law of
/// α(t) x_0 + σ(t) z. Of a data set (`target.empirical`) it is the score that memorises.
final class TargetScore: DirectScore {
  static let entry = Entry.method(
    Target.self, "model", "The exact score of the noised marginals, as a model.",
    .arg("sde", "the diffusion"), returns: "a model without parameters",
    details: """
      Needs a target whose noised marginals have a closed form, or one defined by its density in one or two \
      dimensions, where they come by quadrature and pass no gradient.
      """,
    example: "return target.gaussian_mixture{means = {-3, 3}}:model(sde.vp())"
  ) { (target: Target, sde: SDE) in
    try target.distribution.requireNoised()
    return ScoreModel(exactScoreOf: target, sde)
  }

  static let noised = Entry.method(
    Target.self, "noised", "The law of x_t = α(t) x_0 + σ(t) z with x_0 from the target.",
    .arg("sde", "the diffusion"), .arg("t", "time", in: .nonNegative), returns: "a target",
    example: "return target.gaussian_mixture{means = {-3, 3}}:noised(sde.vp(), 0.5)"
  ) { (target: Target, sde: SDE, t: Double) in
    try sde.process.check(time: t)
    return Target(try target.noised(sde, at: t))
  }

  let distribution: any Distribution

  init(_ distribution: any Distribution) { self.distribution = distribution }

  var name: String { "exact_score" }
  var summary: String { "\(distribution.name)(\(distribution.summary))" }
  var shape: Shape { distribution.shape }
  var functions: [Callback] { distribution.functions }

  func score(_ x: Tensor, _ t: Tensor, process: any DiffusionProcess) throws -> Tensor {
    let (alpha, sigma) = try marginal(t, process)
    return try distribution.noisedScore(x, mean: alpha, std: sigma)
  }

  func estimate(
    _ quantity: Quantity, _ x: Tensor, _ t: Tensor, process: any DiffusionProcess
  ) throws -> Tensor {
    // Known better than by way of the score, far from the data and where σ is small.
    if quantity == .clean {
      let (alpha, sigma) = try marginal(t, process)
      return try distribution.posteriorMean(x, mean: alpha, std: sigma)
    }
    return try Quantity.score.converted(
      score(x, t, process: process), to: quantity, x, Marginal(process, t, rank: x.rank))
  }

  var hasLogDensity: Bool { true }

  func logDensity(_ x: Tensor, _ t: Tensor, process: any DiffusionProcess) throws -> Tensor {
    let (alpha, sigma) = try marginal(t, process)
    return try distribution.noisedLogDensity(x, mean: alpha, std: sigma)
  }

  /// α and σ, shape [n, 1], or [1, 1] where all times are equal.
  private func marginal(_ t: Tensor, _ process: any DiffusionProcess) throws -> (Tensor, Tensor) {
    if isWatched(t) {
      return (try column(.alpha, t, process), try column(.sigma, t, process))
    }
    // A batch mostly has one time; then both are single numbers.
    let times = try t.value.doubles()
    let isOneTime = times.allSatisfy { $0 == times[0] }
    let distinct = isOneTime ? Array(times.prefix(1)) : times
    let alpha = try Tensor(distinct.map { process.alpha(at: $0) }, shape: [distinct.count, 1])
    let sigma = try Tensor(distinct.map { process.sigma(at: $0) }, shape: [distinct.count, 1])
    return (alpha, sigma)
  }

  /// A quantity at each time, shape [n, 1], float64.
  private func column(_ quantity: TimeQuantity, _ t: Tensor, _ process: any DiffusionProcess)
    throws -> Tensor
  {
    try functionOfTime("marginal", t) { t in
      try Tensor(t.doubles().map { process.value(quantity, at: $0) }, shape: [t.elementCount, 1])
    } formula: {
      try process.formula(quantity, $0)
    }
  }
}

extension ScoreModel {
  /// The exact score of a target whose noised marginals are known.
  package convenience init(exactScoreOf target: Target, _ sde: SDE) {
    self.init(TargetScore(target.distribution), sde)
  }
}

extension Target {
  /// The law of x_t.
  package func noised(_ sde: SDE, at t: Double) throws -> any Distribution {
    try distribution.noised(mean: sde.process.alpha(at: t), std: sde.process.sigma(at: t))
  }
}
