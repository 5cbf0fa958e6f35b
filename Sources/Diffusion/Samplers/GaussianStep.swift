import Autodiff
import Catalog
import Glibc
import Models
import Processes
import Tensors

/// Exact steps of the reverse diffusion of N(m, C) data: x_u from its law given x_t = x. With x_0 given x, whose
/// covariance is C_x = (C⁻¹ + α_t²/σ_t²)⁻¹ and mean m + α_t C (α_t² C + σ_t²)⁻¹ (x − α_t m), and the forward
/// kernel x_t = a x_u + b z,
///
/// x_u = A x_0 + (a σ_u²/σ_t²) x + (b σ_u/σ_t) z,  A = α_u b²/σ_t²,
///
/// so that the covariance of x_u given x is A² C_x + b² σ_u²/σ_t². All of it in the axes of C.
///
/// m and C may be given; else they are those with which the model's score, which must be linear in x, is
/// −(α² C + σ²)⁻¹ (x − α m) at the first time. Särkkä and Solin 2019, Section 6.6 (smoothing of a linear SDE).
package enum GaussianStep {
  package static let sampler = Sampler(
    "gaussian_step", "Exact steps of the reverse diffusion of Gaussian data, of any length.",
    .option("mean", default: nil, "m [d], the mean of the data"),
    .option("covariance", default: nil, "C [d, d], their covariance"),
    convergence: .exact,
    details:
      "Without mean and covariance they are read off the model, whose score must be linear in x; the model is "
      + "called once then, and never else.",
    source: "Särkkä and Solin 2019, Section 6.6",
    example: "m = target.gaussian_mixture{means = {{1, -1}}, stds = 2}:model(sde.vp())  "
      + "return sample.gaussian_step(m, {count = 16, steps = 2, seed = 1})",
    start: start)

  package static func start(
    _ run: SamplingRun, mean: Tensor?, covariance: Tensor?
  ) throws -> SamplingStep {
    guard (mean == nil) == (covariance == nil) else {
      throw UserError("give mean and covariance, or neither")
    }
    let law =
      if let mean, let covariance {
        try GaussianLaw(mean, covariance, dimension: run.model.dimension)
      } else { try GaussianLaw(of: run) }
    return { x, interval in
      let kernel = ForwardKernel(run.process, interval)
      let (alpha, sigma) = (kernel.alpha, kernel.sigma)
      let fresh = kernel.b * kernel.b / (sigma.t * sigma.t)
      let weight = alpha.u * fresh
      let kept = kernel.a * (sigma.u * sigma.u) / (sigma.t * sigma.t)
      // In the axes of C, each coordinate alone.
      let gains = law.variances.map { c in
        let toClean = alpha.t * c / (alpha.t * alpha.t * c + sigma.t * sigma.t)
        return weight * toClean + kept
      }
      let spreads = law.variances.map { c in
        let rest = c * sigma.t * sigma.t / (alpha.t * alpha.t * c + sigma.t * sigma.t)
        return (weight * weight * rest + fresh * sigma.u * sigma.u).squareRoot()
      }
      let shape = Array(x.shape)
      let flat = try flattenedPoints(x.value).converted(to: .float64)
      var y = try matmul(flat - law.mean * alpha.t, law.axes) * Tensor(gains)
      if !interval.omitsNoise {
        let z = try flattenedPoints(run.normal(like: x)).converted(to: .float64)
        y = try y + z * Tensor(spreads)
      }
      let moved = try matmul(y, transpose(law.axes)) + law.mean * alpha.u
      return try moved.reshaped(to: shape).converted(to: x.dtype)
    }
  }
}

/// m, and C by its axes and the variances along them.
private struct GaussianLaw {
  /// Shape [1, d], float64.
  let mean: Tensor
  /// Shape [d, d], columns.
  let axes: Tensor
  let variances: [Double]

  init(_ mean: Tensor, _ covariance: Tensor, dimension d: Int) throws {
    guard mean.shape == [d], covariance.shape == [d, d] else {
      throw UserError(
        "mean must have shape [d] and covariance [d, d] with d = \(d), got \(mean.shape) and "
          + "\(covariance.shape)")
    }
    self.mean = try mean.constant("mean").converted(to: .float64).expanded(axis: 0)
    let c = try covariance.constant("covariance").converted(to: .float64)
    let asymmetry = try Autodiff.norm(c - transpose(c), 2, axis: nil).item()
    guard asymmetry <= 1e-6 * (try Autodiff.norm(c, 2, axis: nil).item()) else {
      throw UserError(
        "covariance must be symmetric, got one that differs from its transpose by "
          + shortNumber(asymmetry))
    }
    let (values, vectors) = try Linalg.eigh(c)
    (variances, axes) = (try GaussianLaw.checked(values.doubles()), vectors)
  }

  /// From a score that is linear in x, −(α² C + σ²)⁻¹ (x − α m), where signal and noise have equal size: there
  /// neither drowns in rounding.
  init(of run: SamplingRun) throws {
    let d = run.model.dimension
    let t = try GaussianLaw.evenTime(run.process)
    let (alpha, sigma) = (run.process.alpha(at: t), run.process.sigma(at: t))
    // 0, the axes, and a point elsewhere that tells whether it is linear.
    var points = [Double](repeating: 0, count: (d + 2) * d)
    for i in 0..<d {
      points[(i + 1) * d + i] = sigma
      points[(d + 1) * d + i] = 2 * sigma * (i % 2 == 0 ? 1 : -0.5)
    }
    let x = try Tensor(points, shape: Shape([d + 2] + run.model.shape))
    let s = try run.score(x, at: t).value.converted(to: .float64).doubles()
    let matrix = (0..<d * d).map { (s[d + $0] - s[$0 % d]) / sigma }
    let linear = (0..<d).map { j in
      s[j] + (0..<d).reduce(0) { $0 + points[(d + 1) * d + $1] * matrix[$1 * d + j] }
    }
    let size = linear.reduce(0) { max($0, abs($1)) }
    guard (0..<d).allSatisfy({ abs(linear[$0] - s[(d + 1) * d + $0]) <= 1e-3 * size }) else {
      throw UserError(
        "model must have a score that is linear in x, as that of Gaussian data is, or give mean and "
          + "covariance; got \(run.model.describe())")
    }
    let j = try Tensor(matrix, shape: [d, d])
    let (values, vectors) = try Linalg.eigh((j + transpose(j)) * -0.5)
    let inverse = try values.doubles().map { 1 / $0 }
    let atZero = try matmul(Tensor(Array(s[0..<d]), shape: [1, d]), vectors)
    mean = try matmul(atZero * Tensor(inverse), transpose(vectors)) * (1 / alpha)
    axes = vectors
    variances = try GaussianLaw.checked(inverse.map { ($0 - sigma * sigma) / (alpha * alpha) })
  }

  /// Where α = σ, or the nearest time to it that samplers visit.
  private static func evenTime(_ process: any DiffusionProcess) throws -> Double {
    let (first, last) = (process.times.lowerBound, process.times.upperBound)
    if process.logSNR(at: first) <= 0 { return first }
    if process.logSNR(at: last) >= 0 { return last }
    return try process.time(ofLogSNR: 0)
  }

  /// Without what rounding leaves below 0.
  private static func checked(_ variances: [Double]) throws -> [Double] {
    let most = variances.reduce(0) { max($0, abs($1)) }
    if let least = variances.min(), !(least >= -1e-4 * most) {
      throw UserError(
        "the covariance must have no negative eigenvalue, got \(shortNumber(least))")
    }
    return variances.map { max($0, 0) }
  }
}
