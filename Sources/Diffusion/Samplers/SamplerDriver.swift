import Catalog
import Models
import Processes
import Runtime
import Tensors

// The loop that every sampler runs in. A sampler is a step from a time t to a lower time u; the grid of
// times, the noise, the recorder, the stop at NaN and the interrupt are the driver's.

/// One step of a sampler: a state at time `t` to one at the lower time `u`, rows independently.
package typealias SamplerStep = (
  _ x: Tensor, _ t: Double, _ u: Double, _ model: ScoreModel, _ noise: NoiseStream
) throws -> Tensor

/// What a sampler returns.
package struct Samples: Results {
  /// Shape [count, d].
  package let points: Tensor
  package let info: SamplingInfo
  /// Whether the caller asked for more than the points.
  let isInformed: Bool

  package var seed: Int { info.seed }
  package var recorded: (times: Tensor, states: Tensor)? { info.recorded }

  package static var resultTypes: [String] { ["tensor", "table?"] }

  package func push(_ frame: Frame) -> Int32 {
    let count = points.push(frame)
    return isInformed ? count + info.table.push(frame) : count
  }
}

/// How samples came about.
package struct SamplingInfo {
  package let seed: Int
  /// Calls of the model, each on a batch of rows; those of one row.
  package let evaluations: Int
  /// Shape [steps + 1].
  package let times: Tensor
  /// States on the way, [k, count, d], and their times; nil unless asked for.
  package let recorded: (times: Tensor, states: Tensor)?

  var table: Value {
    var pairs: [(key: String, value: Value)] = [
      ("evaluations", .integer(evaluations)), ("seed", .integer(seed)), ("times", .object(times)),
    ]
    if let recorded {
      pairs += [
        ("recorded_times", .object(recorded.times)), ("x", .object(recorded.states)),
      ]
    }
    return .record(name: "info", pairs.map { (Value.Key($0.key), $0.value) })
  }
}

