import Runtime
import Tensors

/// The mean discrepancy of two samples by a kernel, from the sums of the kernel over their points, a block of rows at
/// a time: no matrix of all pairs is kept.
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
    var (xx, yy) = (try sums(x, x, kernel), try sums(y, y, kernel))
    let (xy, yx) = (try sums(x, y, kernel), try sums(y, x, kernel))
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

  /// Σ_j k(x_i, y_j) for each i.
  private static func sums(_ x: Tensor, _ y: Tensor, _ kernel: Kernel) throws -> [Double] {
    try Memory.request(x.shape[0], of: Double.self)
    var result: [Double] = []
    result.reserveCapacity(x.shape[0])
    try forEachBlock(x, y.shape[0]) { _, block in
      result += try kernel(block, y).reduced(.sum, axis: 1).doubles()
    }
    return result
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
