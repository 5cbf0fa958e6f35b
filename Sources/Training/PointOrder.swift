import Catalog
import Runtime
import Tensors

/// Which points of the data each update takes: every point once an epoch, in an order of its own, and the
/// last batch of an epoch may be short. All counts follow from the number of the update, so that a run may
/// stop and go on anywhere.
final class PointOrder {
  private let count: Int
  /// Points an update.
  let batch: Int
  let stepsPerEpoch: Int
  private let key: UInt64
  private var order: [Int32]
  private var epoch = -1

  /// - Parameter count: the points of the data.
  init(count: Int, batch: Int, key: UInt64) throws {
    self.count = count
    self.batch = min(batch, count)
    stepsPerEpoch = (count + self.batch - 1) / self.batch
    self.key = key
    order = try checkedArray(repeating: 0, count: count)
  }

  /// Points of the last batch of an epoch.
  var lastBatch: Int { count - (stepsPerEpoch - 1) * batch }

  func isLast(_ step: Int) -> Bool { (step + 1) % stepsPerEpoch == 0 }

  /// Points that the updates before `step` took, counted from 0.
  func points(before step: Int) -> Int {
    step / stepsPerEpoch &* count &+ step % stepsPerEpoch &* batch
  }

  /// The places in the data that update `step` takes.
  func withPlaces<R>(of step: Int, _ body: (UnsafePointer<Int32>) throws -> R) throws -> R? {
    if step / stepsPerEpoch != epoch {
      epoch = -1
      let next = step / stepsPerEpoch
      try shuffle(
        &order, key: key, step: UInt32(truncatingIfNeeded: next), row: 0, poll: Cancellation.check)
      epoch = next
    }
    let first = step % stepsPerEpoch * batch
    return try order.withUnsafeBufferPointer { try $0.baseAddress.map { try body($0 + first) } }
  }
}
