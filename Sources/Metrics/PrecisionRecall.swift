import Autodiff
import Catalog
import Tensors

/// How much of what samples show is in the data, and how much of the data they show, by balls about each point that
/// reach to its k-th nearest neighbour.
///
/// With r_k(y) the distance from y to the k-th nearest other point of its own sample, over samples x_i and data y_j:
///
///   precision: the share of x_i within r_k(y_j) of some y_j; recall: the share of y_j within r_k(x_i) of some x_i
///   (Kynkäänniemi et al. 2019, Eqs. 1, 2);
///   density: mean over i of #{j: ‖x_i − y_j‖ ≤ r_k(y_j)}/k; coverage: the share of y_j with some x_i within r_k(y_j)
///   (Naeem et al. 2020, Eqs. 4, 5).
package enum PrecisionRecall {
  static let entry = Entry.function(
    "precision_recall",
    "Precision, recall, density and coverage of samples, by nearest neighbours.",
    .arg("samples", PointClouds.summary), .arg("data", "points of the same shape"),
    .option("k", default: 5 as Count, "neighbours that a ball reaches to", in: .positive),
    .option("level", default: 0.95, "confidence of the intervals", in: .confidence),
    returns: "four measurements: precision, recall, density, coverage",
    details: """
      A ball about each point reaches to its k-th nearest neighbour in its own sample. Precision is the share of samples \
      in some ball of the data, recall that of data in some ball of the samples; density counts the balls of the data \
      that hold a sample, over k, and is 1 on average for equal laws; coverage is the share of balls of the data that \
      hold a sample, and expected to be 1 − Π_{i<k} (m − 1 − i)/(n + m − 1 − i) of n samples and m data of one law, \
      which is its floor. A single outlier among the data raises precision, and one among the samples recall; density \
      and coverage have less of that. Intervals are over the points that each is a share of, for balls as they are. \
      Costs n² + m² + 2 n m distances, in memory for k (n + m) numbers.
      """,
    source:
      "Kynkäänniemi et al. 2019, Eqs. 1, 2; Naeem et al. 2020, Eqs. 4, 5; Wilson 1927 (intervals)",
    example: """
      mix = target.gaussian_mixture{means = {{-3, 0}, {3, 0}}}
      return metric.precision_recall(mix:sample(100, {seed = 1}), mix:sample(100, {seed = 2}))
      """
  ) { (samples: Tensor, data: Tensor, k: Count, level: Double) in
    let clouds = try PointClouds(samples, "samples", data, "data")
    let type = DType.promoted(
      DType.promoted(samples.dtype, .float32), DType.promoted(data.dtype, .float32))
    let (x, y) = (
      try clouds.first.converted(to: type).densified(),
      try clouds.second.converted(to: type).densified()
    )
    for (name, points) in [("samples", x), ("data", y)] {
      guard k.value < points.shape[0] else {
        throw UserError("k must be below the \(points.shape[0]) points of \(name), got \(k.value)")
      }
      guard try points.isFinite() else {
        throw UserError("\(name) must be finite, got nan or inf")
      }
    }
    let found =
      try type == .float64
      ? Self.measure(x, y, k.value, of: Double.self) : Self.measure(x, y, k.value, of: Float.self)
    return found.measurements(level)
  }

  package struct Shares {
    package var precision = 0.0
    package var recall = 0.0
    package var density = 0.0
    package var coverage = 0.0
    /// Of the density: from the spread over samples.
    var densityError = 0.0
    var (n, m, k) = (0, 0, 0)

    fileprivate func measurements(
      _ level: Double
    ) -> Several<Measurement, Measurement, Measurement, Measurement> {
      func share(_ value: Double, _ count: Int, floor: Double? = nil) -> Measurement {
        Measurement(
          value, interval: wilsonInterval(value, count, level), level: level, floor: floor, n: n,
          reference: "\(m) data points, k = \(k)")
      }
      let half = normalQuantile((1 + level) / 2) * densityError
      // A ball of the data holds no sample where its k nearest of all other points are data.
      let missed = (0..<k).reduce(1.0) { $0 * Double(m - 1 - $1) / Double(n + m - 1 - $1) }
      return Several(
        share(precision, n), share(recall, m),
        Measurement(
          density, interval: (max(0, density - half), density + half), level: level, floor: 1, n: n,
          reference: "\(m) data points, k = \(k)"),
        share(coverage, m, floor: 1 - missed))
    }
  }

  package static func measure<T: DistanceElement>(
    _ x: Tensor, _ y: Tensor, _ k: Int, of type: T.Type
  ) throws -> Shares {
    let (ownX, ownY) = (try radii(x, k), try radii(y, k))
    let inBalls = try counts(x, y, ownX, ownY, of: type)
    let around = try counts(y, x, ownY, ownX, of: type)
    var shares = Shares()
    (shares.n, shares.m, shares.k) = (x.shape[0], y.shape[0], k)
    shares.precision = share(inBalls.balls)
    shares.recall = share(around.balls)
    shares.coverage = share(around.own)
    let densities = inBalls.balls.map { Double($0) / Double(k) }
    let count = Double(densities.count)
    shares.density = try densities.polledReduce(0, +) / count
    let squares = try densities.polledReduce(0) {
      $0 + ($1 - shares.density) * ($1 - shares.density)
    }
    shares.densityError = (squares / (count - 1) / count).squareRoot()
    return shares
  }

  private static func share(_ counts: [Int]) -> Double {
    Double(counts.count { $0 > 0 }) / Double(counts.count)
  }

  /// r_k of each point: itself is the nearest.
  private static func radii(_ x: Tensor, _ k: Int) throws -> Tensor {
    try Nearest.find(x, in: x, k + 1).0.slice(axis: 1, k..<k + 1).densified()
  }

  /// For each row of x: how many balls of y hold it, and how many points of y its own ball holds.
  private static func counts<T: DistanceElement>(
    _ x: Tensor, _ y: Tensor, _ radiiX: Tensor, _ radiiY: Tensor, of type: T.Type
  ) throws -> (balls: [Int], own: [Int]) {
    let both = try Tensor.zeros([2, x.shape[0]], .int64)
    let balls = both.pointer(Int64.self)
    let own = balls + x.shape[0]
    let (ownRadius, radius) = (radiiX.pointer(T.self), radiiY.pointer(T.self))
    try forEachDistanceBlock(x, y, of: T.self) { block in
      for row in block.rows {
        let distances = block.distances(ofRow: row)
        let radii = radius + block.columns.lowerBound
        let mine = ownRadius[row]
        var (inside, held) = (0, 0)
        for j in 0..<block.columns.count {
          inside &+= distances[j] <= radii[j] ? 1 : 0
          held &+= distances[j] <= mine ? 1 : 0
        }
        balls[row] += Int64(inside)
        own[row] += Int64(held)
      }
    }
    let all = try both.integers()
    return (Array(all.prefix(x.shape[0])), Array(all.suffix(x.shape[0])))
  }
}
