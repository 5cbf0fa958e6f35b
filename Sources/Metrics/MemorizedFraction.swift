import Catalog
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
    .option(
      "reference", default: nil, "held-out points of the law; their share is the floor, with info"),
    .group(InfoOptions.self),
    returns: """
      the share; the nearest data points, int64 tensor [n], 0 where a sample is not finite; the \
      distances to the nearest and the second, float64 tensor [n, 2]; how many samples are not finite; \
      with info the share as a measurement
      """,
    details: """
      Euclidean distances in float64 from the differences of coordinates, as those of \
      `linalg.distances`. Data that hold a point twice \
      make copies of it look like no copies unless they are exact: remove doubles first. \
      Forms all n · m distances, and evaluates no model. The interval is over samples, for these data.

      """ + Metric.claims(properties, .share),
    source: "Yoon et al. 2023; Gu et al. 2023; Wilson 1927 (interval)",
    example: """
      x = target.gaussian_mixture{means = {-3, 3}}:sample(100, {seed = 1})
      return metric.memorized_fraction(x, x)
      """
  ) {
    (
      samples: Tensor, data: Tensor, ratio: Double, reference: Tensor?, info: OptionsOf<InfoOptions>
    ) in
    let clouds = try PointClouds(samples, "samples", data, "data")
    let heldOut = try reference.map { try PointClouds($0, "reference", data, "data") }
    guard data.shape[0] >= 2 else {
      throw UserError("data must hold 2 points or more, got \(data.shape[0])")
    }
    for (name, points) in [("samples", clouds), ("reference", heldOut ?? clouds)]
    where points.first.elementCount == 0 {
      throw UserError("\(name) must not be empty, got shape \(points.first.shape)")
    }
    guard try clouds.second.isFinite() else {
      throw UserError("data must be finite, got nan or inf")
    }
    let found = try NearestPair.find(clouds.first, in: clouds.second)
    let share = share(found, ratio)
    let measured =
      info.info
      ? Measurement(
        share, interval: wilsonInterval(share, found.count, info.level), level: info.level,
        floor: try heldOut.map {
          MemorizedFraction.share(try NearestPair.find($0.first, in: $0.second), ratio)
        }, n: found.count, reference: "\(data.shape[0]) data points") : nil
    let distances = found.flatMap { [$0.nearest, $0.second] }
    return WithMeasurement(
      Several(
        share, try Tensor(found.map { Int64($0.place + 1) }),
        try Tensor(distances, shape: [found.count, 2]), found.count { !$0.isFinite }), measured)
  }

  private static let properties: [MetricProperty] = [
    .nonNegative, .translationInvariant, .rotationInvariant, .scaleInvariant,
  ]

  static let metric = Metric(
    entry, properties: properties, interval: .share,
    body: .samples { x, y, _ in Estimate(share(try NearestPair.find(x, in: y), 1.0 / 3)) })

  private static func share(_ found: [NearestPair], _ ratio: Double) -> Double {
    let copies = found.count { $0.isFinite && ($0.nearest == 0 || $0.nearest < ratio * $0.second) }
    return Double(copies) / Double(found.count)
  }
}

/// The nearest data point of a sample, and how far it and the second are.
struct NearestPair {
  /// 0-based; −1 where the sample is not finite.
  var place = -1
  var nearest = Double.nan
  var second = Double.nan

  var isFinite: Bool { place >= 0 }

  static func find(_ samples: Tensor, in data: Tensor) throws -> [NearestPair] {
    let points = try data.converted(to: .float64).densified()
    let queries = try samples.converted(to: .float64).densified()
    let (distances, places) = try Nearest.find(queries, in: points, 2)
    let (distance, place) = (distances.pointer(Double.self), places.pointer(Int64.self))
    return try (0..<queries.shape[0]).polledMap { i in
      place[2 * i] == 0
        ? NearestPair()
        : NearestPair(
          place: Int(clamping: place[2 * i]) - 1, nearest: distance[2 * i],
          second: distance[2 * i + 1])
    }
  }
}
