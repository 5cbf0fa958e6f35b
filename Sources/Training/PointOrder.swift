import Catalog
import Runtime
import Tensors

/// Which points of the data each update takes. All counts follow from the number of the update, so that a
/// run may stop and go on anywhere.
///
/// Up to as many points as there are: every point once an epoch, in an order drawn for the epoch, and the
/// last batch of an epoch may be short. More points than there are: each is drawn by itself, with
/// replacement, and an epoch is one update.
final class PointOrder {
  private let count: Int
  /// Points an update.
  let batch: Int
  let stepsPerEpoch: Int
  private let key: UInt64
  /// The order of an epoch, or the draws of an update.
  @exclusivity(unchecked) private var places: [Int32]
  /// The epoch or update that `places` belongs to.
  @exclusivity(unchecked) private var current = -1

  /// - Parameter count: the points of the data.
  init(count: Int, batch: Int, key: UInt64) throws {
    self.count = count
    self.batch = batch
    stepsPerEpoch = batch >= count ? 1 : (count + batch - 1) / batch
    self.key = key
    places = try checkedArray(repeating: 0, count: max(count, batch))
  }

  var drawsWithReplacement: Bool { batch > count }

  /// Points of the last batch of an epoch.
  var lastBatch: Int { drawsWithReplacement ? batch : count - (stepsPerEpoch - 1) * batch }

  func isLast(_ step: Int) -> Bool { (step + 1) % stepsPerEpoch == 0 }

  /// Points that the updates before `step` took, counted from 0.
  func points(before step: Int) -> Int {
    drawsWithReplacement
      ? step &* batch : step / stepsPerEpoch &* count &+ step % stepsPerEpoch &* batch
  }

  /// The places in the data that update `step` takes.
  func withPlaces<R>(of step: Int, _ body: (UnsafePointer<Int32>) throws -> R) throws -> R? {
    let wanted = drawsWithReplacement ? step : step / stepsPerEpoch
    if wanted != current {
      current = -1
      if drawsWithReplacement {
        try drawIndices(
          &places, below: count, key: key, row: UInt64(step), poll: Cancellation.check)
      } else {
        try shuffle(
          &places, key: key, step: UInt32(truncatingIfNeeded: wanted), row: 0,
          poll: Cancellation.check)
      }
      current = wanted
    }
    let first = drawsWithReplacement ? 0 : step % stepsPerEpoch * batch
    return try places.withUnsafeBufferPointer { try $0.baseAddress.map { try body($0 + first) } }
  }
}
