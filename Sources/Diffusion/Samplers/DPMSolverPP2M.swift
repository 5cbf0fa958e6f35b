import Autodiff
import Catalog
import Glibc
import Models
import Tensors

/// DPM-Solver++(2M): the probability flow in λ = ln(α/σ), with the denoised sample D extrapolated from
/// the last two steps:
///
/// x ← (σ_u/σ_t) x − α_u (e^{−h} − 1) D,  h = λ_u − λ_t,
/// D = (1 + 1/(2r)) D_t − 1/(2r) D_{t'},  r = h'/h, with t' and h' of the step before.
///
/// Lu et al. 2022 (DPM-Solver++, Algorithm 2). One evaluation a step; the first, and one that ends
/// without noise, use D_t alone. λ here is half the log-SNR of a process.
package enum DPMSolverPP2M {
  package static let sampler = Sampler(
    "dpm_solver_pp_2m",
    "DPM-Solver++(2M) on the probability flow: deterministic, one evaluation a step.",
    order: .ode(2), source: "Lu et al. 2022 (DPM-Solver++), Algorithm 2",
    example: "m = nn.score_mlp{sde = sde.vp(), seed = 1}  "
      + "return sample.dpm_solver_pp_2m(m, {count = 16, steps = 10, seed = 1})"
  ) { () -> SamplerStep in
    var before: (denoised: Tensor, h: Double)?
    return { x, t, u, model, _ in
      let process = model.process
      let clean = try model.denoised(x, model.times(t, for: x))
      if process.sigma(at: u) == 0 { return try clean * process.alpha(at: u) }
      let h = (process.logSNR(at: u) - process.logSNR(at: t)) / 2
      var target = clean
      if let before, before.h.isFinite {
        let weight = h / (2 * before.h)
        target = try clean * (1 + weight) - before.denoised * weight
      }
      before = (clean.value, h)
      let keep = process.sigma(at: u) / process.sigma(at: t)
      return try x * keep - target * (process.alpha(at: u) * expm1(-h))
    }
  }
}
