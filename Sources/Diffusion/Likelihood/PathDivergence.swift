import Autodiff
import Catalog
import Models
import Processes
import Tensors

/// The divergence of a model's reverse process from the exact one, over whole paths, split over time:
///
/// KL(P‖Q) ≤ KL(p_T‖π) + ½ ∫ g² E‖s − s_θ‖² dt  (Girsanov),
///
/// with equality for processes in continuous time, and KL(p_{t_0}‖q_{t_0}) at most that. The prior's part is
/// bounded by its mean over the points, E_x KL(q(x_T|x)‖π).
/// Song et al. 2021 (maximum likelihood training), Theorem 1; Chen et al. 2023, Section 5.
enum PathDivergence {
  static let entry = Entry.function(
    "path_kl", "KL of the exact reverse process from a model's, over paths, split over time.",
    .arg("exact", "the exact score of what x was drawn from"),
    .arg("model", "a score of the same diffusion"),
    .arg("x", "points of the target, [n] and the shape of one"),
    Parameter<OptionsOf<NoiseLevelOptions>>.group(NoiseLevelOptions.self),
    returns:
      "a table: value in nats, prior + path, with its standard_error; prior, a bound on KL(p_T‖π); path, the "
      + "integral, and path_error; times, log_snr, density and density_error [levels], E ½‖σ(s − s_θ)‖² at "
      + "each, whose integral over log_snr is path; seed",
    details: """
      value bounds KL(p_{t_0}‖q_{t_0}) from above. Gauss–Legendre in ln(α²/σ²), the noise keyed by (seed, \
      level, draw, point). levels · draws calls of both models.
      """,
    source: "Song et al. 2021 (maximum likelihood), Theorem 1; Chen et al. 2023, Section 5",
    example: """
      mix = target.gaussian_mixture{means = {-3, 3}}
      m = nn.score_mlp{sde = sde.vp(), seed = 1}
      return likelihood.path_kl(mix:model(m.sde), m, mix:sample(100, {seed = 1}), {seed = 1}).path
      """
  ) { (exact: ScoreModel, model: ScoreModel, x: Tensor, options: OptionsOf<NoiseLevelOptions>) in
    try divergence(exact, model, x, options.values)
  }

  private static func divergence(
    _ exact: ScoreModel, _ model: ScoreModel, _ x: Tensor, _ options: NoiseLevelOptions
  ) throws -> Value {
    guard exact.sde.describe() == model.sde.describe() else {
      throw UserError(
        "model must have the diffusion of exact, \(exact.sde.describe()), got \(model.sde.describe())"
      )
    }
    guard exact.shape == model.shape else {
      throw UserError("model must take points of shape \(exact.shape), got \(model.shape)")
    }
    let rows = try likelihoodPoints(x, exact)
    guard rows.shape[0] > 0 else { throw UserError("x must hold 1 point or more, got 0") }
    let span = try LikelihoodSpan(model, options.times)
    let levels = try NoiseLevels(model.process, span, options)
    let errors = try levels.errors(of: rows) { noised, _, level, _ in
      let difference =
        try exact.estimatedNoise(noised, at: level.t)
        - model.estimatedNoise(noised, at: level.t)
      return try sum(square(difference), axis: 1) * 0.5
    }
    let ratio = model.process.alpha(at: span.last) / span.priorSigma
    let priors = try sum(square(rows), axis: 1).doubles().map { 0.5 * ratio * ratio * $0 }
    let path = errors.integrals
    let (value, error) = meanAndError(zip(priors, path).map { $0 + $1 })
    let (whole, pathError) = meanAndError(path)
    let pairs: [(key: String, value: Value)] =
      [
        ("value", .number(value)), ("standard_error", .number(error)),
        ("prior", .number(meanAndError(priors).mean)), ("path", .number(whole)),
        ("path_error", .number(pathError)), ("seed", .integer(levels.seed)),
      ] + (try errors.fields())
    return .record(name: "path_kl", pairs.map { (Value.Key($0.key), $0.value) })
  }
}
