import Catalog
import Tensors

/// What a sampler returns.
package struct Samples: Results {
  /// Shape [count, d].
  package let points: Tensor
  package let seed: Int
  /// Calls of the model for each sample.
  package let evaluations: Int
  package let times: [Double]
  /// States on the way, [k, count, d], and their times; nil unless asked for.
  package let recorded: (times: Tensor, states: Tensor)?
  /// Whether Lua gets more than the points.
  let isTold: Bool

  package static var resultTypes: [String] { ["tensor", "table?"] }

  package func push(_ frame: Frame) -> Int32 {
    let count = points.push(frame)
    guard isTold else { return count }
    guard let times = try? Tensor(times) else {
      frame.host.pointee.failMemory(frame.state)
      return count + 1
    }
    var pairs: [(key: Value.Key, value: Value)] = [
      ("evaluations", .integer(evaluations)), ("seed", .integer(seed)), ("times", .object(times)),
    ]
    if let recorded {
      pairs += [("recorded_times", .object(recorded.times)), ("x", .object(recorded.states))]
    }
    return count + Value.record(name: "info", pairs).push(frame)
  }
}

/// The samples of the last run, whole, or as they were when an error or Ctrl-C ended it: after the last
/// step that all of them made.
package struct LastSamples {
  /// Rows of the state, block after block.
  let blocks: [Tensor]
  /// Steps made.
  package let step: Int
  package let times: [Double]
  package let seed: Int
  /// What ended the run; nil where it came to its end.
  package let message: String?

  /// nil before the first run. Only the thread of Lua samples.
  nonisolated(unsafe) package static var last: LastSamples?

  /// Shape [count, d].
  package func points() throws -> Tensor { try Samples.joined(blocks) }

  package func value() throws -> Value {
    .named([
      ("points", .object(try points())), ("seed", .integer(seed)), ("step", .integer(step)),
      ("time", .number(times[step])), ("times", .object(try Tensor(times))),
      ("message", message.map { .string($0) } ?? .none),
    ])
  }
}

extension Samples {
  /// Blocks of rows as one tensor of its own.
  static func joined(_ blocks: [Tensor]) throws -> Tensor {
    let count = blocks.reduce(0) { $0 + $1.shape[0] }
    let shape = try Shape(checking: [count] + blocks[0].shape.dropFirst())
    let points = try Tensor(uninitialized: shape, blocks[0].dtype)
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
