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
