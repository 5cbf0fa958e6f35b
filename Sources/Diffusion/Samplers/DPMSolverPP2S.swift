import Autodiff
import Catalog
import Models
import Processes
import Tensors

/// DPM-Solver++(2S), a single step of order 2 on the probability flow in λ = ln(α/σ), h = λ_u − λ_t, with s
/// where half of h is done and D = E[x_0 | x]:
///
/// x_s = (σ_s/σ_t) x − α_s (e^{−h/2} − 1) D(x, t),  x_u = (σ_u/σ_t) x − α_u (e^{−h} − 1) D(x_s, s).
///
/// Lu et al. 2022 (DPM-Solver++), Algorithm 1, r = ½. A step to σ = 0 is of order 1. Two model calls a step.
package enum DPMSolverPP2S {
  package static let sampler = Sampler(
    "dpm_solver_pp_2s",
    "DPM-Solver++(2S), of single steps, on the probability flow; two model calls a step.",
    convergence: .ode(order: 2), source: "Lu et al. 2022 (DPM-Solver++), Algorithm 1", start: start)

  package static func start(_ run: SamplingRun) -> SamplingStep {
    run.stepsInLambda { x, step, _ in try move(run, x, step) }
  }

  static func move(_ run: SamplingRun, _ x: Tensor, _ step: LambdaInterval) throws -> Tensor {
    let half = try step.part(0.5)
    let middle = try half.moved(x, clean: run.denoise(x, at: step.t))
    return try step.moved(x, clean: run.denoise(middle, at: half.u))
  }
}
