import Catalog
import KernelsBase
import Runtime

/// Activations in the layout of the convolution engine: [n, c, h, w] of float32, the channels in blocks of
/// 16 that lie side by side, [n][⌈c / 16⌉][h][w][16]; the lanes beyond the channels are 0 and stay 0.
/// Pictures of at most four channels are planes, [n][c][h][w], as in a tensor.
public final class FeatureMap {
  public let batch: Int
  public let channels: Int
  public let height: Int
  public let width: Int
  let storage: Storage
  private let start: Int

  /// Whether channels lie side by side; it follows from their number.
  public var isBlocked: Bool { channels > FeatureMap.mostPlanes }
  static let mostPlanes = 4

  /// A map whose elements are not set.
  public init(batch: Int, channels: Int, height: Int, width: Int) throws {
    (self.batch, self.channels, self.height, self.width) = (batch, channels, height, width)
    start = 0
    let lanes = channels > FeatureMap.mostPlanes ? (channels + 15) & ~15 : channels
    storage = try Storage(
      byteCount: Shape(checking: [batch, lanes, height, width]).byteCount(of: .float32))
  }

  /// The map of a tensor [n, c, h, w] of float32; a few dense planes are shared with it, not copied.
  public init(_ tensor: Tensor) throws {
    guard tensor.rank == 4, tensor.dtype == .float32 else {
      throw UserError(
        "images must be a float32 tensor of shape [n, c, h, w], got \(tensor.dtype.rawValue) of shape "
          + "\(tensor.shape)")
    }
    let s = tensor.shape
    (batch, channels, height, width) = (s[0], s[1], s[2], s[3])
    let dense = try tensor.densified()
    if channels <= FeatureMap.mostPlanes {
      _ = dense.pointer(Float.self)
      (storage, start) = (dense.storage, dense.offset)
      return
    }
    start = 0
    storage = try Storage(
      byteCount: Shape(checking: [s[0], (s[1] + 15) & ~15, s[2], s[3]]).byteCount(of: .float32))
    let (x, y, plane) = (FloatIn(dense.pointer(Float.self)), base, height * width)
    try eachBlock { block, lanes, image in
      kernels.interleave(
        x + (image * channels + 16 * block) * plane, lanes: lanes, pixels: plane,
        into: y + (image * blocks + block) * 16 * plane)
    }
  }

  /// The memory of the map as one row of numbers, for an operation that keeps it.
  public var elements: Tensor {
    let count = batch * laneCount * height * width
    return Tensor(
      storage: storage, dtype: .float32, shape: [count], strides: [1], offset: start)
  }

  /// A map over such memory, which is shared.
  public init(elements: Tensor, batch: Int, channels: Int, height: Int, width: Int) throws {
    (self.batch, self.channels, self.height, self.width) = (batch, channels, height, width)
    (storage, start) = (elements.storage, elements.offset)
    let lanes = channels > FeatureMap.mostPlanes ? (channels + 15) & ~15 : channels
    let count = try Shape(checking: [batch, lanes, height, width]).elementCount
    guard elements.elementCount == count, elements.dtype == .float32, elements.isDense else {
      throw UserError("a map of \(count) elements cannot lie in \(elements.describe())")
    }
  }

  /// The same elements as a tensor [n, c, h, w]; planes are shared, not copied.
  public func tensor() throws -> Tensor {
    let shape: Shape = [batch, channels, height, width]
    if !isBlocked {
      return Tensor(
        storage: storage, dtype: .float32, shape: shape, strides: shape.denseStrides, offset: start)
    }
    let result = try Tensor(uninitialized: shape)
    let (x, y, plane) = (FloatIn(base), result.pointer(Float.self), height * width)
    try eachBlock { block, lanes, image in
      kernels.part(
        x + (image * blocks + block) * 16 * plane, lanes: lanes, pixels: plane,
        into: y + (image * channels + 16 * block) * plane)
    }
    return result
  }

  private func eachBlock(_ body: (_ block: Int, _ lanes: Int, _ image: Int) -> Void) throws {
    if height * width == 0 { return }
    try WorkerPool.shared.run(
      count: batch * blocks, grain: max(1, parallelGrain / (16 * height * width))
    ) { range in
      for chunk in range {
        let (image, block) = chunk.quotientAndRemainder(dividingBy: blocks)
        body(block, min(16, channels - 16 * block), image)
      }
    }
  }

  var base: FloatOut { storage.base.assumingMemoryBound(to: Float.self) + start }
  /// Blocks of 16 channels, or planes.
  var blocks: Int { extent.blocks }
  var extent: MapExtent { FeatureMap.extent(channels: channels, height: height, width: width) }
  /// Channels and the empty lanes of the last block.
  var laneCount: Int { isBlocked ? 16 * blocks : channels }

  static func extent(channels: Int, height: Int, width: Int) -> MapExtent {
    channels > mostPlanes
      ? MapExtent(blocks: (channels + 15) / 16, height: height, width: width)
      : MapExtent(blocks: channels, height: height, width: width, depth: 1)
  }

  public var description: String { "[\(batch), \(channels), \(height), \(width)]" }
}
