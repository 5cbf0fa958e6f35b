import Catalog
import Tensors

/// A function at a point as a linear map: J v and Jᵀ u as often as wanted, from one evaluation.
public final class Linearization {
  /// The function's value at the point.
  public let value: Tensor
  private let tape = Tape()
  private let point: Tensor
  private let output: Tensor

  public init(at x: Tensor, of function: (Tensor) throws -> Tensor) throws {
    point = tape.variable(x)
    output = try function(point)
    value = trace(of: output, on: tape)?.primal ?? output
  }

  deinit { tape.close() }

  /// J v, by a forward sweep.
  public func push(_ v: Tensor) throws -> Tensor {
    guard v.shape == point.shape else {
      throw UserError("v has shape \(v.shape), x has \(point.shape)")
    }
    return try tape.pushForward(output, tangent: v, from: point)
      ?? Tensor.zeros(value.shape, value.dtype)
  }

  /// Jᵀ u, by a reverse sweep.
  public func pull(_ u: Tensor) throws -> Tensor {
    guard u.shape == value.shape else {
      throw UserError("u has shape \(u.shape), the function's value \(value.shape)")
    }
    return try tape.pullBack(output, cotangent: u, to: [point])[0]
      ?? Tensor.zeros(point.shape, point.dtype)
  }
}
