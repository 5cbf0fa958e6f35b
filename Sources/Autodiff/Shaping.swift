import Catalog
import Runtime
import Tensors

// Rearrangements with gradients, built from views, picks and joins. Axes are 0-based.

/// The sum of lengths, which must be one that memory could hold.
func checkedSum(_ lengths: Int...) throws -> Int {
  try lengths.reduce(0) {
    let (sum, overflows) = $0.addingReportingOverflow($1)
    guard !overflows, $1 >= 0, sum <= 1 << 48 else {
      throw UserError("an axis of \($0) and \($1) elements is longer than memory can hold")
    }
    return sum
  }
}

/// Elements moved `shift` places along an axis; those that fall off the end come in at the start.
public func roll(_ x: Tensor, _ shift: Int, axis: Int) throws -> Tensor {
  let length = x.shape[axis]
  if length == 0 { return x }
  let first = (shift % length + length) % length
  if first == 0 { return x }
  return try concatenate(
    [
      slice(x, axis: axis, length - first..<length), slice(x, axis: axis, 0..<length - first),
    ], axis: axis)
}

/// The whole repeated along each axis; missing leading axes of `x` count as length 1.
public func tile(_ x: Tensor, _ counts: [Int]) throws -> Tensor {
  let rank = max(x.rank, counts.count)
  let lengths = Array(repeating: 1, count: rank - x.rank) + Array(x.shape)
  let counts = Array(repeating: 1, count: rank - counts.count) + counts
  let target = zip(lengths, counts).map { length, count in
    let (product, overflows) = length.multipliedReportingOverflow(by: count)
    return overflows ? Int.max : product
  }
  try checkMemory(for: target, x.dtype)
  var result = try reshape(x, to: lengths)
  for (axis, count) in counts.enumerated() where count != 1 {
    let length = lengths[axis]
    result = try pick(result, axis: axis, (0..<target[axis]).map { $0 % length })
  }
  return result
}

/// Refuses a shape that does not fit in memory together with the list of numbers that makes it.
func checkMemory(for lengths: [Int], _ dtype: DType) throws {
  let shape = try Shape(checking: lengths)
  try Memory.request(shape.elementCount * dtype.byteCount)
  try Memory.request((lengths.max() ?? 0) * MemoryLayout<Int>.size)
}

/// Refuses a list of so many views where it does not fit in memory: each is an object of Lua's.
func checkMemory(forViews count: Int) throws {
  let (bytes, overflows) = count.multipliedReportingOverflow(by: 512)
  try Memory.request(overflows ? Int.max : bytes)
}

/// The diagonals numbered `k` (0 the main one, above it positive): of a matrix a vector, of a vector a
/// square matrix of zeros with it.
public func diagonal(_ x: Tensor, _ k: Int) throws -> Tensor {
  switch x.rank {
  case 1:
    let length = x.shape[0]
    let size = try checkedSum(length, Int(clamping: k.magnitude))
    let shape = try Shape(checking: [size, size])
    let places = (0..<length).map { ($0 + max(-k, 0)) * size + $0 + max(k, 0) }
    return try scatter(x, to: places, shape: shape)
  case 2:
    let rows = x.shape[0]
    let columns = x.shape[1]
    let start = (row: max(0, k == Int.min ? Int.max : -k), column: max(k, 0))
    let count = max(0, min(rows &- start.row, columns &- start.column))
    let places = (0..<count).map { (start.row + $0) * columns + start.column + $0 }
    return try gather(x, at: places, shape: [count])
  default:
    throw UserError("x must have 1 or 2 axes, got shape \(x.shape)")
  }
}

/// The elements of the last two axes where column − row ≤ k (or ≥ k for the upper part), else 0.
public func triangle(_ x: Tensor, _ k: Int, upper: Bool) throws -> Tensor {
  guard x.rank >= 2 else { throw UserError("x must have 2 axes or more, got shape \(x.shape)") }
  let rows = x.shape[x.rank - 2]
  let columns = x.shape[x.rank - 1]
  let mask = try Tensor(uninitialized: [rows, columns], .bool)
  let out = mask.pointer(Bool.self)
  try Cancellation.inBlocks(mask.elementCount) {
    for place in $0 {
      let (row, column) = place.quotientAndRemainder(dividingBy: columns)
      out[place] = upper ? column - row >= k : column - row <= k
    }
  }
  return try choose(mask, x, .full([], 0, x.dtype))
}
