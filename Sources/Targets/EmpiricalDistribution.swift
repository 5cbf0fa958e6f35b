import Autodiff
import Catalog
import Glibc
import Tensors

/// The empirical distribution of a data set: each point with weight 1/n, and no density.
///
/// Noised by r and s > 0 it is the equal mixture of N(r x_i, s² I), whose score every model trained to
/// the minimum of the denoising loss would have: the score that memorises.
/// Biroli et al. 2024, "empirical score"; in one dimension a kernel density estimate of bandwidth s.
/// With other weights it is any law on finitely many points. Beyond a few axes `NearPoints` works it out;
/// where a gradient passes, and in few axes, `NormalComponents` do.
package struct EmpiricalDistribution: Distribution {
  static let entry = Entry.function(
    "empirical", "The empirical distribution of a data set, whose exact score memorises it.",
    .arg("x", "points, shape [n, d], or pictures [n, h, w] or [n, c, h, w]"),
    returns: "a target without density at time 0",
    source: "Biroli et al. 2024",
    example: "return target.empirical(target.gaussian_mixture{means = {-3, 3}}:sample(10))"
  ) { (x: Tensor) in
    let x = try x.constant("x")
    guard x.rank >= 2, x.elementCount > 0 else {
      throw UserError(
        "x has shape \(x.shape), expected [n d], or [n] and the shape of a picture, with no axis of 0"
      )
    }
    try requireFinite(x, "x")
    return Target(try EmpiricalDistribution(x, weights: nil, name: "empirical"))
  }

  static let finite = Entry.function(
    "finite", "A law on finitely many points, each with its weight.",
    .option("points", "a number for each point, a list of d numbers for each, or pictures"),
    .option("weights", default: nil, "0 or more, divided by their sum; equal where absent"),
    returns: "a target without density at time 0",
    details: "With equal weights it is target.empirical.",
    source: "Biroli et al. 2024",
    example: "return target.finite{points = {-1, 1}, weights = {0.2, 0.8}}"
  ) { (points: TensorSource, weights: [Double]?) in
    let given = try points.floats("points")
    guard given.rank >= 1, given.elementCount > 0 else {
      throw UserError(
        "points must be a number for each point, a list of d numbers for each, or pictures, got shape "
          + "\(given.shape)")
    }
    try requireFinite(given, "points")
    let x = given.rank == 1 ? given.expanded(axis: 1) : given
    guard let weights else {
      return Target(try EmpiricalDistribution(x, weights: nil, name: "finite"))
    }
    let shares = try checkedShares(weights, count: x.shape[0], of: "point")
    let kept = shares.indices.filter { shares[$0] > 0 }
    return Target(
      try EmpiricalDistribution(
        x.gathered(rows: kept), weights: kept.map { shares[$0] }, name: "finite"))
  }

  private static func requireFinite(_ x: Tensor, _ name: String) throws {
    if try x.isFinite() { return }
    let values = try x.doubles()
    if let place = values.firstIndex(where: { !$0.isFinite }) {
      throw UserError(
        "\(name) must be finite, got \(formatNumber(values[place])) in row "
          + "\(place * x.shape[0] / x.elementCount + 1)")
    }
  }

  /// Shape [n, d], dense, float32 where the data are, else float64.
  let rows: Tensor
  /// Of length n, adding up to 1; nil where all are equal.
  let weights: [Double]?
  package let name: String
  package let shape: Shape
  private let near: Held<NearPoints>
  /// For each row the first one that is equal, and how many there are without repeats.
  let equalRows: Held<(places: [Int], distinct: Int)>

  /// - Parameter x: shape [n] + that of a point, finite.
  package init(_ x: Tensor, weights: [Double]?, name: String) throws {
    let values = try x.dtype == .float32 ? x.copied() : x.converted(to: .float64)
    try self.init(
      rows: values.densified().reshaped(to: [x.shape[0], x.elementCount / x.shape[0]]),
      weights: weights, name: name, shape: Shape(x.shape.dropFirst()))
  }

  private init(rows: Tensor, weights: [Double]?, name: String, shape: Shape) throws {
    (self.rows, self.weights, self.name, self.shape) = (rows, weights, name, shape)
    let logWeights = Self.logWeights(rows.shape[0], weights)
    near = Held { try NearPoints(rows, logWeights: logWeights) }
    equalRows = Held { try Self.firstEqualRows(rows) }
  }

  private static func logWeights(_ count: Int, _ weights: [Double]?) -> [Double] {
    weights.map { $0.map { log($0) } } ?? [-log(Double(count))]
  }

  package var summary: String {
    "\(rows.shape[0]) point\(rows.shape[0] == 1 ? "" : "s"), \(sizeText)"
  }
  package var hasLogDensity: Bool { false }
  package var hasScore: Bool { false }
  package var hasNoised: Bool { true }

  /// Points of the data set, drawn with replacement.
  package func sample(_ count: Int, _ stream: RandomStream) throws -> Tensor {
    let places =
      try weights.map {
        try DrawnPlaces($0).places(stream.uniform([count], .float64).doubles())
      } ?? stream.integers(count, 0...rows.shape[0] - 1)
    return try points(ofRows: rows.gathered(rows: places).converted(to: .float32))
  }

  package func logDensity(_ x: Tensor) throws -> Tensor {
    throw missing("density without noise; its noised marginals have")
  }

  package func score(_ x: Tensor) throws -> Tensor {
    throw missing("score without noise; its noised marginals have")
  }

  package func noised(mean r: Double, std s: Double) throws -> any Distribution {
    let means = try rows.converted(to: .float64).combined(with: r, .multiply)
    guard s > 0 else {
      return try EmpiricalDistribution(rows: means, weights: weights, name: name, shape: shape)
    }
    return try GaussianMixture(
      means: means, stds: [s], weights: weights ?? [1], name: "noised_\(name)", shape: shape)
  }

  package func noisedScore(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    try requireNoise(s)
    return try onFlattenedPoints(x) { x in
      guard let law = try law(x, r, s) else { return try components().score(x, r, s) }
      return try law.tensor(like: x) { row, j in
        (law.r[row] * law.means[j] - law.x[j]) / law.s[row] / law.s[row]
      } otherwise: {
        try components().score($0, $1, $2)
      }
    }
  }

  package func posteriorMean(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    try requireNoise(s)
    return try onFlattenedPoints(x) { x in
      guard let law = try law(x, r, s) else { return try components().posteriorMean(x, r, s) }
      return try law.tensor(like: x) {
        law.means[$1]
      } otherwise: {
        try components().posteriorMean($0, $1, $2)
      }
    }
  }

  package func noisedLogDensity(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    try requireNoise(s, "density")
    let flat = try flattenedPoints(x)
    guard let law = try law(flat, r, s), !law.failed.contains(true) else {
      return try components().logDensity(flat, r, s)
    }
    let half = Double(dimension) / 2
    let values = law.logMass.indices.map { row in
      law.logMass[row] - half * log(2 * Double.pi * law.s[row] * law.s[row])
    }
    return try Tensor(values).converted(to: x.dtype)
  }

  private func components() throws -> NormalComponents {
    NormalComponents(
      means: try rows.converted(to: .float64),
      logWeights: Self.logWeights(rows.shape[0], weights), variances: [0])
  }

  private func requireNoise(_ s: Tensor, _ part: String = "score") throws {
    if try s.value.allKnown({ $0 > 0 }) { return }
    throw missing("\(part) without noise, where std(t) = 0; its noised marginals have")
  }

  package func reach() throws -> ClosedRange<Double> {
    let values = try rows.doubles()
    return (values.min() ?? 0)...(values.max() ?? 0)
  }
}

