import Catalog
import Tensors

// Elements before and after those of each axis, with gradients. Axes are 0-based.

/// What stands in the border that `pad` adds, for the axis a b c d with three more on each side.
public enum PadMode: String, CaseIterable {
  /// v v v | a b c d | v v v
  case constant
  /// d c b | a b c d | c b a: mirrored at the elements of the ends, which are not repeated.
  case reflect
  /// a a a | a b c d | d d d
  case replicate
  /// b c d | a b c d | a b c
  case circular

  /// The place in an axis of `length` elements from which the border takes the element at `place`,
  /// which may lie any distance before or behind it.
  func source(of place: Int, length: Int) -> Int {
    switch self {
    case .constant: return place
    case .replicate: return min(max(place, 0), length - 1)
    case .circular: return (place % length + length) % length
    case .reflect:
      if length == 1 { return 0 }
      let period = 2 * (length - 1)
      let phase = (place % period + period) % period
      return min(phase, period - phase)
    }
  }
}

/// `value` before and after along every axis.
public func pad(_ x: Tensor, _ widths: [(before: Int, after: Int)], value: Double = 0) throws
  -> Tensor
{
  let target = try paddedLengths(x, widths)
  func wrapped(_ x: Tensor) throws -> Tensor {
    var result = x
    for (axis, width) in widths.enumerated() where width != (0, 0) {
      var shape = result.shape
      shape[axis] = target[axis]
      result = try place(result, in: shape, axis: axis, from: width.before)
    }
    return result
  }
  let padded = try wrapped(x)
  if value == 0 { return padded }
  let inside = try wrapped(Tensor(filling: x.shape, with: true))
  return try choose(inside, padded, .full([], value, x.dtype))
}

/// The border made of the tensor's own elements; as wide as one likes.
public func pad(_ x: Tensor, _ widths: [(before: Int, after: Int)], _ mode: PadMode) throws
  -> Tensor
{
  if mode == .constant { return try pad(x, widths) }
  try checkMemory(for: paddedLengths(x, widths), x.dtype)
  return try widths.enumerated().reduce(x) { x, item in
    let (axis, width) = item
    let length = x.shape[axis]
    if width == (0, 0) { return x }
    guard length > 0 else {
      throw UserError(
        "axis \(axis + 1) of shape \(x.shape) has no elements to fill its border with")
    }
    return try pick(
      x, axis: axis,
      (-width.before..<length + width.after).map { mode.source(of: $0, length: length) })
  }
}

private func paddedLengths(_ x: Tensor, _ widths: [(before: Int, after: Int)]) throws -> [Int] {
  let target = try zip(x.shape, widths).map { try checkedSum($0, $1.before, $1.after) }
  _ = try Shape(checking: target)
  return target
}
