import Autodiff
import Models
import Tensors

/// One run of a sampler's steps along a grid, by the noise that a certificate gives it.
struct CertifiedPath {
  /// The state at the end.
  let end: Tensor
  let run: SamplingRun

  /// - Parameter omitsLast: the last step without the noise that would end it.
  init(
    _ start: (SamplingRun) throws -> SamplingStep, _ model: ScoreModel, along times: [Double],
    from x: Tensor, omitsLast: Bool = false, noise: @escaping SamplingRun.Noise
  ) throws {
    run = SamplingRun(model, times: times, noise: noise)
    let step = try start(run)
    var x = x
    for index in 0..<times.count - 1 {
      let interval = Interval(
        from: times[index], to: times[index + 1], index: index, count: times.count - 1,
        omitsNoise: omitsLast && index == times.count - 2)
      run.begin(interval)
      x = try step(x, interval)
    }
    end = x
  }
}

/// A Brownian motion of many paths along a grid of times; coarser grids see its sums.
struct BrownianMotion {
  private let increments: [Tensor]
  private let times: [Double]
  let paths: Int

  init(along times: [Double], paths: Int, seed: Int) throws {
    (self.times, self.paths) = (times, paths)
    let stream = RandomStream(seed: seed)
    increments = try (0..<times.count - 1).map {
      try stream.normal([paths, 1], .float64) * (times[$0] - times[$0 + 1]).squareRoot()
    }
  }

  /// The grid of so many steps and, for each, N(0, 1) numbers: ΔW/√Δt.
  func noise(steps: Int) -> (times: [Double], noise: SamplingRun.Noise) {
    let stride = increments.count / steps
    let grid = (0...steps).map { times[$0 * stride] }
    let noise: SamplingRun.Noise = { [increments] step, _, _, _ in
      let first = (step - 1) * stride
      var dW = increments[first]
      for k in 1..<max(stride, 1) { dW = try dW + increments[first + k] }
      return try dW / (grid[step - 1] - grid[step]).squareRoot()
    }
    return (grid, noise)
  }
}
