import Runtime
import Tensors

/// The mean discrepancy of two samples by a symmetric kernel, from the sums of the kernel over their points, a block of
/// rows at a time: no matrix of all pairs is kept. Each pair is computed once.
///
///   MMD² = mean k(x_i, x_j) + mean k(y_i, y_j) − 2 mean k(x_i, y_j),
///
/// over pairs of different points (the U-statistic, without bias), or over all pairs (the V-statistic, never below
/// 0). Gretton et al. 2012, Eqs. 3 and 5. The influence of a point is its part in the projection (Hoeffding 1948).
struct KernelSums {
  /// Rows of `x` against all of `y`.
  typealias Kernel = (_ x: Tensor, _ y: Tensor) throws -> Tensor

  /// Numbers of a block, which stay in the cache.
  private static let blockSize = 1 << 18

  /// - Parameter own: k(x_i, x_i) of each point.
  static func discrepancy(
    _ x: Tensor, _ y: Tensor, isBiased: Bool, own: (Tensor) throws -> [Double], _ kernel: Kernel
  ) throws -> Estimate {
    let (n, m) = (Double(x.shape[0]), Double(y.shape[0]))
    var (xx, yy) = (try sums(within: x, kernel), try sums(within: y, kernel))
    let (xy, yx) = try sums(between: x, y, kernel)
    var (pairsX, pairsY) = (n, m)
    if !isBiased {
      for (i, k) in try own(x).enumerated() { xx[i] -= k }
      for (i, k) in try own(y).enumerated() { yy[i] -= k }
      (pairsX, pairsY) = (n - 1, m - 1)
    }
    let value =
      try xx.polledReduce(0, +) / (n * pairsX) + yy.polledReduce(0, +) / (m * pairsY)
      - 2 * xy.polledReduce(0, +) / (n * m)
    let error = try standardError(
      xx.indices.polledMap { 2 * (xx[$0] / pairsX - xy[$0] / m) },
      yy.indices.polledMap { 2 * (yy[$0] / pairsY - yx[$0] / n) })
    return Estimate(isBiased ? max(value, 0) : value, standardError: error)
  }

  /// Σ_j k(x_i, y_j) for each i, and Σ_i k(x_i, y_j) for each j.
  static func sums(between x: Tensor, _ y: Tensor, _ kernel: Kernel) throws -> (
    ofFirst: [Double], ofSecond: [Double]
  ) {
    var first = try zeros(x.shape[0])
    var second = try zeros(y.shape[0])
    try forEachBlock(x, y.shape[0]) { rows, block in
      let values = try kernel(block, y)
      try add(values, axis: 1, to: &first, at: rows.lowerBound)
      try add(values, axis: 0, to: &second, at: 0)
    }
    return (first, second)
  }

  /// Σ_j k(x_i, x_j) for each i: of a block of rows the points from its first on, so that what is behind the block
  /// counts for both.
  static func sums(within x: Tensor, _ kernel: Kernel) throws -> [Double] {
    let n = x.shape[0]
    var result = try zeros(n)
    try forEachBlock(x, n) { rows, block in
      let values = try kernel(block, x.slice(axis: 0, rows.lowerBound..<n))
      try add(values, axis: 1, to: &result, at: rows.lowerBound)
      guard rows.upperBound < n else { return }
      let behind = values.slice(axis: 1, rows.count..<values.shape[1])
      try add(behind, axis: 0, to: &result, at: rows.upperBound)
    }
    return result
  }

  private static func zeros(_ count: Int) throws -> [Double] {
    try Memory.request(count, of: Double.self)
    return Array(repeating: 0, count: count)
  }

  private static func add(
    _ values: Tensor, axis: Int, to sums: inout [Double], at first: Int
  ) throws {
    for (place, sum) in try values.reduced(.sum, axis: axis).doubles().enumerated() {
      sums[first + place] += sum
    }
  }

  /// Rows of x, as many as make a block of kernels to m points.
  static func forEachBlock(
    _ x: Tensor, _ m: Int, _ body: (_ rows: Range<Int>, _ block: Tensor) throws -> Void
  ) throws {
    let step = max(16, blockSize / max(m, 1))
    for first in stride(from: 0, to: x.shape[0], by: step) {
      try Cancellation.check()
      let rows = first..<min(first + step, x.shape[0])
      try body(rows, x.slice(axis: 0, rows))
    }
  }
}
