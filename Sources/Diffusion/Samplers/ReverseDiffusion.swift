import Autodiff
import Catalog
import Models
import Processes
import Tensors

/// The reverse diffusion sampler: the reverse SDE in the steps of the forward one. With the forward kernel
/// x_t = a x_u + b z,
///
/// x_u = (2 − a) x + b² s(x, t) + b z.
///
/// Song et al. 2021, Appendix E, Eq. 46 (a x_u − x_u is their f, b their G). One model call a step.
package enum ReverseDiffusion {
  package static let sampler = Sampler(
    "reverse_diffusion",
    "The reverse SDE in the steps of the forward one, x ← (2 − a) x + b² s + b z.",
    convergence: .sde(strong: 1, weak: 1), source: "Song et al. 2021, Appendix E, Eq. 46",
    start: start)

  package static func start(_ run: SamplingRun) -> SamplingStep {
    { x, interval in
      let kernel = ForwardKernel(run.process, interval)
      let b = kernel.b
      return try run.linearStep(
        x, at: interval.t, 2 - kernel.a, .score, b * b, noise: interval.omitsNoise ? 0 : b)
    }
  }
}