package struct SamplerDriver {
  let model: ScoreModel
  let times: [Double]
  let count: Int
  let seed: Int
  let start: Tensor?
  let recordEvery: Int?
  let final: FinalStep
  let isInformed: Bool

  /// Checks the options; the session's next seed is taken only when all of them are in order.
  package init(_ model: ScoreModel, _ options: SamplingOptions) throws {
    self.model = model
    times = try options.grid(for: model.process)
    start = try options.startingPoints(for: model)
    count = start?.shape[0] ?? options.count?.value ?? 64
    guard count > 0 else { throw UserError("start must have 1 row or more, got 0") }
    recordEvery = options.record?.value
    final = options.final
    isInformed = options.info || options.record != nil
    seed = options.seed ?? SessionSeed.next()
  }

  /// Rows that are taken through all steps together: samples beyond cost time but no memory.
  private var rowsPerBlock: Int { max(1, min(4096, (1 << 21) / max(model.dimension, 1))) }

  /// - Parameter start: gives the step for a block of rows.
  package func run(_ start: () throws -> SamplerStep) throws -> Samples {
    let dtype = self.start?.dtype ?? .float32
    let shape = try Shape(checking: [count, model.dimension])
    let points = try Tensor.full(shape, .nan, dtype)
    let recorded = try recordedStates(dtype)
    var evaluations = 0
    for first in stride(from: 0, to: count, by: rowsPerBlock) {
      let rows = first..<min(count, first + rowsPerBlock)
      let counted = ScoreModel(CountedFunction(model.function), model.sde)
      var progress = Progress()
      do {
        let last = try run(
          rows, dtype, recorded?.states, start(), counted, &progress, into: points)
        try points.slice(axis: 0, rows).assign(last)
      } catch {
        LastSamples.keep(points, times: times, step: progress.step, seed: seed)
        throw error
      }
      evaluations = (counted.function as? CountedFunction)?.count ?? 0
    }
    LastSamples.keep(points, times: times, step: times.count - 1, seed: seed)
    let info = SamplingInfo(
      seed: seed, evaluations: evaluations, times: try Tensor(times), recorded: recorded)
    return Samples(points: points, info: info, isInformed: isInformed)
  }

  /// Takes some rows through all steps.
  private func run(
    _ rows: Range<Int>, _ dtype: DType, _ recorded: Tensor?, _ step: SamplerStep,
    _ model: ScoreModel, _ progress: inout Progress, into points: Tensor
  ) throws -> Tensor {
    var x = try start?.slice(axis: 0, rows) ?? prior(rows, dtype)
    var place = 0
    func record(_ index: Int) throws {
      guard let recorded, isRecorded(index) else { return }
      try recorded.select(axis: 0, place).slice(axis: 0, rows).assign(x)
      place += 1
    }
    try record(0)
    let steps = times.count - 1
    do {
      for index in 0..<steps {
        try Cancellation.check()
        let isSilent = final != .state && index == steps - 1
        let noise =
          isSilent
          ? NoiseStream.silent
          : NoiseStream(seed: seed, step: index + 1, firstRow: rows.lowerBound)
        let moved = try step(x, times[index], times[index + 1], model, noise)
        try ScoreModel.requireConstant(moved)
        let next = moved.value
        guard try next.isFinite() else { throw try failure(index, from: x, to: next) }
        x = next
        progress.step = index + 1
        try record(index + 1)
      }
      if final == .denoise {
        x = try model.denoised(x, model.times(times[steps], for: x)).value
      }
    } catch {
      // The rows as far as they came.
      keep(x, rows, in: points)
      throw error
    }
    return x
  }

  /// Copies rows without a look for Ctrl-C, which may be why the run ends.
  private func keep(_ x: Tensor, _ rows: Range<Int>, in points: Tensor) {
    guard x.isDense, x.dtype == points.dtype else { return }
    let (first, count) = (rows.lowerBound * model.dimension, rows.count * model.dimension)
    if x.dtype == .float64 {
      (points.pointer(Double.self) + first).update(from: x.pointer(Double.self), count: count)
    } else {
      (points.pointer(Float.self) + first).update(from: x.pointer(Float.self), count: count)
    }
  }

  /// How far a block of rows has come.
  private struct Progress { var step = 0 }

  /// N(0, σ(t₀)²), the law of a noised point once the data no longer matter.
  private func prior(_ rows: Range<Int>, _ dtype: DType) throws -> Tensor {
    let z = try RandomStream(seed: seed, purpose: .sampling).normal(
      [rows.count, model.dimension], dtype, step: 0, firstRow: rows.lowerBound)
    return try z.combined(with: model.process.sigma(at: times[0]), .multiply)
  }

  // MARK: The recorder

  private func isRecorded(_ index: Int) -> Bool {
    recordEvery.map { index % $0 == 0 || index == times.count - 1 } ?? false
  }

  private func recordedStates(_ dtype: DType) throws -> (times: Tensor, states: Tensor)? {
    let kept = times.indices.filter(isRecorded)
    if kept.isEmpty { return nil }
    return (
      try Tensor(kept.map { times[$0] }),
      try Tensor(uninitialized: Shape(checking: [kept.count, count, model.dimension]), dtype)
    )
  }

  // MARK: When numbers fail

  /// Says which quantity was the first that is no number: the score, or the state itself.
  private func failure(_ index: Int, from x: Tensor, to next: Tensor) throws -> UserError {
    let t = times[index]
    let lostScores = try model.score(x, at: t).value.nonFiniteRows()
    let lost = lostScores.isEmpty ? try next.nonFiniteRows() : lostScores
    let quantity = lostScores.isEmpty ? "the state" : "the score"
    return UserError(
      "\(quantity) became NaN or infinite in step \(index + 1) of \(times.count - 1), from "
        + "t = \(shortNumber(t)) to \(shortNumber(times[index + 1])), in \(lost.count) of "
        + "\(x.shape[0]) samples")
  }
}
