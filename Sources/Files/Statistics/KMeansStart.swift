import Catalog
import Glibc
import Runtime
import Tensors

/// The beginning of k-means: points of the data set, each drawn in proportion to its squared distance to those before
/// it; of 2 + ⌊ln k⌋ candidates the one that leaves the least sum. Arthur & Vassilvitskii 2007, section 6 (greedy).
struct KMeansStart {
  let data: DataRows
  let clusters: Int

  init(_ data: DataRows, clusters: Int) { (self.data, self.clusters) = (data, clusters) }

  /// - Parameter stream: one draw is taken from it.
  func centres(_ stream: RandomStream) throws -> Tensor {
    let candidates = 2 + Int(clamping: log(Double(clusters)))
    let draws = try stream.uniform(Shape(checking: [clusters, candidates]), .float64).doubles()
    let n = data.count
    var chosen = [min(Int(clamping: draws[0] * Double(n)), n - 1)]
    var nearest = try squares(to: chosen[0], atMost: nil)
    for place in 1..<max(clusters, 1) {
      let cumulative = nearest.reduce(into: [0.0]) { $0.append($0[$0.count - 1] + $1) }
      guard let total = cumulative.last, total > 0 else {
        throw UserError(
          "clusters must be at most \(place), the number of distinct points, got \(clusters)")
      }
      var best: (sum: Double, point: Int, squares: [Double])?
      for candidate in 0..<candidates {
        let point = Self.place(draws[place * candidates + candidate] * total, in: cumulative)
        let left = try squares(to: point, atMost: nearest)
        let sum = left.reduce(0, +)
        if sum < best?.sum ?? .infinity { best = (sum, point, left) }
      }
      guard let best else { throw UserError("x must have finite distances") }
      chosen.append(best.point)
      nearest = best.squares
    }
    return try data.rows.gathered(rows: chosen)
  }

  /// The first point whose part of the sums holds `sum`; never one of no length.
  private static func place(_ sum: Double, in cumulative: [Double]) -> Int {
    var (low, high) = (0, cumulative.count - 2)
    while low < high {
      let middle = (low + high) / 2
      if cumulative[middle + 1] <= sum { low = middle + 1 } else { high = middle }
    }
    while low > 0, cumulative[low + 1] == cumulative[low] { low -= 1 }
    return low
  }

  /// ‖x_i − x_point‖² of all points, or what they have where that is less.
  private func squares(to point: Int, atMost before: [Double]?) throws -> [Double] {
    let d = data.dimension
    let x = data.rows.pointer(Double.self)
    let centre = x + point * d
    var result = try checkedArray(repeating: 0.0, count: data.count)
    try result.withUnsafeMutableBufferPointer { result in
      try WorkerPool.shared.run(count: data.count, grain: max(1, (1 << 15) / d)) { rows in
        for row in rows {
          let own = x + row * d
          var sum = SIMD4<Double>.zero
          let whole = d & ~3
          for j in stride(from: 0, to: whole, by: 4) {
            let change =
              UnsafeRawPointer(own + j).loadUnaligned(as: SIMD4<Double>.self)
              - UnsafeRawPointer(centre + j).loadUnaligned(as: SIMD4<Double>.self)
            sum += change * change
          }
          var total = sum.sum()
          for j in whole..<d { total += (own[j] - centre[j]) * (own[j] - centre[j]) }
          result[row] = min(total, before?[row] ?? .infinity)
        }
      }
    }
    return result
  }
}
