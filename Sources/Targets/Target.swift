import Catalog
import Tensors

/// A distribution as Lua holds it.
package final class Target: FunctionHolder {
  package static var typeName: String { "target" }
  package let distribution: any Distribution

  package init(_ distribution: any Distribution) { self.distribution = distribution }

  package var dimension: Int { distribution.dimension }
  package var functions: [Callback] { distribution.functions }

  package func describe() -> String { "\(distribution.name)(\(distribution.summary))" }

  /// Throws where `x` is not a batch of points of the target's dimension, in floating point.
  package func checkPoints(_ x: Tensor) throws {
    guard x.rank == 2, x.shape[1] == dimension else {
      throw UserError("x has shape \(x.shape), expected [n d] with d = \(dimension)")
    }
    guard x.dtype.isFloatingPoint else {
      throw UserError("x must be a float32 or float64 tensor, got \(x.dtype.rawValue)")
    }
  }
}
