import Autodiff
import Catalog
import Glibc
import Models
import Processes
import Runtime
import Tensors

/// The Metropolis-adjusted Langevin algorithm at falling noise levels, or at one: from x the proposal
///
/// y = x + ε s(x, t) + √(2ε) z,  ε = ½ (r σ(t))² d^{−1/3},
///
/// is accepted with probability min(1, p_t(y) q(x | y)/(p_t(x) q(y | x))), so that p_t is kept exactly whatever ε.
/// Roberts and Tweedie 1996; the power of d Roberts and Rosenthal 1998. Between two levels x/α stays as it is.
///
/// It needs ln p_t, which exact scores of targets have. One model call a step, and one at each level.
package enum MALA {
  package static let sampler = Sampler(
    "mala", "Langevin steps with the test of Metropolis, at each of the falling noise levels.",
    .option(
      "corrections", default: 5, "proposals at each level", in: .within(1...10_000)),
    .option("ratio", default: 1.0, "r, which sets the step", in: .positive),
    LangevinLevel.option,
    convergence: .none("the Langevin steps do not shrink with those of the grid", bias: 0.15),
    details:
      "For models with a density. accepted and rejected in info count the proposals of each sample.",
    source: "Roberts and Tweedie 1996; Roberts and Rosenthal 1998",
    example: "m = target.gaussian_mixture{means = {-3, 3}}:model(sde.vp())  "
      + "return sample.mala(m, {count = 16, steps = 20, seed = 1})",
    start: start)

  /// A point with what the test asks of it.
  private struct State {
    let x: Tensor
    let score: Tensor
    let logDensity: [Double]
  }

  private static func state(_ run: SamplingRun, _ x: Tensor, _ t: Double) throws -> State {
    State(
      x: x, score: try run.score(x, at: t).value,
      logDensity: try run.model.logDensity(x, at: t).value.doubles())
  }

  package static func start(
    _ run: SamplingRun, corrections: Int, ratio: Double, level: Double?
  ) throws -> SamplingStep {
    guard run.model.hasLogDensity else {
      throw UserError(
        "model must have a density, as the exact scores of targets do, got \(run.model.describe())")
    }
    let level = try LangevinLevel(run, level)
    let d = Double(run.model.dimension)
    return { x, interval in
      let t = level.time(interval)
      let r = ratio * run.process.sigma(at: t)
      let epsilon = r * r / (2 * cbrt(d))
      run.countRows(x.shape[0])
      var state = try state(run, level.begun(x, interval), t)
      for _ in 0..<corrections {
        try Cancellation.check()
        state = try moved(run, state, at: t, epsilon)
      }
      return state.x
    }
  }

  private static func moved(
    _ run: SamplingRun, _ from: State, at t: Double, _ epsilon: Double
  ) throws -> State {
    let x = from.x
    let z = try run.normal(like: x)
    let spread = (2 * epsilon).squareRoot()
    let to = try state(run, x + from.score * epsilon + z * spread, t)
    let back = try (x - to.x - to.score * epsilon) * (1 / spread)
    let (there, home) = (try squaredNorms(z), try squaredNorms(back))
    let isAccepted = try run.uniforms(x.shape[0]).enumerated().map { row, u in
      log(u) < to.logDensity[row] - from.logDensity[row] + (there[row] - home[row]) / 2
    }
    for (row, isAccepted) in isAccepted.enumerated() { run.note(row: row, isAccepted: isAccepted) }
    return State(
      x: try chosen(to.x, from.x, isAccepted), score: try chosen(to.score, from.score, isAccepted),
      logDensity: isAccepted.indices.map {
        isAccepted[$0] ? to.logDensity[$0] : from.logDensity[$0]
      })
  }

  /// Rows of one of two tensors.
  private static func chosen(_ a: Tensor, _ b: Tensor, _ takesFirst: [Bool]) throws -> Tensor {
    let n = takesFirst.count
    return try concatenate([a, b], axis: 0).value.gathered(
      rows: takesFirst.enumerated().map { $1 ? $0 : n + $0 })
  }

  private static func squaredNorms(_ x: Tensor) throws -> [Double] {
    try sum(square(flattenedPoints(x.value.converted(to: .float64))), axis: 1).doubles()
  }
}
