import Autodiff
import Glibc
import Models
import Tensors

/// The single step of order 3 in the posterior mean D, with x_1 and x_2 where r₁ = ⅓ and r₂ = ⅔ of h are done:
///
/// x_1 = (σ_1/σ_t) x − α_1 (e^{−r₁h} − 1) D_t,
/// x_2 = (σ_2/σ_t) x − α_2 (e^{−r₂h} − 1) D_t + α_2 (r₂/r₁) ((e^{−r₂h} − 1)/(r₂h) + 1) (D_1 − D_t),
/// x_u = (σ_u/σ_t) x − α_u (e^{−h} − 1) D_t + (α_u/r₂) ((e^{−h} − 1)/h + 1) (D_2 − D_t).
///
/// Lu et al. 2022 (DPM-Solver++), Appendix (DPM-Solver-3 for the posterior mean).
enum DPMSolverPP3S {
  static func move(_ run: SamplingRun, _ x: Tensor, _ step: LambdaInterval) throws -> Tensor {
    let (r1, r2) = (1.0 / 3, 2.0 / 3)
    let (first, second) = (try step.part(r1), try step.part(r2))
    let d = try run.denoise(x, at: step.t)
    let d1 = try run.denoise(first.moved(x, clean: d), at: first.u) - d
    let x2 =
      try second.moved(x, clean: d)
      + d1 * (second.alpha.u * r2 / r1 * (expm1(-second.h) / second.h + 1))
    let d2 = try run.denoise(x2, at: second.u) - d
    return try step.moved(x, clean: d) + d2 * (step.alpha.u / r2 * (expm1(-step.h) / step.h + 1))
  }
}
