import Autodiff
import Catalog
import Models
import Processes
import Tensors

/// Denoising diffusion, x_u = (x − (b²/σ_t) E[z])/a + c z with the forward kernel x_t = a x_u + b z: the mean
/// of x_u given x_t and x_0 = E[x_0 | x], with noise of one of two sizes.
///
/// Ho et al. 2020, Algorithm 2 and Section 3.2, where a = √α_t and b² = β_t: c² = β_t = b², right for
/// x_0 ~ N(0, I), or c² = β̃_t = b² σ_u²/σ_t², right for a single x_0. One model call a step.
package enum DDPM {
  package static let sampler = Sampler(
    "ddpm", "Denoising diffusion (DDPM); one model call a step.",
    .option(
      "variance", default: "forward",
      "of the noise: 'forward' is β of the forward step, 'posterior' β̃ of the step given x_0",
      in: .oneOf(["forward", "posterior"])),
    convergence: .sde(strong: 1, weak: 1),
    variants: [
      CertifiedStart("variance = 'posterior'", .sde(strong: 1, weak: 1)) {
        start($0, variance: "posterior")
      }
    ],
    source: "Ho et al. 2020, Algorithm 2 and Section 3.2", start: start)

  package static func start(_ run: SamplingRun, variance: String) -> SamplingStep {
    { x, interval in
      let kernel = ForwardKernel(run.process, interval)
      let std = kernel.posteriorStd
      return try run.posteriorStep(
        x, interval, kernel, room: std, noise: variance == "posterior" ? std : kernel.b)
    }
  }
}
