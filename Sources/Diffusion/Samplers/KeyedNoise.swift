import KernelsBase
import Tensors

/// The noise of the rows from `firstRow` on, keyed by (step, draw, row, element), so that a sample is the
/// same whatever the number of samples drawn with it.
struct KeyedNoise {
  /// Draws of a step that lie side by side in one stream; those beyond come from streams of their own.
  private static let drawsPerStream = 16

  let seed: Int
  let firstRow: Int
  private let first: RandomStream

  init(seed: Int, firstRow: Int) {
    (self.seed, self.firstRow) = (seed, firstRow)
    first = RandomStream(seed: seed, purpose: .sampling)
  }

  func normal(_ step: Int, draw: Int, _ shape: Shape, _ dtype: DType) throws -> Tensor {
    let (stream, counter) = place(step, draw)
    return try stream.normal(shape, dtype, step: counter, firstRow: firstRow)
  }

  /// One draw, of which any rows can be had.
  struct Key {
    fileprivate let key: UInt64
    fileprivate let counter: UInt32
    fileprivate let firstRow: Int

    /// Dense rows of float32 numbers.
    func normal(_ rows: Range<Int>, columns: Int, _ out: FloatOut) {
      kernels.normal(
        out, rows: rows.count, columns: columns, key: key, step: counter,
        firstRow: UInt64(firstRow + rows.lowerBound))
    }
  }

  func key(_ step: Int, draw: Int) -> Key {
    let (stream, counter) = place(step, draw)
    return Key(key: stream.key, counter: counter, firstRow: firstRow)
  }

  private func place(_ step: Int, _ draw: Int) -> (RandomStream, UInt32) {
    let (part, place) = draw.quotientAndRemainder(dividingBy: KeyedNoise.drawsPerStream)
    let stream =
      part == 0
      ? first
      : RandomStream(seed: RandomStream.derivedSeed(seed, part: -part), purpose: .sampling)
    return (
      stream, UInt32(truncatingIfNeeded: step * KeyedNoise.drawsPerStream + place)
    )
  }
}
