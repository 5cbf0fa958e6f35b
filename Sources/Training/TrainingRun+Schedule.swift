import Autodiff
import Catalog
import Diffusion
import KernelsBase
import Models
import Processes
import Runtime
import Tensors

// What is drawn and worked out ahead of a block of updates.
extension TrainingRun {
  /// What a block of updates needs from outside the loop, one element an example.
  struct Schedule {
    /// The updates that it is for.
    let steps: Range<Int>
    let times: Tensor
    let sigma: Tensor
    let alpha: Tensor
    let weights: Tensor?
    let rates: [Double]
  }

  /// Times of the coming examples, drawn uniformly unless a Lua function draws them.
  func schedule(_ options: TrainOptions, rates: [Double]) throws -> Schedule {
    let count = examples(before: step + rates.count) - examples(before: step)
    let times = try options.time.map { try drawTimes($0, count) } ?? uniformTimes(count)
    let drawn = ExampleTimes(
      t: times, alpha: try process.alpha(of: times), sigma: try process.sigma(of: times))
    return Schedule(
      steps: step..<step + rates.count, times: times, sigma: drawn.sigma, alpha: drawn.alpha,
      weights: try weights(options, drawn), rates: rates)
  }

  /// w of each example: λ(t)/σ² of a function λ, else as the loss has it; nil where all are 1.
  private func weights(_ options: TrainOptions, _ drawn: ExampleTimes) throws -> Tensor? {
    guard let lambda = options.weight else { return try loss.weights(of: drawn, setting) }
    return try (checkedWeights(lambda, of: drawn.t, drawn.t) / square(drawn.sigma)).densified()
  }

  private func uniformTimes(_ count: Int) throws -> Tensor {
    let times = try Tensor(uninitialized: [count])
    let out = times.pointer(Float.self)
    kernels.uniform(out, rows: count, columns: 1, key: timeKey, step: 0, firstRow: examples)
    let range = process.trainingTimes
    let first = Float(range.lowerBound)
    let span = Float(range.upperBound - range.lowerBound)
    for i in 0..<count { out[i] = first + span * out[i] }
    return times
  }

  /// The stream a Lua function draws from counts rows by example since the start, so that times drawn
  /// row by row do not depend on how a run is cut into blocks.
  private func drawTimes(_ draw: Callback, _ count: Int) throws -> Tensor {
    let stream = RandomStream(seed: seed, purpose: .time, firstRow: examples)
    let times = try draw.call(count, stream, returning: Tensor.self, name: "time")
    guard times.shape == [count] else {
      throw UserError("time must return a tensor of shape [\(count)], got \(times.describe())")
    }
    let result = try times.constant("the result of time").converted(to: .float32).densified()
    try process.check(times: result, name: "time")
    return result
  }
}
