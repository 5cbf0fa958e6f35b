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
  package let seed: Int
  /// States on the way, [k, count, d], and their times; nil unless asked for.
  package let recorded: (times: Tensor, states: Tensor)?

  package static var resultTypes: [String] { ["tensor", "integer", "table?"] }

  package func push(_ frame: Frame) -> Int32 {
    let path = recorded.map {
      Value.map([("times", .object($0.times)), ("x", .object($0.states))])
    }
    let count = points.push(frame) + seed.push(frame)
    return path.map { count + $0.push(frame) } ?? count
  }
}

package struct SamplerDriver {
  let model: ScoreModel
  let times: [Double]
  let count: Int
  let seed: Int
  let start: Tensor?
  let recordEvery: Int?
  let denoiseLast: Bool
  private let stream: RandomStream

  /// Checks the options; the session's next seed is taken only when all of them are in order.
  package init(_ model: ScoreModel, _ options: SamplingOptions) throws {
    self.model = model
    times = try options.grid(for: model.process)
    start = try options.startingPoints(for: model)
    count = start?.shape[0] ?? options.count?.value ?? 64
    guard count > 0 else { throw UserError("start must have 1 row or more, got 0") }
    recordEvery = options.record?.value
    denoiseLast = options.denoiseLast
    seed = options.seed ?? SessionSeed.next()
    stream = RandomStream(seed: seed, purpose: .sampling)
  }

  /// Rows that are taken through all steps together: samples beyond cost time but no memory.
  private var rowsPerBlock: Int { max(1, min(4096, (1 << 21) / max(model.dimension, 1))) }

  package func run(_ step: SamplerStep) throws -> Samples {
    let dtype = start?.dtype ?? .float32
    let shape = try Shape(checking: [count, model.dimension])
    let points = try Tensor(uninitialized: shape, dtype)
    let recorded = try recordedStates(dtype)
    for first in stride(from: 0, to: count, by: rowsPerBlock) {
      let rows = first..<min(count, first + rowsPerBlock)
      let last = try run(rows, dtype, recorded?.states, step)
      try points.slice(axis: 0, rows).assign(last)
    }
    return Samples(points: points, seed: seed, recorded: recorded)
  }

  /// Takes some rows through all steps.
  private func run(
    _ rows: Range<Int>, _ dtype: DType, _ recorded: Tensor?, _ step: SamplerStep
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
    for index in 0..<steps {
      try Cancellation.check()
      let isSilent = denoiseLast && index == steps - 1
      let noise =
        isSilent
        ? NoiseStream.silent : NoiseStream(stream, step: index + 1, firstRow: rows.lowerBound)
      let moved = try step(x, times[index], times[index + 1], model, noise)
      try ScoreModel.requireConstant(moved)
      let next = moved.value
      guard try next.isFinite() else { throw try failure(index, from: x, to: next) }
      x = next
      try record(index + 1)
    }
    return x
  }

  /// N(0, std(t₀)²), the law of a noised point once the data no longer matter.
  private func prior(_ rows: Range<Int>, _ dtype: DType) throws -> Tensor {
    let z = try stream.normal(
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
