import Catalog
import Tensors

// Batches of points: vectors [n, d], or pictures [n, h, w] and [n, c, h, w].

/// Points of any shape as rows, [n, d].
public func flattenedPoints(_ x: Tensor) throws -> Tensor {
  if x.rank == 2 { return x }
  let count = x.shape[0]
  return try reshape(x, to: [count, count == 0 ? x.shape.dropFirst().reduce(1, *) : -1])
}

/// A function of rows [n, d], of points of any shape.
public func onFlattenedPoints(_ x: Tensor, _ body: (Tensor) throws -> Tensor) throws -> Tensor {
  if x.rank == 2 { return try body(x) }
  return try reshape(body(flattenedPoints(x)), to: Array(x.shape))
}

/// Throws where `x` is not a batch of points of a shape.
public func requirePoints(_ x: Tensor, shape: Shape, name: String = "x") throws {
  guard x.rank == shape.rank + 1, zip(x.shape.dropFirst(), shape).allSatisfy({ $0 == $1 }) else {
    if shape.rank == 1 {
      throw UserError(
        "\(name) has shape \(x.shape), expected [n d] with d = \(shape[0])\(reshapeHint(x, shape))")
    }
    let lengths = shape.map { String($0) }.joined(separator: " ")
    throw UserError("\(name) has shape \(x.shape), expected [n \(lengths)]\(reshapeHint(x, shape))")
  }
}

/// How points get another shape that holds the same numbers in the same order: with axes of length 1, flat or no longer
/// flat. One point gets an axis in front.
private func reshapeHint(_ x: Tensor, _ shape: Shape) -> String {
  if x.shape == shape { return ": write :unsqueeze(1)" }
  guard x.rank > 1, x.shape[0] > 0 else { return "" }
  let own = x.shape.dropFirst()
  let isFlat = min(own.count, shape.rank) == 1 && own.reduce(1, *) == shape.elementCount
  guard isFlat || own.filter({ $0 != 1 }) == shape.filter({ $0 != 1 }) else { return "" }
  return ": write :reshape{-1, \(shape.map { String($0) }.joined(separator: ", "))}"
}
