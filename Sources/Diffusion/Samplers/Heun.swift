import Autodiff
import Catalog
import Models
import Processes
import Tensors

/// Heun's method on the probability-flow ODE dx/dt = v(x, t) = f x − ½ g² s, from t to u:
///
/// x̃ = x + (u − t) v(x, t),  x_u = x + ½ (u − t) [v(x, t) + v(x̃, u)].
///
/// Song et al. 2021, Eq. 13; Karras et al. 2022, Algorithm 1. Where σ(u) = 0 the step ends at the
/// posterior mean. Two model calls a step.
package enum Heun {
  package static let sampler = Sampler(
    "heun", "Heun's method on the probability-flow ODE; two model calls a step.",
    convergence: .ode(order: 2),
    source: "Karras et al. 2022, Algorithm 1; Song et al. 2021, Eq. 13",
    example: "m = nn.score_mlp{sde = sde.vp(), seed = 1}  "
      + "return sample.heun(m, {count = 16, times = schedule.log_snr(m.sde, 20), seed = 1})",
    start: start)

  package static func start(_ run: SamplingRun) -> SamplingStep {
    { x, interval in
      let (t, u) = (interval.t, interval.u)
      if let end = try run.cleanEnd(x, from: t, to: u) { return end }
      return try RungeKutta.heun.step(run, x, from: t, to: u)
    }
  }
}

extension SamplingRun {
  /// α(u) E[x_0 | x], what all methods tend to where no noise is left at u; nil where some is.
  func cleanEnd(_ x: Tensor, from t: Double, to u: Double) throws -> Tensor? {
    guard process.sigma(at: u) == 0 else { return nil }
    guard model.function.givesVelocityOnly else {
      return try denoise(x, at: t) * process.alpha(at: u)
    }
    // x_t = α x_0 + σ z and v = α′ x_0 + σ′ z hold on average whatever the law of both.
    let times = try Tensor.full([x.shape[0]], t, x.dtype == .float64 ? .float64 : .float32)
    let clean = try Quantity.velocity.converted(
      velocity(x, at: t), to: .clean, x, Marginal(process, times, rank: x.rank))
    return try clean * process.alpha(at: u)
  }
}
