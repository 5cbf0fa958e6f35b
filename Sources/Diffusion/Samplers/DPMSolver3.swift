import Autodiff
import Catalog
import Glibc
import Models
import Processes
import Tensors

/// DPM-Solver-3 on the probability flow in λ = ln(α/σ), h = λ_u − λ_t, with s₁ and s₂ where r₁ = ⅓ and
/// r₂ = ⅔ of h are done, ε = E[z | x]:
///
/// x_1 = (α_1/α_t) x − σ_1 (e^{r₁h} − 1) ε_t,
/// x_2 = (α_2/α_t) x − σ_2 (e^{r₂h} − 1) ε_t − σ_2 (r₂/r₁) ((e^{r₂h} − 1)/(r₂h) − 1) (ε_1 − ε_t),
/// x_u = (α_u/α_t) x − σ_u (e^h − 1) ε_t − (σ_u/r₂) ((e^h − 1)/h − 1) (ε_2 − ε_t).
///
/// Lu et al. 2022 (DPM-Solver), Algorithm 2. A step to σ = 0 is of order 1. Three model calls a step.
package enum DPMSolver3 {
  package static let sampler = Sampler(
    "dpm_solver_3", "DPM-Solver-3 on the probability flow; three model calls a step.",
    convergence: .ode(order: 3), source: "Lu et al. 2022 (DPM-Solver), Algorithm 2", start: start)

  package static func start(_ run: SamplingRun) -> SamplingStep {
    run.stepsInLambda { x, step, _ in try move(run, x, step) }
  }

  static func move(_ run: SamplingRun, _ x: Tensor, _ step: LambdaInterval) throws -> Tensor {
    let (r1, r2) = (1.0 / 3, 2.0 / 3)
    let (first, second) = (try step.part(r1), try step.part(r2))
    let e = try run.noise(x, at: step.t)
    let d1 = try run.noise(first.moved(x, noise: e), at: first.u) - e
    let x2 =
      try second.moved(x, noise: e)
      - d1 * (second.sigma.u * r2 / r1 * (expm1(second.h) / second.h - 1))
    let d2 = try run.noise(x2, at: second.u) - e
    return try step.moved(x, noise: e) - d2 * (step.sigma.u / r2 * (expm1(step.h) / step.h - 1))
  }
}
