import Catalog
import Glibc
import Models
import Processes
import Runtime
import Targets
import Tensors

/// How far the density of a learned score lies from the target, as Li et al. 2023 measure it.
///
/// ln q(x_i) = ∫ s(x, t) dx at a small time t, normalised over the grid; with h the grid's step
///   KL = Σ_i p_0(x_i) h [ln (p_0(x_i) h) − ln q_i].
/// q belongs to the noised p_t, p_0 does not: a perfect score has a floor above 0
/// (`kl_of_score_floor`), 0.001446 for the mixture of N(±3, 1) at the paper's settings. No sampler is
/// involved. Li et al. 2023, §4.1 and Eq. 11, with the grid of its notebook.
enum KLOfScore {
  static let entry = Entry.function(
    "kl_of_score",
    "KL divergence of the target from the density of a score at a small time (Li et al. 2023).",
    .arg("target"), .arg("model"), .group(GridOptions.self),
    .option(
      "info", default: false, "adds a second result: the value as a measurement with its floor"),
    returns: "KL in nats, nan where the score is not finite on the grid; with info a measurement",
    details: """
      One dimension. The score at `time` is integrated over x and normalised on the grid, then compared \
      with the target itself, not with its noised marginal: `metric.kl_of_score_floor` says what a \
      perfect score gets. The range is, where absent, symmetric: the smallest multiple of 10 that holds \
      the target but for 1e-9 on either side (six standard deviations of a normal component), which is \
      the paper's ±10 for means of ±3 and ±30 for means of ±15. A range that leaves out more than 1e-6 of \
      the target's mass, or points too few to resolve it, are an error.

      Evaluates the score at (points − 1) · nodes + 1 places, in one call: 3201 at the defaults, where \
      each of the 50 cells has 64 nodes, and the target's density at `points`.

      """ + Metric.claims([], .none),
    source: "Li et al. 2023, §4.1, Eq. 11",
    example: """
      mix = target.gaussian_mixture{means = {-3, 3}}
      return metric.kl_of_score(mix, mix:model(sde.ve_power()))
      """
  ) { (target: Target, model: ScoreModel, options: OptionsOf<GridOptions>, info: Bool) in
    try withFloor(target, model, info) { try kl(target, $0, options.values) }
  }

  /// Its value for the exact score is above 0, and another score may come below that.
  static let metric = Metric(
    entry, properties: [], interval: .none,
    body: .model { model, target, _ in Estimate(try kl(target, model, GridOptions())) })

  static let floor = Entry.function(
    "kl_of_score_floor", "What kl_of_score gives for the exact score of the noised target.",
    .arg("target"), .arg("sde", "the diffusion"), .group(GridOptions.self), returns: "KL in nats",
    details:
      "Evaluates the exact score as kl_of_score does the model's: at 3201 places at the defaults.",
    source: "Li et al. 2023, §4.1, Eq. 11",
    example: """
      mix = target.gaussian_mixture{means = {-3, 3}}
      return metric.kl_of_score_floor(mix, sde.ve_power())
      """
  ) { (target: Target, sde: SDE, options: OptionsOf<GridOptions>) in
    try target.distribution.requireNoised()
    return try kl(target, ScoreModel(exactScoreOf: target, sde), options.values)
  }

  /// A divergence from the target, and as a measurement with the value of the exact score as the floor.
  static func withFloor(
    _ target: Target, _ model: ScoreModel, _ info: Bool, _ divergence: (ScoreModel) throws -> Double
  ) throws -> WithMeasurement<Double> {
    let value = try divergence(model)
    guard info else { return WithMeasurement(value, nil) }
    let floor =
      target.distribution.hasNoised
      ? try divergence(ScoreModel(exactScoreOf: target, model.sde)) : nil
    return WithMeasurement(
      value, Measurement(value, floor: floor, reference: target.describe()))
  }

  static func kl(_ target: Target, _ model: ScoreModel, _ options: GridOptions) throws -> Double {
    try checkOneDimensional(target)
    try checkOneDimensional(model)
    let range = try options.range.map(interval) ?? defaultRange(target.distribution)
    try checkRange(range, holds: target.distribution)
    let density = try ScoreDensity(
      model, time: options.time, range: range, points: options.points, nodes: options.nodes)
    let logStep = log(density.step)
    let logP = try logDensity(target.distribution, at: density.x).polledMap { $0 + logStep }
    try checkMass(logP.polledReduce(0) { $0 + exp($1) }, points: options.points)
    guard let logQ = try density.logWeights() else { return .nan }
    return try zip(logP, logQ).polledReduce(0) { sum, pair in
      let (p, q) = pair
      return p == -.infinity ? sum : sum + exp(p) * (p - q)
    }
  }

  static func defaultRange(_ distribution: any Distribution) throws -> ClosedRange<Double> {
    let reach = try distribution.reach()
    let half = max(1, (max(abs(reach.lowerBound), abs(reach.upperBound)) / 10).rounded(.up)) * 10
    return -half...half
  }
}
