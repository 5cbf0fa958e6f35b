import Autodiff
import Catalog
import Models
import Tensors

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
      "1 is the reverse SDE, 0 its drift alone, which is not the probability flow",
      in: .nonNegative),
    order: .sde(strong: 1, weak: 1), source: "Song et al. 2021, Eq. 6, Appendix D",
    example: "m = nn.score_mlp{sde = sde.vp(), seed = 1}  "
      + "return sample.euler_maruyama(m, {count = 16, steps = 20, seed = 1})",
    start: step)

  package static func step(noiseScale: Double) -> SamplerStep {
    { x, t, u, model, noise in
      let dt = t - u
      let (f, g) = (model.process.drift(at: t), model.process.diffusion(at: t))
      guard f.isFinite, g.isFinite else {
        throw UserError(
          "the drift of \(model.sde.describe()) is infinite at t = \(formatNumber(t)), so the reverse "
            + "SDE cannot start there; start below it, or use sample.heun")
      }
      let s = try model.score(x, at: t)
      let mean = try x * (1 - f * dt) + s * (g * g * dt)
      guard noiseScale > 0, let z = try noise.normal(like: x) else { return mean }
      return try mean + z * (noiseScale * g * dt.squareRoot())
    }
  }
}
