import Catalog
import Tensors

/// Keeps the start, every k-th state and the last.
final class SampleRecorder {
  private let times: [Double]
  private let every: Int
  private let states: Tensor
  private var kept: [Double] = []

  /// - Parameter shape: of one state, all samples together.
  init(_ shape: Shape, _ dtype: DType, times: [Double], every: Int) throws {
    (self.times, self.every) = (times, every)
    let count = times.indices.count { $0 % every == 0 || $0 == times.count - 1 }
    states = try Tensor(uninitialized: Shape(checking: [count] + Array(shape)), dtype)
  }

  /// Keeps the state after `index` steps where it is one of those.
  func note(_ index: Int, _ blocks: [Tensor]) throws {
    guard index % every == 0 || index == times.count - 1 else { return }
    try Samples.join(blocks, into: states.select(axis: 0, kept.count))
    kept.append(times[index])
  }

  /// What there is so far, and the times.
  var recorded: (times: [Double], states: Tensor) {
    (kept, states.slice(axis: 0, 0..<kept.count))
  }
}
