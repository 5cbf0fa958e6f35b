import Autodiff
import Catalog
import Models
import Processes
import Tensors

/// DPM-Solver-1, the exponential integrator of the probability flow in λ = ln(α/σ) of order 1:
///
/// x_u = (α_u/α_t) x − σ_u (e^h − 1) E[z | x],  h = λ_u − λ_t.
///
/// Lu et al. 2022 (DPM-Solver), Eq. 11, which is `ddim` without noise. One model call a step.
package enum DPMSolver1 {
  package static let sampler = Sampler(
    "dpm_solver_1", "DPM-Solver-1 on the probability flow; one model call a step.",
    convergence: .ode(order: 1), source: "Lu et al. 2022 (DPM-Solver), Eq. 11", start: start)

  package static func start(_ run: SamplingRun) -> SamplingStep {
    { x, interval in try run.firstOrderStep(x, from: interval.t, to: interval.u) }
  }
}