// MARK: - Many axes

extension EmpiricalDistribution {
  /// What `NearPoints` makes of rows.
  private struct Law {
    let x: [Double]
    let r: [Double]
    let s: [Double]
    let means: [Double]
    let logMass: [Double]
    let failed: [Bool]

    /// A tensor of value(row, place) at each place of [n d]; rows out of range come from `otherwise`.
    func tensor(
      like x: Tensor, _ value: (Int, Int) -> Double,
      otherwise: (Tensor, Tensor, Tensor) throws -> Tensor
    ) throws -> Tensor {
      let d = x.shape[1]
      var values = means
      for row in r.indices {
        for j in row * d..<(row + 1) * d { values[j] = value(row, j) }
        if failed[row] {
          let own = try otherwise(
            x.value.slice(axis: 0, row..<row + 1), forAllRows(r[row]), forAllRows(s[row])
          ).doubles()
          for j in 0..<d { values[row * d + j] = own[j] }
        }
      }
      return try Tensor(values, shape: x.shape).converted(to: x.dtype)
    }
  }

  /// nil where there are few axes, or where a gradient passes.
  private func law(_ x: Tensor, _ r: Tensor, _ s: Tensor) throws -> Law? {
    guard dimension > NormalComponents.directDimension, !isWatched(x, r, s) else { return nil }
    let n = x.shape[0]
    func each(_ a: Tensor) throws -> [Double] {
      let values = try a.value.doubles()
      return values.count == n ? values : Array(repeating: values[0], count: n)
    }
    let (points, ratios, noises) = (try x.value.doubles(), try each(r), try each(s))
    let law = try near.value().law(points, ratios, noises)
    return Law(
      x: points, r: ratios, s: noises, means: law.means, logMass: law.logMass, failed: law.failed)
  }
}

/// A value that is made when it is first asked for, and then kept.
final class Held<Value> {
  private let make: () throws -> Value
  private var made: Value?

  init(_ make: @escaping () throws -> Value) { self.make = make }

  func value() throws -> Value {
    if let made { return made }
    let value = try make()
    made = value
    return value
  }
}
