import Autodiff
import Catalog
import Models
import Processes
import Tensors

/// DPM-Solver++(3M), three-step exponential integrator of the probability flow in λ = ln(α/σ), h = λ_u − λ_t:
///
/// x_u = (σ_u/σ_t) x + α_u h [φ₁ D + φ₂ h D′ + φ₃ h² D″],
///
/// with D′ and D″ at t those of the parabola through the posterior means of the last three steps, and φ the
/// integrals of e^{−h(1−θ)} against 1, θ and ½ θ². The first step is one of DPM-Solver++(2S), the second has the
/// line through two means: with less the order would be 2.
///
/// Lu et al. 2022 (DPM-Solver++), Section 4 and code. The code multiplies ½ D″ with φ₃, half of the last term;
/// with that the order is 2. One model call a step, and two in the first.
package enum DPMSolverPP3M {
  package static let sampler = Sampler(
    "dpm_solver_pp_3m",
    "DPM-Solver++(3M), of three steps, on the probability flow; one model call a step, two in the first.",
    convergence: .ode(order: 3), source: "Lu et al. 2022 (DPM-Solver++), Section 4", start: start)

  package static func start(_ run: SamplingRun) -> SamplingStep {
    var known: [(lambda: Double, value: Tensor)] = []
    return run.stepsInLambda { x, step, _ in
      known = Array(known.suffix(2)) + [(step.lambda.t, try run.denoise(x, at: step.t))]
      return known.count == 1
        ? try DPMSolverPP2S.move(run, x, step) : try step.moved(x, through: known)
    }
  }
}
