import Glibc
import Models
import Processes
import Tensors

/// The law of x_t given x_u between two times u < t, x_t = a x_u + b z, and what follows for a step back:
/// a = α_t/α_u, b² = σ_t² − a² σ_u² = σ_t² (1 − e^{−2h}), h = λ_u − λ_t, λ = ln(α/σ).
///
/// Where α or b vary little, a ≈ 1 + f Δt and b² ≈ g² Δt.
struct ForwardKernel {
  let alpha: (t: Double, u: Double)
  let sigma: (t: Double, u: Double)
  /// h, infinite where α_t or σ_u is 0.
  let h: Double

  init(_ process: any DiffusionProcess, _ interval: Interval) {
    let (t, u) = (interval.t, interval.u)
    alpha = (process.alpha(at: t), process.alpha(at: u))
    sigma = (process.sigma(at: t), process.sigma(at: u))
    h = (process.logSNR(at: u) - process.logSNR(at: t)) / 2
  }

  var a: Double { alpha.t / alpha.u }
  var b: Double { (-expm1(-2 * h)).squareRoot() * sigma.t }

  /// The standard deviation of x_u given x_t and x_0, b σ_u/σ_t.
  var posteriorStd: Double { (-expm1(-2 * h)).squareRoot() * sigma.u }
}

extension SamplingRun {
  /// A sample of x_u given x_t = x and x_0 = E[x_0 | x], with noise of any standard deviation c ≤ σ_u in
  /// place of b σ_u/σ_t:
  ///
  /// x_u = α_u E[x_0] + √(σ_u² − k²) E[z] + c z,  k the noise that the mean leaves room for.
  ///
  /// Song et al. 2021 (DDIM), Eq. 12; with k = c = b σ_u/σ_t Ho et al. 2020, Eq. 7.
  func posteriorStep(
    _ x: Tensor, _ interval: Interval, _ kernel: ForwardKernel, room k: Double, noise c: Double
  ) throws -> Tensor {
    let kept = max(kernel.sigma.u * kernel.sigma.u - k * k, 0).squareRoot() / kernel.sigma.t
    return try linearStep(
      x, at: interval.t, kept, .clean, kernel.alpha.u - kept * kernel.alpha.t,
      noise: interval.omitsNoise ? 0 : c)
  }
}
