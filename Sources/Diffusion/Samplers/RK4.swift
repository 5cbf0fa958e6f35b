import Autodiff
import Catalog
import Models
import Processes
import Tensors

/// The classical Runge–Kutta method on the probability-flow ODE dx/dt = v(x, t), h = u − t:
///
/// k₁ = v(x, t), k₂ = v(x + ½ h k₁, t + ½ h), k₃ = v(x + ½ h k₂, t + ½ h), k₄ = v(x + h k₃, u),
/// x_u = x + h (k₁ + 2 k₂ + 2 k₃ + k₄)/6.
///
/// Kutta 1901. Where σ(u) = 0 the step ends at the posterior mean. Four model calls a step.
package enum RK4 {
  package static let sampler = Sampler(
    "rk4", "The classical Runge–Kutta method on the probability-flow ODE; four model calls a step.",
    convergence: .ode(order: 4), source: "Kutta 1901; Song et al. 2021, Eq. 13", start: start)

  package static func start(_ run: SamplingRun) -> SamplingStep {
    { x, interval in
      let (t, u) = (interval.t, interval.u)
      if let end = try run.cleanEnd(x, from: t, to: u) { return end }
      return try RungeKutta.classical.step(run, x, from: t, to: u)
    }
  }
}
