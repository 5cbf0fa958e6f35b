import Catalog
import Runtime
import Tensors

/// The share of samples that copy the data: those much nearer to one data point than to any other,
/// d(x, NN₁) / d(x, NN₂) < ratio.
///
/// Yoon et al. 2023 and Gu et al. 2023 take 1/3, Bonnaire et al. 2025 §2 the same. A sample that lies on
/// a data point is memorized whatever its second neighbour is; one that is not finite is not, and is
/// counted apart.
enum MemorizedFraction {
  static let entry = Entry.function(
    "memorized_fraction",
    "The share of samples much nearer to one data point than to any other.",
    .arg("samples", PointClouds.summary), .arg("data", "points of the same shape"),
    .option(
      "ratio", default: 1.0 / 3, "memorized where d(NN1)/d(NN2) is below", in: .within(0...1)),
    returns: """
      the share; the nearest data points, int64 tensor [n], 0 where a sample is not finite; the \
      distances to the nearest and the second, float64 tensor [n, 2]; how many samples are not finite
      """,
    details: """
      Euclidean distances, exact to rounding: products in float64 about the mean of the data find the \
      two nearest, and their distances are then formed from differences. Data that hold a point twice \
      make copies of it look like no copies unless they are exact: remove doubles first. \
      Forms all n · m distances, at 2 n m d floating-point operations, and evaluates no model.
      """,
    source: "Yoon et al. 2023; Gu et al. 2023",
    example: """
      x = target.gaussian_mixture{means = {-3, 3}}:sample(100, {seed = 1})
      return metric.memorized_fraction(x, x)
      """
  ) { (samples: Tensor, data: Tensor, ratio: Double) in
    let clouds = try PointClouds(samples, "samples", data, "data")
    guard data.shape[0] >= 2 else {
      throw UserError("data must hold 2 points or more, got \(data.shape[0])")
    }
    guard clouds.first.elementCount > 0 else {
      throw UserError("samples must not be empty, got shape \(samples.shape)")
    }
    guard try data.doubles().allSatisfy(\.isFinite) else {
      throw UserError("data must be finite, got nan or inf")
    }
    let found = try NearestPair.find(clouds.first, in: clouds.second)
    let copies = found.count { $0.isFinite && ($0.nearest == 0 || $0.nearest < ratio * $0.second) }
    let distances = found.flatMap { [$0.nearest, $0.second] }
    return Several(
      Double(copies) / Double(found.count), try Tensor(found.map { Int64($0.place + 1) }),
      try Tensor(distances, shape: [found.count, 2]), found.count { !$0.isFinite })
  }
}

/// The nearest data point of a sample, and how far it and the second are.
struct NearestPair {
  /// 0-based; −1 where the sample is not finite.
  var place = -1
  var nearest = Double.nan
  var second = Double.nan

  var isFinite: Bool { place >= 0 }

  /// Elements of the largest block of distances.
  private static let blockSize = 1 << 22

  static func find(_ samples: Tensor, in data: Tensor) throws -> [NearestPair] {
    let points = try data.converted(to: .float64).densified()
    let queries = try samples.converted(to: .float64).densified()
    let count = points.shape[0]
    let centre = try points.reduced(.sum, axis: 0).combined(with: 1 / Double(count), .multiply)
    let centred = try points.combined(with: centre, .subtract)
    let lengths = try centred.applying(.square).reduced(.sum, axis: 1).doubles()
    let rows = max(1, blockSize / count)
    var result: [NearestPair] = []
    result.reserveCapacity(queries.shape[0])
    for first in stride(from: 0, to: queries.shape[0], by: rows) {
      let block = queries.slice(axis: 0, first..<min(first + rows, queries.shape[0]))
      let products = try block.combined(with: centre, .subtract)
        .matrixProduct(centred.transposed()).densified()
      for row in 0..<block.shape[0] {
        try Cancellation.check()
        result.append(
          pair(
            products.pointer(Double.self) + row * count, lengths,
            queries.pointer(Double.self) + (first + row) * queries.shape[1],
            points.pointer(Double.self), queries.shape[1]))
      }
    }
    return result
  }

  /// The two smallest of ‖a_i‖² − 2 x·a_i, with their distances from differences.
  private static func pair(
    _ products: UnsafePointer<Double>, _ lengths: [Double], _ query: UnsafePointer<Double>,
    _ points: UnsafePointer<Double>, _ dimension: Int
  ) -> NearestPair {
    guard (0..<dimension).allSatisfy({ query[$0].isFinite }) else { return NearestPair() }
    var (best, next) = (Double.infinity, Double.infinity)
    var (bestPlace, nextPlace) = (0, 1)
    for i in lengths.indices {
      let value = lengths[i] - 2 * products[i]
      if value < best {
        (next, nextPlace) = (best, bestPlace)
        (best, bestPlace) = (value, i)
      } else if value < next {
        (next, nextPlace) = (value, i)
      }
    }
    var places = (bestPlace, nextPlace)
    var distances = (
      distance(query, points + bestPlace * dimension, dimension),
      distance(query, points + nextPlace * dimension, dimension)
    )
    // Rounding of the products may have exchanged two points that are about equally near.
    if distances.1 < distances.0 {
      distances = (distances.1, distances.0)
      places = (places.1, places.0)
    }
    return NearestPair(place: places.0, nearest: distances.0, second: distances.1)
  }

  private static func distance(
    _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ count: Int
  ) -> Double {
    var total = 0.0
    for i in 0..<count { total += (a[i] - b[i]) * (a[i] - b[i]) }
    return total.squareRoot()
  }
}
