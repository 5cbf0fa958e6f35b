import Autodiff
import Catalog
import Models
import Processes
import Tensors

/// Euler's method on the probability-flow ODE dx/dt = v(x, t) = f x − ½ g² s:
///
/// x_u = x + (u − t) v(x, t).
///
/// Song et al. 2021, Eq. 13; Euler 1768. Where σ(u) = 0 the step ends at the posterior mean. One model call a
/// step.
package enum Euler {
  package static let sampler = Sampler(
    "euler", "Euler's method on the probability-flow ODE; one model call a step.",
    convergence: .ode(order: 1), source: "Song et al. 2021, Eq. 13", start: start)

  package static func start(_ run: SamplingRun) -> SamplingStep {
    { x, interval in
      let (t, u) = (interval.t, interval.u)
      if let end = try run.cleanEnd(x, from: t, to: u) { return end }
      return try run.linearStep(x, at: t, 1, .velocity, u - t)
    }
  }
}
