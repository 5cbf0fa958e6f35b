import Autodiff
import Catalog
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

  static func find(_ x: Tensor, in data: Tensor, _ k: Int) throws -> (Tensor, Tensor) {
    x.dtype == .float64
      ? try find(x, in: data, k, of: Double.self) : try find(x, in: data, k, of: Float.self)
  }

  private static func find<T: DistanceElement>(
    _ x: Tensor, in data: Tensor, _ k: Int, of type: T.Type
  ) throws -> (Tensor, Tensor) {
    let distances = try Tensor.full([x.shape[0], k], .infinity, T.dtype)
    let places = try Tensor.zeros([x.shape[0], k], .int64)
    let (distance, place) = (distances.pointer(T.self), places.pointer(Int64.self))
    try forEachDistanceBlock(x, data, of: T.self) { block in
      for row in block.rows {
        select(
          block.distances(ofRow: row), block.columns, k, distance + row * k, place + row * k)
      }
    }
    for i in 0..<x.shape[0] * k where place[i] == 0 { distance[i] = .nan }
    return (distances, places)
  }

  /// Keeps the k smallest of a row in order, those of earlier blocks among them.
  private static func select<T: BinaryFloatingPoint>(
    _ row: UnsafePointer<T>, _ columns: Range<Int>, _ k: Int, _ best: UnsafeMutablePointer<T>,
    _ places: UnsafeMutablePointer<Int64>
  ) {
    for i in 0..<columns.count where row[i] < best[k - 1] {
      var j = k - 1
      while j > 0, best[j - 1] > row[i] {
        best[j] = best[j - 1]
        places[j] = places[j - 1]
        j -= 1
      }
      best[j] = row[i]
      places[j] = Int64(columns.lowerBound + i + 1)
    }
  }
}
