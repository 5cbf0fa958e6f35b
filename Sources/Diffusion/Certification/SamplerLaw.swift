import Autodiff
import Glibc
import Models
import Processes
import Tensors

/// What a sampler does to a Gaussian. With the score of a Gaussian a sampler is a linear map of its start
/// and of its noise, so that its law needs no Monte Carlo: each draw of noise is a unit in a row of its own.
package struct SamplerLaw {
  /// Var of the state at the end.
  package let variance: Double
  /// Calls of the model, and draws of noise, in all steps.
  package let evaluations: Int
  package let draws: Int
  /// Draws that change nothing at the end.
  package let unusedDraws: Int

  /// - Parameters:
  ///   - variance: of the start.
  ///   - omitsLast: the last step without the noise that would end it.
  package init(
    _ start: (SamplingRun) throws -> SamplingStep, _ model: ScoreModel, along times: [Double],
    from variance: Double, omitsLast: Bool = false
  ) throws {
    func end(_ x: Tensor, noise: @escaping SamplingRun.Noise) throws -> CertifiedPath {
      try CertifiedPath(
        start, model, along: times, from: x, omitsLast: omitsLast, noise: noise)
    }
    let counted = try end(.full([1, 1], 1, .float64)) { try .zeros($2, $3) }.run
    var units = [Double](repeating: 0, count: counted.draws + 1)
    units[0] = 1
    var drawn = 0
    let state = try end(Tensor(units, shape: [units.count, 1])) { _, _, shape, dtype in
      drawn += 1
      var unit = [Double](repeating: 0, count: shape[0])
      unit[drawn] = 1
      return try Tensor(unit, shape: shape).converted(to: dtype)
    }.end
    let gains = try state.doubles()
    self.variance =
      gains[0] * gains[0] * variance + gains.dropFirst().reduce(0) { $0 + $1 * $1 }
    evaluations = counted.evaluations
    draws = counted.draws
    unusedDraws = gains.dropFirst().count { $0 == 0 }
  }
}

extension SamplerLaw {
  /// Whether a sampler is a linear map of its state: its law on Gaussian data is then exact.
  static func isLinear(
    _ start: (SamplingRun) throws -> SamplingStep, _ model: ScoreModel, along times: [Double]
  ) throws -> Bool {
    let path = try CertifiedPath(
      start, model, along: times, from: Tensor([1.0, 3, -0.5], shape: [3, 1])
    ) { try .zeros($2, $3) }
    let ends = try path.end.doubles()
    let stream = RandomStream(seed: 9)
    let noisy = try CertifiedPath(
      start, model, along: times, from: Tensor([1.0, 3, -0.5], shape: [3, 1])
    ) { try broadcast(stream.normal([1, 1], .float64), to: $2).converted(to: $3) }
    let others = try noisy.end.doubles()
    let (far, back) = (others[1] - others[0], others[2] - others[0])
    // With the same noise rows differ as their starts do, unless it decides something.
    let (excess, rounding) = (abs(1.5 * far + 2 * back), 1e-12 * abs(others[0]))
    guard excess <= 1e-6 * abs(far) + rounding else { return false }
    return abs(ends[1] - 3 * ends[0]) <= 1e-6 * abs(ends[1])
      && abs(ends[2] + 0.5 * ends[0]) <= 1e-6 * abs(ends[2])
  }
}

/// The exact score of noised N(0, s² I) data, −x/(α² s² + σ²): all of a sampler's law is then known.
package final class GaussianScore: DirectScore {
  package let shape: Shape
  /// s².
  package let variance: Double

  package init(dimension: Int = 1, variance: Double = 1) {
    (shape, self.variance) = ([dimension], variance)
  }

  package var name: String { "gaussian" }
  package var summary: String { "variance \(variance)" }

  /// Var x_t.
  package static func marginal(
    _ process: any DiffusionProcess, _ t: Double, variance: Double
  ) -> Double {
    let (alpha, sigma) = (process.alpha(at: t), process.sigma(at: t))
    return alpha * alpha * variance + sigma * sigma
  }

  package var hasLogDensity: Bool { true }

  package func logDensity(_ x: Tensor, _ t: Tensor, process: any DiffusionProcess) throws -> Tensor
  {
    let v = try Tensor(
      t.doubles().map { GaussianScore.marginal(process, $0, variance: variance) })
    let squares = try sum(square(flattenedPoints(x.converted(to: .float64))), axis: 1)
    let constant = try Autodiff.log(v * (2 * Double.pi)) * (Double(dimension) / 2)
    return try squares / v * -0.5 - constant
  }

  package func score(_ x: Tensor, _ t: Tensor, process: any DiffusionProcess) throws -> Tensor {
    let marginals = try t.doubles().map {
      GaussianScore.marginal(process, $0, variance: variance)
    }
    let column = try Tensor(marginals, shape: [marginals.count, 1]).converted(to: x.dtype)
    return try -(x / column)
  }
}

/// The exponent p of error ≈ C hᵖ for h ∝ 1/steps, by least squares on logarithms.
package func fittedOrder(steps: [Int], errors: [Double]) -> Double {
  let x = steps.map { -log(Double($0)) }
  let y = errors.map { log(abs($0)) }
  let meanX = x.reduce(0, +) / Double(x.count)
  let meanY = y.reduce(0, +) / Double(y.count)
  let covariance = zip(x, y).map { ($0 - meanX) * ($1 - meanY) }.reduce(0, +)
  return covariance / x.map { ($0 - meanX) * ($0 - meanX) }.reduce(0, +)
}
