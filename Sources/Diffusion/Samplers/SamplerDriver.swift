import Catalog
import Models
import Processes
import Runtime
import Tensors

// The loop that every sampler runs in. A sampler is a step from a time t to a lower time u; the grid of
// times, the noise, the recorder, the progress line, the stop at NaN and the interrupt are the driver's.
package struct SamplerDriver {
  let model: ScoreModel
  let times: [Double]
  let count: Int
  let seed: Int
  private let options: SamplingOptions
  private let start: Tensor?

  /// Checks the options; the session's next seed is taken only when all of them are in order.
  package init(_ model: ScoreModel, _ options: SamplingOptions) throws {
    self.model = model
    self.options = options
    times = try options.grid(for: model.process)
    start = try options.startingPoints(for: model)
    count = start?.shape[0] ?? options.count?.value ?? 64
    guard count > 0 else { throw UserError("start must have 1 row or more, got 0") }
    seed = options.seed ?? SessionSeed.next()
  }

  private var steps: Int { times.count - 1 }

  /// Rows that make a step together: more samples need no more scratch memory.
  private var blocks: [Range<Int>] {
    let length = max(1, min(4096, (1 << 21) / max(model.dimension, 1)))
    return stride(from: 0, to: count, by: length).map { $0..<min(count, $0 + length) }
  }

  /// Takes all rows through all steps. What ends a run early leaves the state in `LastSamples`.
  package func run(_ method: (SamplingRun) throws -> SamplingStep) throws -> Samples {
    let dtype = start?.dtype ?? .float32
    // Too many samples are refused before anything is made for each block.
    let points = try Tensor(
      uninitialized: Shape(checking: [count, model.dimension]), dtype)
    let blocks = blocks
    let runs = blocks.map {
      SamplingRun(
        model, times: times,
        noise: SamplingRun.keyedNoise(seed: seed, firstRow: $0.lowerBound))
    }
    let recorder = try Recorder(self, dtype, every: options.record?.value)
    var states = try zip(blocks, runs).map { rows, run in
      try start?.slice(axis: 0, rows) ?? prior(run, rows.count, dtype)
    }
    let moves = try runs.map(method)
    var made = 0
    let begin = ContinuousClock.now
    var progress = ProgressLine("sample", total: steps, isShown: options.progress)
    defer { progress.clear() }
    do {
      try recorder?.note(0, states)
      for index in 0..<steps {
        let interval = Interval(
          from: times[index], to: times[index + 1], index: index, count: steps,
          omitsNoise: options.final == .mean && index == steps - 1)
        states = try states.indices.map { block in
          try Cancellation.check()
          runs[block].begin(interval)
          return try moved(states[block], interval, moves[block])
        }
        made = index + 1
        try recorder?.note(made, states)
        progress.show(step: made, since: begin)
      }
      if options.final == .denoise {
        let means = try zip(runs, states).map { try $0.denoise($1, at: times[steps]) }
        try means.forEach(ScoreModel.requireConstant)
        states = means.map(\.value)
      }
      try Samples.join(states, into: points)
      keep([points], step: steps)
      return Samples(
        points: points, seed: seed,
        evaluations: runs.reduce(0) { max($0, $1.evaluations) }, times: times,
        recorded: recorder?.recorded, isTold: options.info || options.record != nil)
    } catch {
      keep(states, step: made, message: error is Cancelled ? "interrupted!" : "\(error)")
      throw error
    }
  }

  private func keep(_ blocks: [Tensor], step: Int, message: String? = nil) {
    LastSamples.last = LastSamples(
      blocks: blocks, step: step, times: times, seed: seed, message: message)
  }

  private func moved(_ x: Tensor, _ interval: Interval, _ step: SamplingStep) throws -> Tensor {
    let moved = try step(x, interval)
    try ScoreModel.requireConstant(moved)
    let next = moved.value
    guard try next.isFinite() else { throw try failure(interval, from: x, to: next) }
    return next
  }

  /// N(0, σ(t₀)²), the law of a noised point once the data no longer matter.
  private func prior(_ run: SamplingRun, _ rows: Int, _ dtype: DType) throws -> Tensor {
    let z = try run.normal(like: Tensor(uninitialized: [rows, model.dimension], dtype))
    return try z.combined(with: model.process.sigma(at: times[0]), .multiply)
  }

  /// Says which quantity was the first that is no number: the score, or the state itself.
  private func failure(
    _ interval: Interval, from x: Tensor, to next: Tensor
  ) throws -> UserError {
    let lostScores = try model.score(x, at: interval.t).value.nonFiniteRows()
    let lost = lostScores.isEmpty ? try next.nonFiniteRows() : lostScores
    let quantity = lostScores.isEmpty ? "the state" : "the score"
    return UserError(
      "\(quantity) became NaN or infinite in step \(interval.index + 1) of \(interval.count), from "
        + "t = \(shortNumber(interval.t)) to \(shortNumber(interval.u)), in \(lost.count) of "
        + "\(x.shape[0]) samples")
  }
}

/// Keeps the start, every k-th state and the last.
private final class Recorder {
  private let times: [Double]
  private let every: Int
  private let states: Tensor
  private let keptTimes: Tensor
  private var place = 0

  init?(_ driver: SamplerDriver, _ dtype: DType, every: Int?) throws {
    guard let every else { return nil }
    self.every = every
    times = driver.times
    let last = times.count - 1
    let kept = times.indices.filter { $0 % every == 0 || $0 == last }
    keptTimes = try Tensor(kept.map { driver.times[$0] })
    states = try Tensor(
      uninitialized: Shape(checking: [kept.count, driver.count, driver.model.dimension]), dtype)
  }

  func note(_ index: Int, _ blocks: [Tensor]) throws {
    guard index % every == 0 || index == times.count - 1 else { return }
    let target = states.select(axis: 0, place)
    var first = 0
    for block in blocks {
      try target.slice(axis: 0, first..<first + block.shape[0]).assign(block)
      first += block.shape[0]
    }
    place += 1
  }

  var recorded: (times: Tensor, states: Tensor) { (keptTimes, states) }
}
