import Catalog
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
  /// Draws a step may make.
  static let drawsPerStep = 16

  /// The noise of step `step` (0 is the prior) for the rows from `firstRow` on.
  convenience init(_ stream: RandomStream, step: Int, firstRow: Int) {
    self.init { index, shape, dtype in
      precondition(index < NoiseStream.drawsPerStep, "more draws in a step than are kept apart")
      return try stream.normal(
        shape, dtype, step: UInt32(truncatingIfNeeded: step * NoiseStream.drawsPerStep + index),
        firstRow: firstRow)
    }
  }
}
