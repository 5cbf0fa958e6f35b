import Autodiff
import Diffusion
import Models
import Processes
import Tensors
import TestSupport

// What a sampler does to a Gaussian: with a Gaussian score a step is a linear map of the state and of
// the noise, so its law needs no Monte Carlo.

enum SamplerOrder {
  /// The variance after the steps of a grid, from the variance before.
  ///
  /// - Parameter silentLast: the last step without its noise.
  static func variance(
    of step: SamplerStep, _ model: ScoreModel, along times: [Double], from start: Double,
    silentLast: Bool = false
  ) throws -> Double {
    var variance = start
    for (index, (t, u)) in zip(times, times.dropFirst()).enumerated() {
      func response(_ x: Double, draw: Int?) throws -> Double {
        let noise = NoiseStream { index, shape, dtype in
          draw == nil ? nil : try .full(shape, index == draw ? 1 : 0, dtype)
        }
        return try step(.full([1, 1], x, .float64), t, u, model, noise).item()
      }
      let factor = try response(1, draw: nil)
      variance *= factor * factor
      if silentLast, index == times.count - 2 { break }
      for draw in 0..<3 {
        let gain = try response(0, draw: draw)
        variance += gain * gain
      }
    }
    return variance
  }

  /// Errors of the variance at the end, from the exact variance at the start, and the fitted order.
  static func weak(
    _ step: SamplerStep, _ process: any DiffusionProcess, steps: [Int], target: Double
  ) throws -> (errors: [Double], order: Double) {
    let model = gaussianModel(process, variance: target)
    let exact = GaussianScore.marginal(process, process.times.lowerBound, variance: target)
    let errors = try steps.map {
      let times = try process.grid(steps: $0)
      let start = GaussianScore.marginal(process, times[0], variance: target)
      return try variance(of: step, model, along: times, from: start) - exact
    }
    return (errors, fittedOrder(steps: steps, errors: errors))
  }

  /// Root mean square distance of paths to those of a much finer grid driven by the same Brownian
  /// motion, and the fitted order.
  static func strong(
    _ step: SamplerStep, _ process: any DiffusionProcess, steps: [Int], finest: Int, paths: Int
  ) throws -> (errors: [Double], order: Double) {
    let model = gaussianModel(process)
    let times = try process.grid(steps: finest)
    let stream = RandomStream(seed: 3)
    // W at each time of the fine grid, as increments.
    let increments = try (0..<finest).map {
      try stream.normal([paths, 1], .float64) * (times[$0] - times[$0 + 1]).squareRoot()
    }
    let start = try stream.normal([paths, 1], .float64) * process.sigma(at: times[0])
    func end(_ count: Int) throws -> Tensor {
      let stride = finest / count
      var x = start
      for index in 0..<count {
        let (t, u) = (times[index * stride], times[(index + 1) * stride])
        var dW = increments[index * stride]
        for k in 1..<max(stride, 1) { dW = try dW + increments[index * stride + k] }
        let z = try dW / (t - u).squareRoot()
        x = try step(x, t, u, model, NoiseStream { _, _, _ in z })
      }
      return x
    }
    let reference = try end(finest)
    let errors = try steps.map { try mean(square(end($0) - reference)).item().squareRoot() }
    return (errors, fittedOrder(steps: steps, errors: errors))
  }

  /// Relative errors at the end of one path of the probability flow, which is linear in the state:
  /// x_u = x_t √(v_u/v_t) with v the variance of the marginal; and the fitted order.
  static func flow(
    _ start: () throws -> SamplerStep, _ process: any DiffusionProcess, steps: [Int],
    target: Double
  ) throws -> (errors: [Double], order: Double) {
    let model = gaussianModel(process, variance: target)
    let errors = try steps.map { count in
      let step = try start()
      // Even in log-SNR from where the slopes are moderate, so that few steps are in the asymptotic range.
      let ends = (
        process.logSNR(at: process.times.upperBound), process.logSNR(at: process.times.lowerBound)
      )
      let (first, last) = (max(ends.0, -6), min(ends.1, 6))
      let times = try (0...count).map {
        try process.time(ofLogSNR: first + (last - first) * Double($0) / Double(count))
      }
      var x = try Tensor.full([1, 1], 1, .float64)
      for (t, u) in zip(times, times.dropFirst()) { x = try step(x, t, u, model, .silent) }
      let (before, after) = (
        GaussianScore.marginal(process, times[0], variance: target),
        GaussianScore.marginal(process, times[count], variance: target)
      )
      return try x.item() / (after / before).squareRoot() - 1
    }
    return (errors, steps.count > 1 ? fittedOrder(steps: steps, errors: errors) : 0)
  }
}
