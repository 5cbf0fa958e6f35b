import Autodiff
import Catalog
import Tensors

/// A distribution as Lua holds it.
package final class Target: FunctionHolder {
  package static var typeName: String { "target" }
  package let distribution: any Distribution

  package init(_ distribution: any Distribution) { self.distribution = distribution }

  package var dimension: Int { distribution.dimension }
  package var shape: Shape { distribution.shape }
  package var functions: [Callback] { distribution.functions }

  package func describe() -> String { "\(distribution.name)(\(distribution.summary))" }

  /// Throws where `x` is not a batch of points of the target's shape, in floating point.
  package func checkPoints(_ x: Tensor) throws {
    try requirePoints(x, shape: shape)
    guard x.dtype.isFloatingPoint else {
      throw UserError("x must be a float32 or float64 tensor, got \(x.dtype.rawValue)")
    }
  }
}
