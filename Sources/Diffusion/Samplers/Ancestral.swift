import Autodiff
import Catalog
import Models
import Processes
import Tensors

/// Ancestral sampling: x_u from its law given x_t = x and x_0 = E[x_0 | x]. With the forward kernel
/// x_t = a x_u + b z,
///
/// x_u = (x + b² s(x, t))/a + (b σ_u/σ_t) z.
///
/// Song et al. 2021, Appendix F: Eq. 47 where α is 1, and where it is not the same law with the variance of
/// the posterior (Ho et al. 2020, Eq. 7). It is `ddim` with eta = 1. One model call a step.
package enum Ancestral {
  package static let sampler = Sampler(
    "ancestral", "Ancestral sampling: from the law of the step before given the posterior mean.",
    convergence: .sde(strong: 1, weak: 1),
    source: "Song et al. 2021, Appendix F, Eq. 47; Ho et al. 2020, Eq. 7", start: start)

  package static func start(_ run: SamplingRun) -> SamplingStep {
    { x, interval in
      let kernel = ForwardKernel(run.process, interval)
      let std = kernel.posteriorStd
      return try run.posteriorStep(x, interval, kernel, room: std, noise: std)
    }
  }
}
