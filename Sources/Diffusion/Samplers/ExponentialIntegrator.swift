import Autodiff
import Glibc
import Models
import Processes
import Tensors

// Exponential integrators of the probability flow in λ = ln(α/σ), where its linear part is exact:
//
// x_u = (σ_u/σ_t) x + α_u ∫ e^{−(λ_u − λ)} E[x_0 | x_λ] dλ = (α_u/α_t) x − σ_u ∫ e^{λ_u − λ} E[z | x_λ] dλ,
//
// both from λ_t to λ_u: Lu et al. 2022 (DPM-Solver++), Eq. 8, and Lu et al. 2022 (DPM-Solver), Eq. 7. Methods
// differ in what stands for the posterior mean, or the noise, along the way.

/// A step in λ.
struct LambdaInterval {
  let t: Double
  let u: Double
  /// λ at both.
  let lambda: (t: Double, u: Double)
  let alpha: (t: Double, u: Double)
  let sigma: (t: Double, u: Double)
  private let process: any DiffusionProcess

  init(_ process: any DiffusionProcess, from t: Double, to u: Double) {
    (self.t, self.u, self.process) = (t, u, process)
    lambda = (process.logSNR(at: t) / 2, process.logSNR(at: u) / 2)
    alpha = (process.alpha(at: t), process.alpha(at: u))
    sigma = (process.sigma(at: t), process.sigma(at: u))
  }

  var h: Double { lambda.u - lambda.t }
  /// Whether λ is finite at both ends: there is a way in between.
  var isFinite: Bool { h.isFinite }

  /// The step from t to the time where a share r of h is done.
  func part(_ r: Double) throws -> LambdaInterval {
    LambdaInterval(
      process, from: t, to: try process.time(ofLogSNR: 2 * (lambda.t + r * h)))
  }

  /// (σ_u/σ_t) x + α_u (1 − e^{−h}) D: the posterior mean stands still.
  func moved(_ x: Tensor, clean d: Tensor) throws -> Tensor {
    try combination([(sigma.u / sigma.t, x), (-alpha.u * expm1(-h), d)])
  }

  /// (α_u/α_t) x − σ_u (e^h − 1) ε: the noise stands still. It is the same step.
  func moved(_ x: Tensor, noise e: Tensor) throws -> Tensor {
    try combination([(alpha.u / alpha.t, x), (-sigma.u * expm1(h), e)])
  }

  /// (σ_u/σ_t) x + α_u h Σ_i w_i D_i with D the polynomial through D_i at the given λ.
  func moved(_ x: Tensor, through means: [(lambda: Double, value: Tensor)]) throws -> Tensor {
    let weights = PolynomialWeights.integrals(
      nodes: means.map { ($0.lambda - lambda.t) / h }, decay: h)
    return try combination(
      [(sigma.u / sigma.t, x)] + zip(weights, means).map { (alpha.u * h * $0, $1.value) })
  }
}

/// Weights of integrals over a step of the polynomial through values at nodes.
enum PolynomialWeights {
  /// w_i = ∫₀¹ e^{−h(1−θ)} L_i(θ) dθ with L_i the Lagrange polynomials of the nodes, in units of the step.
  static func integrals(nodes: [Double], decay h: Double) -> [Double] {
    let moments = moments(nodes.count, h)
    return nodes.indices.map { i in
      // Coefficients of L_i, lowest first.
      var polynomial = [1.0]
      for j in nodes.indices where j != i {
        let scale = 1 / (nodes[i] - nodes[j])
        var next = [Double](repeating: 0, count: polynomial.count + 1)
        for (power, c) in polynomial.enumerated() {
          next[power] -= c * nodes[j] * scale
          next[power + 1] += c * scale
        }
        polynomial = next
      }
      return zip(polynomial, moments).reduce(0) { $0 + $1.0 * $1.1 }
    }
  }

  /// m_k = ∫₀¹ e^{−h(1−θ)} θᵏ dθ = Σ_j (−h)ʲ k!/(k + j + 1)!, for large h by m_k = (1 − k m_{k−1})/h.
  static func moments(_ count: Int, _ h: Double) -> [Double] {
    guard h < 1 else {
      var m = [-expm1(-h) / h]
      for k in 1..<max(count, 1) { m.append((1 - Double(k) * m[k - 1]) / h) }
      return m
    }
    return (0..<count).map { k in
      var (term, sum) = (1 / Double(k + 1), 0.0)
      for j in 0..<24 {
        sum += term
        term *= -h / Double(k + j + 2)
      }
      return sum
    }
  }
}

extension SamplingRun {
  /// One step of order 1, from the posterior mean alone: DDIM's. It is finite where α_t is 0 and where σ_u is.
  func firstOrderStep(_ x: Tensor, from t: Double, to u: Double) throws -> Tensor {
    let kept = process.sigma(at: u) / process.sigma(at: t)
    return try linearStep(
      x, at: t, kept, .clean, process.alpha(at: u) - kept * process.alpha(at: t))
  }

  /// Steps in λ. Where one has no finite length, a step of order 1 is made in its place.
  func stepsInLambda(
    _ move: @escaping (_ x: Tensor, _ step: LambdaInterval, _ interval: Interval) throws -> Tensor
  ) -> SamplingStep {
    { x, interval in
      let step = LambdaInterval(self.process, from: interval.t, to: interval.u)
      guard step.isFinite else {
        return try self.firstOrderStep(x, from: interval.t, to: interval.u)
      }
      return try move(x, step, interval)
    }
  }
}
