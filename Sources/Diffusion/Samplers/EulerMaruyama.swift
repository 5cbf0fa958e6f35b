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
      "noise_scale", default: 1.0, "1 is the reverse SDE, 0 its drift alone", in: .nonNegative),
    strongOrder: 1, weakOrder: 1, source: "Song et al. 2021, Eq. 6, Appendix D",
    example: "m = nn.score_mlp{sde = sde.vp(), seed = 1}  "
      + "return sample.euler_maruyama(m, {count = 16, steps = 20, seed = 1})",
    step: step)

  package static func step(
    x: Tensor, from t: Double, to u: Double, model: ScoreModel, noise: NoiseStream,
    noiseScale: Double
  ) throws -> Tensor {
    let dt = t - u
    let f = model.process.drift(at: t)
    let g = model.process.diffusion(at: t)
    let s = try model.score(x, at: t)
    let mean = try x * (1 - f * dt) + s * (g * g * dt)
    guard noiseScale > 0, let z = try noise.normal(like: x) else { return mean }
    return try mean + z * (noiseScale * g * dt.squareRoot())
  }
}
