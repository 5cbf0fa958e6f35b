import Autodiff
import Catalog
import Models
import Runtime
import Tensors

// The loop of samplers without times, whose steps go on until each row has reached its limit.
extension SamplerDriver {
  package func run(limited method: (SamplingRun) throws -> LimitedMethod) throws -> Samples {
    let dtype = start?.dtype ?? .float32
    let points = try Tensor(uninitialized: stateShape, dtype)
    let blocks = blocks
    let runs = try blocks.map(newRun)
    let methods = try runs.map(method)
    let recorder = try options.recorder(points.shape, dtype, times: nil)
    var states: [Tensor] = []
    for (block, rows) in blocks.enumerated() {
      states.append(
        try start?.slice(axis: 0, rows)
          ?? methods[block].begin(unitNormal(runs[block], rows.count, dtype)))
    }
    var steps = [Int](repeating: 0, count: count)
    var isDone = [Bool](repeating: false, count: blocks.count)
    var made = 0
    var progress = ProgressLine("sample", total: 0, isShown: options.progress)
    defer { progress.clear() }
    do {
      try recorder?.note(0, states) { try recorded($0, states[$1], runs[$1]) }
      while isDone.contains(false) {
        var next = states
        for block in states.indices where !isDone[block] {
          try Cancellation.check()
          runs[block].begin(step: made)
          let (x, rows) = try methods[block].step(states[block], made)
          try ScoreModel.requireConstant(x)
          next[block] = x.value
          for (row, isRowDone) in zip(blocks[block], rows) where !isRowDone { steps[row] += 1 }
          isDone[block] = !rows.contains(false)
        }
        states = next
        if isDone.contains(false) { made += 1 }
        try recorder?.note(made, states, isLast: !isDone.contains(false)) {
          try recorded($0, states[$1], runs[$1])
        }
        progress.show(step: made, level: runs.flatMap(\.levels).max() ?? 0)
      }
      if options.final != .state {
        states = try zip(methods, states).map { try $0.end($1).value }
      }
      try Samples.join(states, into: points)
      leave(last([points], runs, recorder, step: made, message: nil))
      return Samples(
        points: points, seed: seed.value, evaluations: evaluations(runs), times: [],
        recorder: recorder,
        rowSteps: nil,
        notes: [
          ("steps", .object(try Tensor(steps.map(Int64.init)))),
          ("levels", .object(try Tensor(runs.flatMap(\.levels)))),
        ], isTold: options.info || options.record != nil)
    } catch {
      keep(states, moved: [], runs, recorder, step: made, error)
      throw error
    }
  }

  /// What is kept beside the state, of a model that is told no time.
  private func recorded(
    _ field: SampleRecorder.Field, _ x: Tensor, _ run: SamplingRun
  ) throws -> Tensor {
    guard field == .clean else {
      throw UserError("fields must not have score_norm for a sampler without times")
    }
    return try x + run.blindResidual(x)
  }
}
