import Catalog
import Glibc
import Models
import Runtime
import Targets
import Tensors

/// KL(p_t ‖ q_t) on a fine grid: the noised target against the density of a score at the same time.
///
/// q_t ∝ exp ∫ s(x, t) dx is normalised over the range by the trapezoidal rule, and
///   KL = ∫ p_t (ln p_t − ln q_t) dx
/// by the same rule. Zero for the exact score, up to the grid (below 1e-8 at the defaults for a mixture;
/// a test).
enum KLAtTime {
  static let entry = Entry.function(
    "kl_at_time",
    "KL divergence of the noised target p_t from the density of a score at the same time.",
    .arg("target"), .arg("model"), .group(FineGridOptions.self),
    .option(
      "info", default: false, "adds a second result: the value as a measurement with its floor"),
    returns: "KL in nats, nan where the score is not finite on the grid; with info a measurement",
    details: """
      One dimension; the target must have noised marginals. The range is, where absent, \
      the reach of p_t (six standard deviations) widened by half; one that leaves out more than 1e-6 of \
      the mass of p_t, or points too few to resolve it, are an error.

      Evaluates the score at (points − 1) · nodes + 1 places, in one call: 4001 at the defaults, where \
      each of the 2000 cells has 2 nodes, and the density of p_t at `points`.

      """ + Metric.claims(properties, .none),
    source: "Li et al. 2023, Eq. 11",
    example: """
      mix = target.gaussian_mixture{means = {-3, 3}}
      return metric.kl_at_time(mix, mix:model(sde.ve_power()), {time = 0.1})
      """
  ) { (target: Target, model: ScoreModel, options: OptionsOf<FineGridOptions>, info: Bool) in
    try KLOfScore.withFloor(target, model, info) { try kl(target, $0, options.values) }
  }

  private static let properties: [MetricProperty] = [.zeroOnItself, .zeroIffEqual]

  static let metric = Metric(
    entry, properties: properties, interval: .none,
    body: .model { model, target, _ in Estimate(try kl(target, model, FineGridOptions())) })

  static func kl(_ target: Target, _ model: ScoreModel, _ options: FineGridOptions) throws
    -> Double
  {
    try checkOneDimensional(target)
    try checkOneDimensional(model)
    try model.process.check(time: options.time, name: "time")
    let noised = try target.noised(model.sde, at: options.time)
    let range = try options.range.map(interval) ?? wideRange(of: noised)
    try checkRange(range, holds: noised)
    let density = try ScoreDensity(
      model, time: options.time, range: range, points: options.points, nodes: options.nodes)
    let logP = try logDensity(noised, at: density.x)
    let last = logP.count - 1
    let ends = (exp(logP[0]) + exp(logP[last])) / 2
    let mass = (try logP.polledReduce(0) { $0 + exp($1) } - ends) * density.step
    try checkMass(mass, points: options.points)
    guard let logQ = try density.normalisedLogDensity() else { return .nan }
    return try logP.indices.polledReduce(0.0) { total, i in
      if logP[i] == -.infinity { return total }
      let term = exp(logP[i]) * (logP[i] - logQ[i])
      return total + (i == 0 || i == last ? term / 2 : term)
    } * density.step
  }
}

/// The reach of a distribution on the line, widened by half about its middle.
func wideRange(of distribution: any Distribution) throws -> ClosedRange<Double> {
  let reach = try distribution.reach()
  let extra = (reach.upperBound - reach.lowerBound) / 4
  return reach.lowerBound - extra...reach.upperBound + extra
}
