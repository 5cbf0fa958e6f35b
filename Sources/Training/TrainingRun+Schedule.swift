import Autodiff
import Catalog
import Diffusion
import KernelsBase
import Models
import Processes
import Runtime
import Tensors

// What is drawn and worked out ahead of a block of updates: times, and the weights that follow from them.
extension TrainingRun {
  /// What a block of updates needs from outside the loop.
  struct Schedule {
    /// The updates that it is for.
    let steps: Range<Int>
    let examples: TimeTable
    let rates: [Double]
  }

  /// The times of examples, and what follows from them, one element an example.
  struct TimeTable {
    /// The number of the first example.
    let first: Int
    let drawn: ExampleTimes
    /// nil where all are 1.
    let weights: Tensor?
  }

  func schedule(_ options: TrainOptions, rates: [Double]) throws -> Schedule {
    let steps = step..<step + rates.count
    return Schedule(steps: steps, examples: try examples(options, steps), rates: rates)
  }

  /// Those of the coming updates; those of all where the draws are common.
  private func examples(_ options: TrainOptions, _ steps: Range<Int>) throws -> TimeTable {
    switch draws.sharing {
    case nil:
      return try table(
        options, from: examples(before: steps.lowerBound), batches: steps.map { rows(of: $0) })
    case .update: return try common(options, batches: [rows])
    case .point: return try common(options, batches: [(Count(pointCount) * Count(noises)).value])
    }
  }

  private func common(_ options: TrainOptions, batches: [Int]) throws -> TimeTable {
    if let commonTimes { return commonTimes }
    let made = try table(options, from: 0, batches: batches)
    commonTimes = made
    return made
  }

  /// - Parameters: `first`, the number of the first example; `batches`, how many examples each update takes.
  private func table(_ options: TrainOptions, from first: Int, batches: [Int]) throws -> TimeTable {
    let count = batches.reduce(0, +)
    let times: Tensor
    switch options.time {
    case nil: times = try draws.paired(first, count) { try uniformTimes($0, $1) }
    case .first(let draw)?: times = try draws.paired(first, count) { try called(draw, $0, $1) }
    case .second?: times = try draws.times(first, batches)
    }
    let drawn = ExampleTimes(
      t: times, alpha: try process.alpha(of: times), sigma: try process.sigma(of: times))
    let weights = try draws.divided(weights(options, drawn), times, process)
    return TimeTable(first: first, drawn: drawn, weights: weights)
  }

  /// w of each example: λ(t)/σ² of a function λ, else as the loss has it; nil where all are 1.
  private func weights(_ options: TrainOptions, _ drawn: ExampleTimes) throws -> Tensor? {
    guard let lambda = options.weight else { return try loss.weights(of: drawn, setting) }
    return try (checkedWeights(lambda, of: drawn.t, drawn.t) / square(drawn.sigma)).densified()
  }

  private func uniformTimes(_ first: Int, _ count: Int) throws -> Tensor {
    let times = try Tensor(uninitialized: [count])
    let out = times.pointer(Float.self)
    kernels.uniform(
      out, rows: count, columns: 1, key: draws.timeKey, step: 0,
      firstRow: UInt64(bitPattern: Int64(first)))
    let range = process.trainingTimes
    let low = Float(range.lowerBound)
    let span = Float(range.upperBound - range.lowerBound)
    for i in 0..<count { out[i] = low + span * out[i] }
    return times
  }

  /// The stream a Lua function draws from counts rows by example since the start, so that times drawn
  /// row by row do not depend on how a run is cut into blocks.
  private func called(_ draw: Callback, _ first: Int, _ count: Int) throws -> Tensor {
    let stream = RandomStream(
      seed: seed, purpose: .time, firstRow: UInt64(bitPattern: Int64(first)))
    let times = try draw.call(count, stream, returning: Tensor.self, name: "time")
    guard times.shape == [count] else {
      throw UserError("time must return a tensor of shape [\(count)], got \(times.describe())")
    }
    let result = try times.constant("the result of time").converted(to: .float32).densified()
    try process.check(times: result, name: "time")
    return result
  }
}
