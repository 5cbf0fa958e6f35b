import KernelsBase
import Runtime
import Tensors

/// A function f of points in raw memory: dense rows of float32, on any thread. A row's value depends on
/// nothing but the row.
package struct RowFunction {
  /// Rows that a thread takes at once.
  package static let grain = 512

  package typealias Body = (
    _ x: FloatIn, _ keep: Float, _ factor: Float, _ out: FloatOut, _ rows: Int
  ) -> Void
  private let body: Body

  /// - Parameter body: writes keep · x + factor · f(x) for so many rows.
  package init(_ body: @escaping Body) { self.body = body }

  /// out = keep · x + factor · f(x).
  package func callAsFunction(
    _ x: FloatIn, keep: Float, factor: Float, _ out: FloatOut, rows: Int
  ) {
    body(x, keep, factor, out, rows)
  }

  func scaled(by scale: Double) -> RowFunction {
    let (body, scale) = (body, Float(scale))
    return RowFunction { body($0, $1, $2 * scale, $3, $4) }
  }

  /// f of the rows of a float32 tensor of shape [n, d].
  func values(of x: Tensor) throws -> Tensor {
    let d = x.shape[1]
    let points = try x.densified()
    let result = try Tensor(uninitialized: x.shape)
    let (from, to) = (points.pointer(Float.self), result.pointer(Float.self))
    try WorkerPool.shared.run(count: x.shape[0], grain: RowFunction.grain) {
      let first = $0.lowerBound * d
      self(from + first, keep: 0, factor: 1, to + first, rows: $0.count)
    }
    return result
  }
}
