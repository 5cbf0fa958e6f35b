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
        "\(name) has shape \(x.shape), expected [n d] with d = \(shape[0])\(hint(x, shape))")
    }
    let lengths = shape.map { String($0) }.joined(separator: " ")
    throw UserError("\(name) has shape \(x.shape), expected [n \(lengths)]\(hint(x, shape))")
  }
}

/// How points that have as many numbers get another shape.
private func hint(_ x: Tensor, _ shape: Shape) -> String {
  guard x.rank > 1, x.shape[0] > 0, x.elementCount / x.shape[0] == shape.elementCount else {
    return ""
  }
  return ": write :reshape{-1, \(shape.map { String($0) }.joined(separator: ", "))}"
}
