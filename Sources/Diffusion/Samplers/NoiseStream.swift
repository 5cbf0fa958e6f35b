import Catalog
import KernelsBase
import Tensors

/// The noise of one step of a sampler.
///
/// The driver keys it by (step, row, element), so a sample is the same whatever the number of samples
/// drawn with it. A test, or a comparison of two samplers on one Brownian path, gives its own.
package final class NoiseStream {
  private let draw: (_ index: Int, _ shape: Shape, _ dtype: DType) throws -> Tensor?
  private var drawn = 0

  package init(_ draw: @escaping (_ index: Int, _ shape: Shape, _ dtype: DType) throws -> Tensor?) {
    self.draw = draw
  }

  /// Independent N(0, 1) numbers shaped like `x`, others at each call; nil in a step that is to be
  /// free of noise.
  package func normal(like x: Tensor) throws -> Tensor? {
    defer { drawn += 1 }
    return try draw(drawn, x.shape, x.dtype)
  }

  /// No noise at all.
  package static var silent: NoiseStream { NoiseStream { _, _, _ in nil } }
}

extension NoiseStream {
  /// Draws of a step under one key.
  private static let drawsPerKey = 16

  /// The noise of step `step` (0 is the prior) for the rows from `firstRow` on.
  convenience init(seed: Int, step: Int, firstRow: Int) {
    self.init { index, shape, dtype in
      // The first draws of a step come from the seed itself, the others from seeds made of it.
      let (group, place) = index.quotientAndRemainder(dividingBy: NoiseStream.drawsPerKey)
      let key = group == 0 ? seed : NoiseStream.derivedSeed(seed, group)
      return try RandomStream(seed: key, purpose: .sampling).normal(
        shape, dtype, step: UInt32(truncatingIfNeeded: step * NoiseStream.drawsPerKey + place),
        firstRow: firstRow)
    }
  }

  private static func derivedSeed(_ seed: Int, _ group: Int) -> Int {
    Int(
      truncatingIfNeeded: mix(
        seed: UInt64(bitPattern: Int64(seed)), purpose: UInt64(truncatingIfNeeded: 1 << 16 + group))
    )
  }
}
