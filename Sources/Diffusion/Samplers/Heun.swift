import Autodiff
import Catalog
import Models
import Tensors

/// Heun's method on the probability flow dx/dt = v(x, t) = f x − ½ g² s, from t down to u:
///
/// x' = x + (u − t) v(x, t),  x ← x + ½ (u − t) (v(x, t) + v(x', u)).
///
/// Karras et al. 2022, Algorithm 1. Two evaluations a step; where σ(u) = 0 the step is exact for the
/// denoised sample: x ← α(u) D(x, t).
package enum Heun {
  package static let sampler = Sampler(
    "heun", "Heun's method on the probability flow: deterministic, two evaluations a step.",
    order: .ode(2), source: "Karras et al. 2022, Algorithm 1; Song et al. 2021, Eq. 13",
    example: "m = nn.score_mlp{sde = sde.vp(), seed = 1}  "
      + "return sample.heun(m, {count = 16, steps = 10, seed = 1})"
  ) { () -> SamplerStep in
    { x, t, u, model, _ in
      if model.process.sigma(at: u) == 0 { return try model.denoisedEnd(x, from: t, to: u) }
      let slope = try model.estimate(.velocity, x, at: t)
      let ahead = try x + slope * (u - t)
      return try x + (slope + model.estimate(.velocity, ahead, at: u)) * ((u - t) / 2)
    }
  }
}

extension ScoreModel {
  /// Any quantity at one time.
  func estimate(_ quantity: Parametrization, _ x: Tensor, at t: Double) throws -> Tensor {
    try estimate(quantity, x, times(t, for: x))
  }

  /// The end of a path at a time without noise: α(u) D(x, t).
  func denoisedEnd(_ x: Tensor, from t: Double, to u: Double) throws -> Tensor {
    try denoised(x, times(t, for: x)) * process.alpha(at: u)
  }

  func times(_ t: Double, for x: Tensor) throws -> Tensor {
    try Tensor.full([x.shape[0]], t, x.dtype == .float64 ? .float64 : .float32)
  }
}
