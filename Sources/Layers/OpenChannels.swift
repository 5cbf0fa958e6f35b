import Catalog
import Runtime
import Tensors

/// Which channels behind a ReLU carry anything at a point, for its Jacobian.
///
/// A channel whose ReLU is shut at every place of the points is 0 there, and so is its derivative: the linear map of the
/// network at these points is the same without it, and the convolutions on both of its sides are smaller. A first call of
/// the network, without gradients, notes the channels; calls after it leave the others out. At a picture a third of
/// the channels of a U-Net may be shut.
package final class OpenChannels {
  private var lists: [String: Set<Int>] = [:]
  /// Whether calls note channels; they leave out what is shut otherwise.
  package private(set) var isNoting = true

  package init() {}

  /// What was noted counts from here on.
  package func finish() { isNoting = false }

  /// Of a layer that is called more than once, what any call of it opens.
  func note(_ channels: [Int], _ path: String) {
    lists[path, default: []].formUnion(channels)
  }

  /// The channels to keep, in whole blocks of the engine; nil where that is all of them.
  func kept(_ path: String, of count: Int) -> ChannelSubset? {
    guard !isNoting, let open = lists[path] else { return nil }
    let size = max(16, (open.count + 15) & ~15)
    guard size < count else { return nil }
    let shut = (0..<count).filter { !open.contains($0) }
    return ChannelSubset(
      all: count, kept: (Array(open) + shut.prefix(size - open.count)).sorted())
  }
}

/// Some of the channels of a map, which are all that is held of it; the others are 0.
struct ChannelSubset {
  /// How many there are.
  let all: Int
  let kept: [Int]

  /// Those of several maps, one behind the other.
  static func joined(_ parts: [(subset: ChannelSubset?, count: Int)]) -> ChannelSubset? {
    if parts.allSatisfy({ $0.subset == nil }) { return nil }
    var (kept, all) = ([Int](), 0)
    for (subset, count) in parts {
      let own = subset ?? ChannelSubset(all: count, kept: Array(0..<count))
      kept += own.kept.map { $0 + all }
      all += own.all
    }
    return ChannelSubset(all: all, kept: kept)
  }
}

extension ChannelSubset {
  /// Calls with every number of a map of the kept channels, and its place in a map of all.
  func eachChannel(
    _ few: FeatureMap, _ all: FeatureMap,
    _ body: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>) -> Void
  ) throws {
    for image in 0..<few.batch {
      try Cancellation.check()
      for (channel, place) in kept.enumerated() {
        let (a, b) = (few.plane(image, channel), all.plane(image, place))
        for pixel in 0..<few.height * few.width {
          body(a.start + pixel * a.step, b.start + pixel * b.step)
        }
      }
    }
  }
}

extension FeatureMap {
  /// Where a channel of an image begins, and how far its pixels are apart.
  fileprivate func plane(_ image: Int, _ channel: Int) -> (
    start: UnsafeMutablePointer<Float>, step: Int
  ) {
    let (pixels, step) = (height * width, isBlocked ? 16 : 1)
    let blocks = isBlocked ? (channels + 15) / 16 : channels
    let block = image * blocks + channel / step
    return (elements.pointer(Float.self) + block * pixels * step + channel % step, step)
  }

  func clear() {
    let elements = elements
    elements.pointer(Float.self).update(repeating: 0, count: elements.elementCount)
  }

  /// The channels in which scale·x + shift is above 0 at a place of an image.
  func openChannels(_ scale: [Float], _ shift: [Float]) -> [Int] {
    (0..<channels).filter { channel in
      let (a, b) = (scale[channel], shift[channel])
      return (0..<batch).contains { image in
        let own = plane(image, channel)
        return (0..<height * width).contains { a * own.start[$0 * own.step] + b > 0 }
      }
    }
  }
}
