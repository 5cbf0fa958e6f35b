import Autodiff
import Catalog
import Glibc
import Models
import Processes
import Tensors

/// DPM-Solver-2 on the probability flow in λ = ln(α/σ), h = λ_u − λ_t, with s where half of h is done:
///
/// x_s = (α_s/α_t) x − σ_s (e^{h/2} − 1) ε(x, t),  x_u = (α_u/α_t) x − σ_u (e^h − 1) ε(x_s, s),
///
/// ε = E[z | x]. Lu et al. 2022 (DPM-Solver), Algorithm 1, r₁ = ½. A step to σ = 0 is of order 1. Two model
/// calls a step.
package enum DPMSolver2 {
  package static let sampler = Sampler(
    "dpm_solver_2", "DPM-Solver-2 on the probability flow; two model calls a step.",
    convergence: .ode(order: 2), source: "Lu et al. 2022 (DPM-Solver), Algorithm 1", start: start)

  package static func start(_ run: SamplingRun) -> SamplingStep {
    run.stepsInLambda { x, step, _ in try move(run, x, step) }
  }

  static func move(_ run: SamplingRun, _ x: Tensor, _ step: LambdaInterval) throws -> Tensor {
    let half = try step.part(0.5)
    let middle = try half.moved(x, noise: run.noise(x, at: step.t))
    return try step.moved(x, noise: run.noise(middle, at: half.u))
  }
}
