import Catalog
import Tensors

// Views, joins and matrix products with gradients. Axes are 0-based.

public func reshape(_ x: Tensor, to lengths: [Int]) throws -> Tensor {
  if x.trace == nil { return try x.reshaped(to: lengths) }
  return try record(
    "reshape", [x], forward: { try $0[0].reshaped(to: lengths) },
    pullbacks: [{ inputs, _, cotangent in try reshape(cotangent, to: Array(inputs[0].shape)) }])
}

public func permute(_ x: Tensor, _ order: [Int]) throws -> Tensor {
  if x.trace == nil { return try x.permuted(order) }
  var inverse = order
  for (place, axis) in order.enumerated() where inverse.indices.contains(axis) {
    inverse[axis] = place
  }
  return try record(
    "permute", [x], forward: { try $0[0].permuted(order) },
    pullbacks: [{ [inverse] _, _, cotangent in try permute(cotangent, inverse) }])
}

public func transpose(_ x: Tensor) throws -> Tensor {
  if x.trace == nil { return try x.transposed() }
  return try record(
    "transpose", [x], forward: { try $0[0].transposed() },
    pullbacks: [{ _, _, cotangent in try transpose(cotangent) }])
}

public func broadcast(_ x: Tensor, to shape: Shape) throws -> Tensor {
  if x.trace == nil { return try x.broadcast(to: shape) }
  return try record(
    "broadcast", [x], forward: { try $0[0].broadcast(to: shape) },
    pullbacks: [{ inputs, _, cotangent in try sum(cotangent, to: inputs[0].shape) }])
}

/// A new axis of length 1.
public func expandedAxis(_ x: Tensor, at axis: Int) throws -> Tensor {
  guard x.rank < Shape.maximumRank else {
    throw UserError("shape \(x.shape) has \(x.rank) axes already, the most there can be")
  }
  if x.trace == nil { return x.expanded(axis: axis) }
  return try record(
    "expand", [x], forward: { $0[0].expanded(axis: axis) },
    pullbacks: [{ _, _, cotangent in try select(cotangent, axis: axis, 0) }])
}

public func slice(_ x: Tensor, axis: Int, _ range: Range<Int>) throws -> Tensor {
  if x.trace == nil { return x.slice(axis: axis, range) }
  return try record(
    "slice", [x], forward: { $0[0].slice(axis: axis, range) },
    pullbacks: [
      { inputs, _, cotangent in
        try place(cotangent, in: inputs[0].shape, axis: axis, from: range.lowerBound)
      }
    ])
}

public func select(_ x: Tensor, axis: Int, _ index: Int) throws -> Tensor {
  if x.trace == nil { return x.select(axis: axis, index) }
  return try record(
    "select", [x], forward: { $0[0].select(axis: axis, index) },
    pullbacks: [
      { inputs, _, cotangent in
        try place(
          expandedAxis(cotangent, at: axis), in: inputs[0].shape, axis: axis, from: index)
      }
    ])
}

/// Zeros of a shape with `x` written at `start` of an axis: the adjoint of `slice`.
func place(_ x: Tensor, in shape: Shape, axis: Int, from start: Int) throws -> Tensor {
  let end = start + x.shape[axis]
  return try record(
    "place", [x],
    forward: { try $0[0].placed(in: shape, axis: axis, from: start, step: 1) },
    pullbacks: [{ _, _, cotangent in try slice(cotangent, axis: axis, start..<end) }])
}

/// Rows of axis 0 in the order of 0-based indices.
public func gather(_ x: Tensor, rows: [Int]) throws -> Tensor { try pick(x, axis: 0, rows) }

/// Tensors joined along an axis they have.
public func concatenate(_ parts: [Tensor], axis: Int) throws -> Tensor {
  if parts.allSatisfy({ $0.trace == nil }) { return try Tensor.concatenated(parts, axis: axis) }
  var start = 0
  let pullbacks: [Pullback] = parts.map { part in
    let range = start..<start + part.shape[axis]
    start = range.upperBound
    return { _, _, cotangent in try slice(cotangent, axis: axis, range) }
  }
  return try record(
    "concatenate", parts, forward: { try Tensor.concatenated($0, axis: axis) }, pullbacks: pullbacks
  )
}

/// A B over the last axis of A and the last but one of B.
public func matmul(_ a: Tensor, _ b: Tensor) throws -> Tensor {
  if a.trace == nil, b.trace == nil { return try a.matrixProduct(b) }
  if a.rank == 1 {
    return try select(matmul(expandedAxis(a, at: 0), b), axis: max(b.rank - 2, 0), 0)
  }
  if b.rank == 1 {
    let product = try matmul(a, expandedAxis(b, at: 1))
    return try select(product, axis: product.rank - 1, 0)
  }
  return try record(
    "matmul", [a, b], forward: { try $0[0].matrixProduct($0[1]) },
    pullbacks: [
      { inputs, _, cotangent in
        try sum(matmul(cotangent, transpose(inputs[1])), to: inputs[0].shape)
      },
      { inputs, _, cotangent in
        if inputs[1].rank == 2, inputs[0].rank > 2 {
          // A stack of rows against one matrix: the stack is one tall matrix.
          let rows = try reshape(inputs[0], to: [-1, inputs[0].shape[inputs[0].rank - 1]])
          let flow = try reshape(cotangent, to: [-1, cotangent.shape[cotangent.rank - 1]])
          return try matmul(transpose(rows), flow)
        }
        return try sum(matmul(transpose(inputs[0]), cotangent), to: inputs[1].shape)
      },
    ])
}

/// Another element type; the gradient comes back in the old one.
public func convert(_ x: Tensor, to dtype: DType) throws -> Tensor {
  if x.trace == nil || x.dtype == dtype { return try x.converted(to: dtype) }
  return try record(
    "convert", [x], forward: { try $0[0].converted(to: dtype) },
    pullbacks: [{ inputs, _, cotangent in try convert(cotangent, to: inputs[0].dtype) }])
}
