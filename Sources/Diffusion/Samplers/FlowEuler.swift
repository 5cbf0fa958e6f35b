import Autodiff
import Catalog
import Models
import Processes
import Tensors

/// Euler's method on the flow dx/dt = v(x, t) of flow matching, x_u = x + (u − t) v(x, t).
///
/// It asks the model for the velocity α′ E[x_0] + σ′ E[z] alone, which is finite at both ends of a diffusion,
/// where f and g are not, and which some models give alone. So it goes all the way from noise to data.
/// Lipman et al. 2023, Section 6. One model call a step.
package enum FlowEuler {
  package static let sampler = Sampler(
    "flow_euler", "Euler's method on the flow, from the velocity alone; one model call a step.",
    convergence: .ode(order: 1), source: "Lipman et al. 2023, Section 6; Liu et al. 2023",
    example: "m = nn.score_mlp{sde = sde.linear_flow(), predicts = 'velocity', seed = 1}  "
      + "return sample.flow_euler(m, {count = 16, times = {1, 0.75, 0.5, 0.25, 0}, seed = 1})",
    start: start)

  package static func start(_ run: SamplingRun) -> SamplingStep {
    { x, interval in
      try run.linearStep(x, at: interval.t, 1, .velocity, interval.u - interval.t)
    }
  }
}
