import Autodiff
import Catalog
import Models
import Processes
import Tensors

/// Denoising diffusion implicit models: the posterior mean and the noise that x holds, mixed anew:
///
/// x_u = α_u E[x_0 | x] + √(σ_u² − c²) E[z | x] + c z,  c = η b σ_u/σ_t,
///
/// with the forward kernel x_t = a x_u + b z. Song et al. 2021 (DDIM), Eq. 12 and 16: η = 0 draws no noise and
/// is a step of order 1 along the probability flow, η = 1 is ancestral sampling. One model call a step.
package enum DDIM {
  package static let sampler = Sampler(
    "ddim", "Denoising diffusion implicit models (DDIM); one model call a step.",
    .option(
      "eta", default: 0.0, "η, how much noise: 0 is none, 1 that of ancestral sampling",
      in: .within(0...1)),
    convergence: .ode(order: 1),
    variants: [0.5, 1].map { eta in
      CertifiedStart("eta = \(formatNumber(eta))", .sde(strong: eta == 1 ? 1 : nil, weak: 1)) {
        start($0, eta: eta)
      }
    },
    details: "With eta above 0 it draws noise: weak order 1.",
    source: "Song et al. 2021 (DDIM), Eq. 12 and 16", start: start)

  package static func start(_ run: SamplingRun, eta: Double) -> SamplingStep {
    { x, interval in
      let kernel = ForwardKernel(run.process, interval)
      let std = eta * kernel.posteriorStd
      return try run.posteriorStep(x, interval, kernel, room: std, noise: std)
    }
  }
}
