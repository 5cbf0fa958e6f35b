import Autodiff
import Catalog
import Glibc
import Models
import Processes
import Tensors

/// The variational bound on −ln p of points, term by term:
///
/// −ln p(x) ≤ KL(q(x_T|x)‖π) + ½ ∫ E‖ẑ(x_t, t) − z‖² dλ + E[−ln p(x|x_{t_0})],
///
/// with λ = ln(α²/σ²), π = N(0, σ(T)² I) and the decoder p(x|x_{t_0}) = N(x_{t_0}/α, (σ/α)² I).
/// Kingma et al. 2021, Eqs. 11 to 18; Song et al. 2021 (maximum likelihood training), Theorem 3.
enum VariationalBound {
  struct Options: OptionGroup {
    var noise = NoiseLevelOptions()
    var labels: Tensor?

    static let options: [Option<Options>] =
      Option.group(\.noise) + [
        Option("labels", \.labels, "the class of each point [n], for a network with classes")
      ]
  }

  static let entry = Entry.function(
    "bound", "An upper bound on −ln p of points under a model, term by term.",
    .arg("model", "any score: a network or an exact one"),
    .arg("x", "points, [n] and the shape of one"),
    Parameter<OptionsOf<Options>>.group(Options.self),
    returns:
      "a table: value, the mean bound in nats, with its standard_error; terms prior, diffusion and "
      + "reconstruction, whose sum it is; points [n], the bound of each point; times, log_snr [levels], density "
      + "and density_error [levels], the mean of the diffusion term's integrand over log_snr; seed",
    details: """
      The bound is of a model that starts from N(0, σ(T)²), follows the reverse SDE to t_0, and adds \
      N(0, (σ/α)²) to x/α there. Gauss–Legendre in ln(α²/σ²); the noise is keyed by (seed, level, draw, \
      point), so that two models see the same. levels · draws calls of the model. The standard error is \
      that over the points.
      """,
    source: "Kingma et al. 2021, Eqs. 11–18; Song et al. 2021 (maximum likelihood), Theorem 3",
    example: """
      mix = target.gaussian_mixture{means = {-3, 3}}
      return likelihood.bound(mix:model(sde.vp()), mix:sample(100, {seed = 1}), {seed = 1}).value
      """
  ) { (model: ScoreModel, x: Tensor, options: OptionsOf<Options>) in
    try bound(model, x, options.values)
  }

  private static func bound(_ model: ScoreModel, _ x: Tensor, _ options: Options) throws -> Value {
    let rows = try likelihoodPoints(x, model)
    let (count, d) = (rows.shape[0], rows.shape[1])
    guard count > 0 else { throw UserError("x must hold 1 point or more, got 0") }
    let labels = try options.labels.map { labels in
      _ = try model.labelled(labels)
      guard labels.shape[0] == count else {
        throw UserError("labels must have \(count) classes, got \(labels.shape[0])")
      }
      return try labels.constant("labels")
    }
    let span = try LikelihoodSpan(model, options.noise.times)
    let levels = try NoiseLevels(model.process, span, options.noise)
    let errors = try levels.errors(of: rows) { noised, z, level, rows in
      let own = try labels.map { try model.labelled($0.slice(axis: 0, rows)) } ?? model
      return try sum(square(own.estimatedNoise(noised, at: level.t) - z), axis: 1) * 0.5
    }
    let process = model.process
    let (alpha, sigma) = (process.alpha(at: span.last), span.priorSigma)
    let squares = try sum(square(rows), axis: 1).doubles()
    let prior = squares.map { 0.5 * alpha * alpha * $0 / (sigma * sigma) }
    let decoded = process.sigma(at: span.first) / process.alpha(at: span.first)
    let reconstruction = Double(d) * (0.5 * log(2 * Double.pi * M_E) + log(decoded))
    let diffusion = errors.integrals
    let points = zip(prior, diffusion).map { $0 + $1 + reconstruction }
    let (value, error) = meanAndError(points)
    let pairs: [(key: String, value: Value)] =
      [
        ("value", .number(value)), ("standard_error", .number(error)),
        ("prior", .number(meanAndError(prior).mean)),
        ("diffusion", .number(meanAndError(diffusion).mean)),
        ("reconstruction", .number(reconstruction)), ("points", .object(try Tensor(points))),
        ("seed", .integer(levels.seed)),
      ] + (try errors.fields())
    return .record(name: "bound", pairs.map { (Value.Key($0.key), $0.value) })
  }
}
