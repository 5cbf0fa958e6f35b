import Autodiff
import Catalog
import Glibc
import Models
import Processes
import Tensors

/// The stochastic sampler of Karras et al. 2022, Algorithm 2: each step first adds noise, which takes the
/// state up to a time t̂ > t, then makes a step of Heun's method from t̂ to u.
///
/// With the noise level ς = σ/α of x/α: ς̂ = (1 + γ) ς, γ = min(S_churn/N, √2 − 1) for S_min ≤ ς ≤ S_max,
/// and x/α gains S_noise √(ς̂² − ς²) z. Without churn it is `heun`.
package enum EDMStochastic {
  package static let sampler = Sampler(
    "edm_stochastic", "Heun's method with noise added before each step (churn).",
    .option("churn", default: 40.0, "S_churn, of all steps together", in: .nonNegative),
    .option(
      "churn_from", default: 0.0, "S_min, the lowest noise level σ/α with churn", in: .nonNegative),
    .option("churn_to", default: nil, "S_max, the highest; no bound where absent"),
    .option("noise_factor", default: 1.0, "S_noise, a factor on the noise", in: .positive),
    convergence: .sde(strong: nil, weak: 2), source: "Karras et al. 2022, Algorithm 2",
    example: "m = nn.score_mlp{sde = sde.vp(), seed = 1}  "
      + "return sample.edm_stochastic(m, {count = 16, steps = 20, churn = 10, seed = 1})",
    start: start)

  package static func start(
    _ run: SamplingRun, churn: Double, from least: Double, to most: Double?, factor: Double
  ) -> SamplingStep {
    let heun = Heun.start(run)
    return { x, interval in
      let process = run.process
      let t = interval.t
      let level = exp(-process.logSNR(at: t) / 2)
      let gamma = min(churn / Double(interval.count), 2.0.squareRoot() - 1)
      // No noise beyond the last time of the process.
      let highest = exp(-process.logSNR(at: process.times.upperBound) / 2)
      let raised = min(level * (1 + gamma), highest)
      guard raised > level, level >= least, level <= most ?? .infinity else {
        return try heun(x, interval)
      }
      let later = try process.time(ofLogSNR: -2 * log(raised))
      let ratio = process.alpha(at: later) / process.alpha(at: t)
      let spread =
        process.alpha(at: later) * factor * (raised * raised - level * level).squareRoot()
      let noised = try x * ratio + run.normal(like: x) * spread
      return try heun(
        noised,
        Interval(from: later, to: interval.u, index: interval.index, count: interval.count))
    }
  }
}
