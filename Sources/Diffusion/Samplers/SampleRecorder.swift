import Catalog
import Tensors

/// Keeps the start, every k-th state and the last.
package final class SampleRecorder {
  private let shape: Shape
  private let dtype: DType
  private let every: Int
  /// The times of a grid; nil where it is not known how many steps there will be.
  private let times: [Double]?
  /// All of a grid, made at once so that what does not fit is refused before the first step.
  private let all: Tensor?
  private var others: [Tensor] = []
  /// The places of the states kept, in steps from 0.
  package private(set) var steps: [Int] = []

  /// - Parameter shape: of one state, all samples together.
  init(_ shape: Shape, _ dtype: DType, times: [Double]?, every: Int) throws {
    (self.shape, self.dtype, self.times, self.every) = (shape, dtype, times, every)
    all = try times.map { times in
      let count = times.indices.count { $0 % every == 0 || $0 == times.count - 1 }
      return try Tensor(uninitialized: Shape(checking: [count] + Array(shape)), dtype)
    }
  }

  /// Keeps the state after `step` steps where it is one of those.
  func note(_ step: Int, _ blocks: [Tensor], isLast: Bool = false) throws {
    let isLast = isLast || times.map { step == $0.count - 1 } ?? false
    guard step % every == 0 || isLast, step != steps.last else { return }
    if let all {
      try Samples.join(blocks, into: all.select(axis: 0, steps.count))
    } else {
      others.append(try Samples.joined(blocks, dtype))
    }
    steps.append(step)
  }

  /// What there is so far, shape [k] + that of a state.
  package func states() throws -> Tensor {
    if let all { return all.slice(axis: 0, 0..<steps.count) }
    return try Tensor.concatenated(others.map { $0.expanded(axis: 0) }, axis: 0)
  }

  /// The fields of a result.
  func fields() throws -> [(key: String, value: Value)] {
    let places: (String, Value) =
      if let times {
        ("recorded_times", .object(try Tensor(steps.map { times[$0] })))
      } else {
        ("recorded_steps", .object(try Tensor(steps.map(Int64.init))))
      }
    return [places, ("x", .object(try states()))]
  }
}
