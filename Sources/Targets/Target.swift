import Catalog
import Tensors

/// A distribution as Lua holds it.
public final class Target: FunctionHolder {
  public static var typeName: String { "target" }
  public let distribution: any Distribution

  public init(_ distribution: any Distribution) { self.distribution = distribution }

  public var dimension: Int { distribution.dimension }
  public var functions: [Callback] { distribution.functions }

  public func describe() -> String { "\(distribution.name)(\(distribution.summary))" }

  /// Throws where `x` is not a batch of points of the target's dimension, in floating point.
  public func checkPoints(_ x: Tensor) throws {
    guard x.rank == 2, x.shape[1] == dimension else {
      throw UserError("x has shape \(x.shape), expected [n d] with d = \(dimension)")
    }
    guard x.dtype.isFloatingPoint else {
      throw UserError("x must be a float32 or float64 tensor, got \(x.dtype.rawValue)")
    }
  }
}
