import Autodiff
import Catalog
import Glibc
import Models
import Processes
import Tensors

/// SDE-DPM-Solver++(2M), the two-step exponential integrator of the reverse SDE in λ = ln(α/σ), h = λ_u − λ_t:
///
/// x_u = (σ_u/σ_t) e^{−h} x + α_u (1 − e^{−2h}) D + σ_u √(1 − e^{−2h}) z,
/// D = (1 + 1/2r) D_t − 1/2r D_before,
///
/// D_t the posterior mean and r = h_before/h. The first step has D = D_t alone, and so has one that ends at
/// σ = 0. Lu et al. 2022 (DPM-Solver++), Section 5 and Algorithm 2. One model call a step.
package enum DPMSolverPPSDE {
  package static let sampler = Sampler(
    "dpm_solver_pp_sde",
    "SDE-DPM-Solver++(2M), of two steps, on the reverse SDE; one model call a step.",
    convergence: .sde(strong: 1, weak: 2), source: "Lu et al. 2022 (DPM-Solver++), Section 5",
    start: start)

  package static func start(_ run: SamplingRun) -> SamplingStep {
    var before: (mean: Tensor, h: Double)?
    return run.stepsInLambda { x, step, interval in
      let h = step.h
      let mean = try run.denoise(x, at: step.t)
      var combined = mean
      if let before {
        let weight = h / (2 * before.h)
        combined = try mean * (1 + weight) - before.mean * weight
      }
      before = (mean, h)
      let fresh = -expm1(-2 * h)
      let next = try x * (step.sigma.u / step.sigma.t * exp(-h)) + combined * (step.alpha.u * fresh)
      if interval.omitsNoise { return next }
      return try next + run.normal(like: x) * (step.sigma.u * fresh.squareRoot())
    }
  }
}
