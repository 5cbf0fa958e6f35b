import Catalog
import Glibc
import Models
import Runtime
import Tensors

/// The density that a one-dimensional score has at one time, q ∝ exp ∫ s(x, t) dx, for looking at: on a
/// grid, and how much of it lies left of a point. Li et al. 2023, Eq. 11 and Figs. 4, 5.
enum DensityOfScore {
  static let entry = Entry.function(
    "density_of_score", "The density whose score a model has at one time, on a grid.",
    .arg("model"), .option("range", "{first, last} of the grid", in: .interval),
    .option("time", default: 0.065, "time at which the score is taken", in: .nonNegative),
    .option("points", default: 2001, "points of the grid", in: .within(3...(1 << 24))),
    .option("nodes", default: nil, nodesSummary, in: .even),
    returns:
      "x and q(x), float64 tensors of shape [points]; q is nan where the score is not finite",
    details: """
      One dimension. q integrates to 1 over the range by the trapezoidal rule. Evaluates the score at \
      (points − 1) · nodes + 1 places, in one call: 4001 at the defaults.
      """,
    source: "Li et al. 2023, Eq. 11",
    example: """
      m = target.gaussian_mixture{means = {-3, 3}}:model(sde.ve_power())
      x, q = metric.density_of_score(m, {range = {-10, 10}})
      return q
      """
  ) { (model: ScoreModel, range: [Double], time: Double, points: Int, nodes: Int?) in
    let (x, q) = try density(model, interval(range), time: time, points: points, nodes: nodes)
    return Several(try Tensor(x), try Tensor(q))
  }

  static let massLeft = Entry.function(
    "mass_left", "How much of the density of a score lies left of a point: the weight of a mode.",
    .arg("model"), .option("range", "{first, last} of the grid", in: .interval),
    .option("at", default: 0, "the point", in: .finite),
    .option("time", default: 0.065, "time at which the score is taken", in: .nonNegative),
    .option("points", default: 2001, "points of the grid", in: .within(3...(1 << 24))),
    .option("nodes", default: nil, nodesSummary, in: .even),
    returns: "a share from 0 to 1; nan where the score is not finite",
    details: "Evaluates the score as density_of_score does: at 4001 places at the defaults.",
    source: "Li et al. 2023, §4.1.2 and Fig. 5",
    example: """
      m = target.gaussian_mixture{means = {-3, 3}, weights = {0.25, 0.75}}:model(sde.ve_power())
      return metric.mass_left(m, {range = {-10, 10}})
      """
  ) {
    (model: ScoreModel, range: [Double], point: Double, time: Double, points: Int, nodes: Int?) in
    let (x, q) = try density(model, interval(range), time: time, points: points, nodes: nodes)
    return try mass(x, q, leftOf: point)
  }

  private static func density(
    _ model: ScoreModel, _ range: ClosedRange<Double>, time: Double, points: Int, nodes: Int?
  ) throws -> ([Double], [Double]) {
    try checkOneDimensional(model)
    let density = try ScoreDensity(model, time: time, range: range, points: points, nodes: nodes)
    let q = try density.normalisedLogDensity()?.polledMap { exp($0) }
    return (density.x, q ?? Array(repeating: .nan, count: points))
  }

  /// The trapezoidal integral of q up to `point`, q being linear between neighbours.
  private static func mass(_ x: [Double], _ q: [Double], leftOf point: Double) throws
    -> Double
  {
    try (0..<x.count - 1).polledReduce(0) { total, i in
      let share = min(max((point - x[i]) / (x[i + 1] - x[i]), 0), 1)
      let end = q[i] + share * (q[i + 1] - q[i])
      return total + (q[i] + end) / 2 * share * (x[i + 1] - x[i])
    }
  }
}
