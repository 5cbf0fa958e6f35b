import Autodiff
import Catalog
import Models
import Processes
import Tensors

/// The explicit midpoint method on the flow dx/dt = v(x, t) of flow matching:
///
/// x_u = x + h v(x + ½ h v(x, t), t + ½ h),  h = u − t.
///
/// It asks the model for the velocity alone, and never at u, so that it ends where no noise is left. Lipman et
/// al. 2023, Section 6; Runge 1895. Two model calls a step.
package enum FlowMidpoint {
  package static let sampler = Sampler(
    "flow_midpoint",
    "The midpoint method on the flow, from the velocity alone; two model calls a step.",
    convergence: .ode(order: 2), source: "Lipman et al. 2023, Section 6; Runge 1895",
    example: "m = nn.score_mlp{sde = sde.linear_flow(), predicts = 'velocity', seed = 1}  "
      + "return sample.flow_midpoint(m, {count = 16, times = {1, 0.75, 0.5, 0.25, 0}, seed = 1})",
    start: start)

  package static func start(_ run: SamplingRun) -> SamplingStep {
    { x, interval in try RungeKutta.midpoint.step(run, x, from: interval.t, to: interval.u) }
  }
}
