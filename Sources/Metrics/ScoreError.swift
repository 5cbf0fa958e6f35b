import Autodiff
import Catalog
import Models
import Targets
import Tensors

/// How far a score is from the exact one at each noise level, σ² E‖s(x_t, t) − ∇ ln p_t(x_t)‖².
enum ScoreError {
  static let entry = Entry.function(
    "score_error", "How far the score of a model is from the exact one at each noise level.",
    .arg("model"), .arg("exact", "another model of the same diffusion: target:model(sde)"),
    .option("points", "of the law that is noised: a tensor [n, d], or a target"),
    .option("count", default: 1000 as Count, "points drawn of a target", in: .atLeast(2 as Count)),
    .group(LevelOptions.self),
    returns: "a table: times [k], error [k], se [k], float64 tensors; n, draws, seed",
    details: """
      σ² E‖s − s*‖², summed over coordinates, at x_t = α x_0 + σ z with x_0 out of the points: what \
      `metric.dsm_loss` has above its least value, without the noise of that. Standard errors are over \
      points; noise depends on seed, level, draw and row alone. Evaluates both models at n · draws points for \
      each time.
      """,
    source: "Vincent 2011, §4.2; Song et al. 2021, Eq. 7",
    example: """
      mix = target.gaussian_mixture{means = {-3, 3}}
      m = nn.score_mlp{dimension = 1, sde = sde.vp(), seed = 1}
      return metric.score_error(m, mix:model(m.sde), {points = mix, times = {0.1, 0.5}, seed = 1}).error
      """
  ) {
    (
      model: ScoreModel, exact: ScoreModel, points: OneOf<Target, Tensor>, count: Count,
      options: OptionsOf<LevelOptions>
    ) in
    try table(model, exact, points, count.value, options.values)
  }

  static func table(
    _ model: ScoreModel, _ exact: ScoreModel, _ points: OneOf<Target, Tensor>, _ count: Int,
    _ options: LevelOptions
  ) throws -> Value {
    guard exact.shape == model.shape else {
      throw UserError("exact must have the shape \(model.shape) of model, got \(exact.shape)")
    }
    guard exact.sde.describe() == model.sde.describe() else {
      throw UserError(
        "exact must have the diffusion of model, \(model.sde.describe()), got \(exact.sde.describe())"
      )
    }
    let means = try LevelMeans(model.process, options)
    let x: Tensor
    switch points {
    case .second(let tensor): x = try tensor.constant("points")
    case .first(let target):
      x = try target.distribution.sample(count, RandomStream(seed: means.seed, purpose: .data))
    }
    try checkPoints(x, model, name: "points")
    return try means.means(x, "error") { batch in
      let difference = try squaredLengths(
        model.constantScore(batch.noised, at: batch.t),
        exact.constantScore(batch.noised, at: batch.t),
        .subtract)
      return try difference.combined(with: batch.sigma * batch.sigma, .multiply)
    }
  }

  static let metric = Metric(
    entry, properties: [.nonNegative, .zeroOnItself, .zeroIffEqual], interval: .freshDraws,
    body: .model { model, target, seed in
      var options = LevelOptions()
      options.seed = seed
      let exact = ScoreModel(exactScoreOf: target, model.sde)
      guard case .map(let pairs) = try table(model, exact, .first(target), 1000, options),
        case .object(let errors)? = pairs.first(where: { $0.key.text == "error" })?.value,
        let errors = errors as? Tensor
      else { return Estimate(.nan) }
      return Estimate(try errors.doubles().reduce(0, +) / Double(errors.elementCount))
    })
}
