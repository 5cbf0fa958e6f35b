import Catalog
import Runtime
import Tensors

/// Lloyd's steps on one data set, of which everything but the centres is made once.
struct Lloyd {
  struct Clustering {
    /// Shape [k, d], float64.
    let centres: Tensor
    /// For each point the place of its centre, from 0.
    let labels: [Int]
    let inertia: Double
    let iterations: Int
  }

  private let data: DataRows
  private let clusters: Int
  private let iterations: Int
  /// The points about their mean, which keeps the digits of distances, and the mean.
  private let centred: Tensor
  private let mean: Tensor

  init(_ data: DataRows, clusters: Int, iterations: Int) throws {
    (self.data, self.clusters, self.iterations) = (data, clusters, iterations)
    mean = try data.means()
    centred = try data.rows.combined(with: mean, .subtract)
  }

  /// - Parameter start: centres, shape [k, d], float64.
  func run(from start: Tensor) throws -> Clustering {
    var centres = start
    var (labels, squares) = try nearest(centres)
    var steps = 0
    while steps < iterations {
      steps += 1
      try fillEmpty(&labels, &squares)
      centres = try means(labels)
      let before = labels
      (labels, squares) = try nearest(centres)
      if labels == before { break }
    }
    // Labels that are nearest to their centres, and an inertia without the cancellation of a product.
    return Clustering(
      centres: centres, labels: labels, inertia: try inertia(labels, centres), iterations: steps)
  }

  /// The nearest centre of each point, of equally near ones the first, and the squared distance to it.
  func nearest(_ centres: Tensor) throws -> (labels: [Int], squares: [Double]) {
    let (n, d, k) = (data.count, data.dimension, clusters)
    let moved = try centres.combined(with: mean, .subtract)
    let c = moved.pointer(Double.self)
    let lengths = (0..<k).map { i in (0..<d).reduce(0.0) { $0 + c[i * d + $1] * c[i * d + $1] } }
    let across = try moved.transposed().densified()
    var labels = try checkedArray(repeating: 0, count: n)
    var squares = try checkedArray(repeating: 0.0, count: n)
    // The products of some rows at a time, so that [n, k] never is in memory.
    let block = max(1, min(n, (1 << 20) / k))
    for first in stride(from: 0, to: n, by: block) {
      let rows = first..<min(first + block, n)
      let products = try centred.slice(axis: 0, rows).matrixProduct(across)
      let (p, x) = (products.pointer(Double.self), centred.pointer(Double.self))
      try labels.withUnsafeMutableBufferPointer { labels in
        try squares.withUnsafeMutableBufferPointer { squares in
          try WorkerPool.shared.run(count: rows.count, grain: max(1, (1 << 14) / (k + d))) { part in
            for row in part {
              let own = p + row * k
              var (best, place) = (Double.infinity, 0)
              for i in 0..<k {
                let value = lengths[i] - 2 * own[i]
                if value < best { (best, place) = (value, i) }
              }
              let point = x + (first + row) * d
              let length = (0..<d).reduce(0.0) { $0 + point[$1] * point[$1] }
              labels[first + row] = place
              squares[first + row] = max(0, best + length)
            }
          }
        }
      }
    }
    return (labels, squares)
  }

  /// Gives each cluster without points the point that is farthest from its centre, in order; never the only point
  /// of another.
  private func fillEmpty(_ labels: inout [Int], _ squares: inout [Double]) throws {
    var counts = Array(repeating: 0, count: clusters)
    for label in labels { counts[label] += 1 }
    for cluster in 0..<clusters where counts[cluster] == 0 {
      var farthest: Int?
      for point in labels.indices where counts[labels[point]] > 1 {
        if squares[point] > farthest.map({ squares[$0] }) ?? -1 { farthest = point }
      }
      guard let farthest else { return }
      counts[labels[farthest]] -= 1
      (labels[farthest], squares[farthest]) = (cluster, 0)
      counts[cluster] = 1
    }
  }

  private func means(_ labels: [Int]) throws -> Tensor {
    let (d, k) = (data.dimension, clusters)
    let result = try Tensor.zeros([k, d], .float64)
    let (out, x, m) = (
      result.pointer(Double.self), centred.pointer(Double.self), mean.pointer(Double.self)
    )
    var members = Array(repeating: [Int](), count: k)
    for (point, label) in labels.enumerated() { members[label].append(point) }
    try WorkerPool.shared.run(chunks: k) { cluster in
      let own = out + cluster * d
      for point in members[cluster] {
        let from = x + point * d
        for j in 0..<d { own[j] += from[j] }
      }
      let count = Double(max(members[cluster].count, 1))
      for j in 0..<d { own[j] = own[j] / count + m[j] }
    }
    return result
  }

  private func inertia(_ labels: [Int], _ centres: Tensor) throws -> Double {
    let d = data.dimension
    let (x, c) = (data.rows.pointer(Double.self), centres.pointer(Double.self))
    var parts = try checkedArray(repeating: 0.0, count: data.count)
    try parts.withUnsafeMutableBufferPointer { parts in
      try WorkerPool.shared.run(count: data.count, grain: max(1, (1 << 15) / d)) { rows in
        for row in rows {
          let (point, centre) = (x + row * d, c + labels[row] * d)
          parts[row] = (0..<d).reduce(0.0) {
            $0 + (point[$1] - centre[$1]) * (point[$1] - centre[$1])
          }
        }
      }
    }
    return parts.reduce(0, +)
  }
}
