import Catalog
import Models

/// Euler–Maruyama on the reverse SDE dx = [f(t) x − g(t)² s(x, t)] dt + g(t) dW̄, run backwards in time:
///
/// x ← x − [f(t) x − g(t)² s(x, t)] Δt + g(t) √Δt z,  Δt = t − u > 0.
///
/// Anderson 1982 (the reverse SDE); Song et al. 2021, Eq. 6 and Appendix D. The noise does not depend
/// on x, so the scheme is Milstein's too and its paths converge with order 1. One score a step.
package enum EulerMaruyama {
  package static let sampler = Sampler(
    "euler_maruyama", "Euler–Maruyama on the reverse SDE.",
    .option(
      "noise_scale", default: 1.0,
      "1 is the reverse SDE, 0 its drift alone, which is not the probability flow (sample.heun)",
      in: .nonNegative),
    convergence: .sde(strong: 1, weak: 1), source: "Song et al. 2021, Eq. 6, Appendix D",
    example: "m = nn.score_mlp{sde = sde.vp(), seed = 1}  "
      + "return sample.euler_maruyama(m, {count = 16, steps = 20, seed = 1})",
    start: start)

  package static func start(_ run: SamplingRun, noiseScale: Double) -> SamplingStep {
    { x, interval in
      let dt = interval.t - interval.u
      let f = run.process.drift(at: interval.t)
      let g = run.process.diffusion(at: interval.t)
      guard f.isFinite, g.isFinite else {
        throw UserError(
          "the drift of \(run.model.sde.describe()) is infinite at t = \(formatNumber(interval.t)), "
            + "so the reverse SDE cannot start there; start below it, or use sample.heun")
      }
      let noise = interval.omitsNoise ? 0 : noiseScale * g * dt.squareRoot()
      return try run.linearStep(x, at: interval.t, 1 - f * dt, .score, g * g * dt, noise: noise)
    }
  }
}
