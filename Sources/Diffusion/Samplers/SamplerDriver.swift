import Autodiff
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
  let seed: SamplingSeed
  let options: SamplingOptions
  let plan: TimePlan
  let start: Tensor?
  /// Takes what a run leaves, whole or not.
  package var leave: (LastSamples) -> Void = { LastSamples.last = $0 }
  /// The class of each sample, where the network has classes.
  private let labels: Tensor?

  /// Checks the options.
  package init(_ model: ScoreModel, _ options: SamplingOptions, _ plan: TimePlan = .grid) throws {
    self.model = model
    (self.options, self.plan) = (options, plan)
    times = try options.grid(for: model.process, plan)
    start = try options.startingPoints(for: model)
    labels = try options.labels(for: model)
    count = start?.shape[0] ?? labels?.shape[0] ?? options.count?.value ?? 64
    if let labels, labels.shape[0] != count {
      throw UserError(
        "labels must have one class for each of \(count) samples, got \(labels.shape[0])")
    }
    guard count > 0 else { throw UserError("start must have 1 row or more, got 0") }
    guard options.noise == nil || options.seed == nil else {
      throw UserError("give seed or noise, not both: a path has a seed of its own")
    }
    seed = SamplingSeed(options.noise?.seed ?? options.seed)
  }

  var steps: Int { times.count - 1 }

  /// Rows that make a step together: more samples need no more scratch memory.
  var blocks: [Range<Int>] {
    // A score that is computed row by row has no scratch memory.
    let isByRow =
      times.first.map { model.function.rowScore(at: $0, process: model.process) != nil } ?? false
    let length = max(1, min(isByRow ? 1 << 16 : 4096, (1 << 21) / max(model.dimension, 1)))
    return stride(from: 0, to: count, by: length).map { $0..<min(count, $0 + length) }
  }

  /// Takes all rows through all steps. What ends a run early leaves the state in `LastSamples`.
  package func run(_ method: (SamplingRun) throws -> SamplingStep) throws -> Samples {
    let dtype = start?.dtype ?? .float32
    // Too many samples are refused before anything is made for each block.
    let points = try Tensor(uninitialized: stateShape, dtype)
    let blocks = blocks
    let runs = try blocks.map(newRun)
    let recorder = try options.recorder(points.shape, dtype, times: times)
    var states = try zip(blocks, runs).map { rows, run in
      try start?.slice(axis: 0, rows) ?? prior(run, rows.count, dtype)
    }
    let moves = try runs.map(method)
    var made = 0
    let begin = ContinuousClock.now
    var progress = ProgressLine("sample", total: steps, isShown: options.progress)
    defer { progress.clear() }
    var next: [Tensor] = []
    if plan == .ends {
      let (steps, parts) = (Double(steps), Double(runs.count))
      for (block, run) in runs.enumerated() {
        run.watch = { share in
          progress.show(share: (Double(made) + (Double(block) + share) / parts) / steps)
        }
      }
    }
    do {
      try recorder?.note(0, states) { try recorded($0, states[$1], runs[$1], at: times[0]) }
      for index in 0..<steps {
        let interval = Interval(
          from: times[index], to: times[index + 1], index: index, count: steps,
          omitsNoise: options.final == .mean && index == steps - 1)
        for block in states.indices {
          try Cancellation.check()
          runs[block].begin(interval)
          next.append(try moved(states[block], interval, runs[block], moves[block]))
        }
        swap(&states, &next)
        next.removeAll(keepingCapacity: true)
        made = index + 1
        try recorder?.note(made, states) {
          try recorded($0, states[$1], runs[$1], at: times[made])
        }
        if plan == .grid { progress.show(step: made, since: begin) }
      }
      states = try finished(states, runs)
      try Samples.join(states, into: points)
      leave(last([points], runs, recorder, step: steps, message: nil))
      return Samples(
        points: points, seed: seed.value, evaluations: evaluations(runs), times: times,
        recorder: recorder, rowSteps: rowSteps(runs), notes: runs[0].notes,
        isTold: options.info || options.record != nil)
    } catch {
      keep(states, moved: next, runs, recorder, step: made, error)
      throw error
    }
  }

  /// What is kept beside the state, which may be asked of the model anew.
  private func recorded(
    _ field: SampleRecorder.Field, _ x: Tensor, _ run: SamplingRun, at t: Double
  ) throws -> Tensor {
    let value = field == .clean ? try run.denoise(x, at: t) : try run.score(x, at: t)
    try ScoreModel.requireConstant(value)
    if field == .clean { return value.value }
    return try rootOfSquares(flattenedPoints(value.value), axis: 1)
  }

  /// The posterior means at the last level where they are asked for, else the states.
  private func finished(_ states: [Tensor], _ runs: [SamplingRun]) throws -> [Tensor] {
    guard options.final == .denoise else { return states }
    return try zip(runs, states).map { run, x in
      let mean = try run.denoise(x, at: times[steps])
      try ScoreModel.requireConstant(mean)
      return mean.value
    }
  }

  private func moved(
    _ x: Tensor, _ interval: Interval, _ run: SamplingRun, _ step: SamplingStep
  ) throws -> Tensor {
    let moved = try step(x, interval)
    try ScoreModel.requireConstant(moved)
    let next = moved.value
    guard try next.isFinite() else { throw try failure(interval, run, from: x, to: next) }
    return next
  }

  func newRun(_ rows: Range<Int>) throws -> SamplingRun {
    let keyed = SamplingNoise(seed, firstRow: rows.lowerBound)
    let isSmall = count <= (1 << 20) / max(model.dimension, 1)
    let path = options.noise.map {
      PathNoise($0, firstRow: rows.lowerBound, times: times, isKept: isSmall)
    }
    let noise = path.map { $0.normal } ?? keyed.normal
    let run: SamplingRun
    if let labels {
      run = try SamplingRun(
        model, labels: labels.slice(axis: 0, rows), times: times, noise: noise)
    } else if path == nil {
      run = SamplingRun(model, times: times, keyed: keyed)
    } else {
      run = SamplingRun(model, times: times, noise: noise)
    }
    run.motion = (options.noise.map { path in { path } } ?? { keyed.path }, rows.lowerBound)
    return run
  }

  /// Of all samples together.
  var stateShape: Shape {
    get throws { try Shape(checking: [count] + model.shape) }
  }

  /// N(0, 1) numbers for so many samples.
  func unitNormal(_ run: SamplingRun, _ rows: Int, _ dtype: DType) throws -> Tensor {
    try run.normal(like: Tensor(uninitialized: Shape([rows] + model.shape), dtype))
  }

  /// N(0, σ(t₀)²), the law of a noised point once the data no longer matter.
  private func prior(_ run: SamplingRun, _ rows: Int, _ dtype: DType) throws -> Tensor {
    try unitNormal(run, rows, dtype).combined(with: model.process.sigma(at: times[0]), .multiply)
  }

  /// Says which quantity was the first that is no number: the score, or the state itself.
  private func failure(
    _ interval: Interval, _ run: SamplingRun, from x: Tensor, to next: Tensor
  ) throws -> UserError {
    let hasScore = !run.model.function.givesVelocityOnly
    let lostScores = try run.model.estimate(hasScore ? .score : .velocity, x, at: interval.t)
      .value.nonFiniteRows()
    let lost = lostScores.isEmpty ? try next.nonFiniteRows() : lostScores
    let quantity = lostScores.isEmpty ? "the state" : hasScore ? "the score" : "the velocity"
    return UserError(
      "\(quantity) became NaN or infinite in step \(interval.index + 1) of \(interval.count), from "
        + "t = \(shortNumber(interval.t)) to \(shortNumber(interval.u)), in \(lost.count) of "
        + "\(x.shape[0]) samples")
  }
}
