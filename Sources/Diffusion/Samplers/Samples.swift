import Catalog
import Tensors

/// What a sampler returns.
package struct Samples: Results {
  /// Shape [count, d].
  package let points: Tensor
  /// nil where the run drew no noise and was given none.
  package let seed: Int?
  /// Calls of the model for each sample.
  package let evaluations: Int
  /// None of a sampler without times.
  package let times: [Double]
  /// States on the way; nil unless asked for.
  package let recorder: SampleRecorder?
  /// Accepted and rejected steps of each sample, where they step apart.
  package let rowSteps: RowSteps?
  /// What the sampler says of itself.
  package let notes: [(key: String, value: Value)]
  /// Whether Lua gets more than the points.
  let isTold: Bool

  package typealias RowSteps = (accepted: [Int], rejected: [Int])

  package static var resultTypes: [String] { ["tensor", "table?"] }

  package func push(_ frame: Frame) -> Int32 {
    let count = points.push(frame)
    guard isTold else { return count }
    guard let pairs = try? fields() else {
      frame.host.pointee.failMemory(frame.state)
      return count + 1
    }
    return count + Value.record(name: "info", pairs).push(frame)
  }

  private func fields() throws -> [(key: Value.Key, value: Value)] {
    var pairs: [(key: String, value: Value)] = [("evaluations", .integer(evaluations))]
    if let seed { pairs.append(("seed", .integer(seed))) }
    if !times.isEmpty { pairs.append(("times", .object(try Tensor(times)))) }
    if let rowSteps {
      pairs += [
        ("accepted", .object(try Tensor(rowSteps.accepted.map(Int64.init)))),
        ("rejected", .object(try Tensor(rowSteps.rejected.map(Int64.init)))),
      ]
    }
    pairs += notes
    if let recorder { pairs += try recorder.fields() }
    return pairs.map { (Value.Key($0.key), $0.value) }
  }
}

extension Samples {
  /// Blocks of rows as one tensor of its own.
  static func joined(_ blocks: [Tensor], _ dtype: DType) throws -> Tensor {
    let count = blocks.reduce(0) { $0 + $1.shape[0] }
    let shape = try Shape(checking: [count] + blocks[0].shape.dropFirst())
    let points = try Tensor(uninitialized: shape, dtype)
    try join(blocks, into: points)
    return points
  }

  static func join(_ blocks: [Tensor], into points: Tensor) throws {
    var first = 0
    for block in blocks {
      try points.slice(axis: 0, first..<first + block.shape[0]).assign(block)
      first += block.shape[0]
    }
  }
}
