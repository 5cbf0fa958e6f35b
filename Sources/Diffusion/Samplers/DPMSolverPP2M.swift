import Autodiff
import Catalog
import Glibc
import Models
import Processes
import Tensors

/// DPM-Solver++(2M), the two-step exponential integrator of the probability flow in λ = ln(α/σ):
///
/// x_u = (σ_u/σ_t) x − α_u (e^{−h} − 1) D,  D = (1 + 1/2r) D_t − 1/2r D_before,
///
/// with D the posterior mean, h = λ_u − λ_t and r = h_before/h. The first step has D = D_t alone, and so
/// has one that ends at σ = 0. Lu et al. 2022 (DPM-Solver++), Algorithm 2. One model call a step.
package enum DPMSolverPP2M {
  package static let sampler = Sampler(
    "dpm_solver_pp_2m",
    "DPM-Solver++ of two steps on the probability flow; one model call a step.",
    convergence: .ode(order: 2), source: "Lu et al. 2022 (DPM-Solver++), Algorithm 2",
    example: "m = nn.score_mlp{sde = sde.vp(), seed = 1}  return sample.dpm_solver_pp_2m(m, "
      + "{count = 16, times = schedule.log_snr(m.sde, 20), seed = 1})",
    start: start)

  package static func start(_ run: SamplingRun) -> SamplingStep {
    var before: (mean: Tensor, h: Double)?
    return { x, interval in
      let (t, u) = (interval.t, interval.u)
      if let end = try run.cleanEnd(x, from: t, to: u) { return end }
      let process = run.process
      let mean = try run.denoise(x, at: t)
      let h = (process.logSNR(at: u) - process.logSNR(at: t)) / 2
      let scale = -process.alpha(at: u) * expm1(-h)
      var terms = [(process.sigma(at: u) / process.sigma(at: t), x), (scale, mean)]
      if let before {
        let weight = h / (2 * before.h)
        terms[1].0 = scale * (1 + weight)
        terms.append((-scale * weight, before.mean))
      }
      before = (mean, h)
      return try combination(terms)
    }
  }
}
