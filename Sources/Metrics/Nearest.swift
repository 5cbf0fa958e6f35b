import Autodiff
import Catalog
import Runtime
import Tensors

/// The data points nearest to each of some points, by Euclidean distance.
enum Nearest {
  static let entry = Entry.function(
    "nearest", "The data points nearest to each point.",
    .arg("x", PointClouds.summary), .arg("data", "points of the same shape"),
    .option("k", default: 1 as Count, "how many of them", in: .positive),
    returns: """
      their distances from near to far, tensor [n, k]; their places in data, int64 tensor [n, k]
      """,
    details: """
      Distances come from differences of coordinates, as those of `linalg.distances`, and of equally near \
      points the first counts. Where fewer than k distances are finite, what is missing has distance nan \
      and place 0.
      """,
    example: """
      x = target.gaussian_mixture{means = {-3, 3}}:sample(100, {seed = 1})
      distances, places = metric.nearest(tensor{{-3}, {3}}, x, {k = 2})
      return x[places:column(1)]
      """
  ) { (x: Tensor, data: Tensor, k: Count) in
    let k = k.value
    let clouds = try PointClouds(x, "x", data, "data")
    guard k <= data.shape[0] else {
      throw UserError("k must be at most the \(data.shape[0]) points of data, got \(k)")
    }
    let type = DType.promoted(
      x.dtype.isFloatingPoint ? x.dtype : .float32,
      data.dtype.isFloatingPoint ? data.dtype : .float32
    )
    let (distances, places) = try find(
      clouds.first.converted(to: type), in: clouds.second.converted(to: type), k)
    return Several(distances, places)
  }

  /// Elements of the largest block of distances.
  private static let blockSize = 1 << 22

  static func find(_ x: Tensor, in data: Tensor, _ k: Int) throws -> (Tensor, Tensor) {
    let (n, m) = (x.shape[0], data.shape[0])
    let distances = try Tensor.full([n, k], .nan, x.dtype)
    let places = try Tensor.zeros([n, k], .int64)
    let rows = max(1, blockSize / max(m, 1))
    for first in stride(from: 0, to: n, by: rows) {
      let block = try pairwiseDistances(x.slice(axis: 0, first..<min(first + rows, n)), data)
      try WorkerPool.shared.run(count: block.shape[0], grain: max(1, (1 << 16) / max(m, 1))) {
        for row in $0 {
          let place = places.pointer(Int64.self) + (first + row) * k
          if x.dtype == .float64 {
            select(
              block.pointer(Double.self) + row * m, m, k,
              distances.pointer(Double.self) + (first + row) * k, place)
          } else {
            select(
              block.pointer(Float.self) + row * m, m, k,
              distances.pointer(Float.self) + (first + row) * k, place)
          }
        }
      }
    }
    return (distances, places)
  }

  /// Keeps the k smallest of a row in order.
  private static func select<T: BinaryFloatingPoint>(
    _ row: UnsafePointer<T>, _ count: Int, _ k: Int, _ best: UnsafeMutablePointer<T>,
    _ places: UnsafeMutablePointer<Int64>
  ) {
    var found = 0
    for i in 0..<count where row[i] < (found < k ? T.infinity : best[k - 1]) {
      var j = min(found, k - 1)
      while j > 0, best[j - 1] > row[i] {
        best[j] = best[j - 1]
        places[j] = places[j - 1]
        j -= 1
      }
      best[j] = row[i]
      places[j] = Int64(i + 1)
      found = min(found + 1, k)
    }
  }
}
