import Autodiff
import Catalog
import Glibc
import Runtime
import Targets
import Tensors

/// What all metrics of two samples take.
package struct MeasureOptions: OptionGroup {
  package var level = 0.95
  package var floors = 3
  package var seed: Int?

  package init() {}

  package static let options: [Option<MeasureOptions>] = [
    Option("level", \.level, "confidence of the interval", in: .confidence),
    Option(
      "floors", \.floors,
      "pairs of samples of the truth that the floor is the median of; 0 for no floor",
      in: .within(0...10_000)),
    Option("seed", \.seed, "any integer; the session's next where absent"),
  ]
}

extension Domain where Value == Double {
  static var confidence: Domain {
    Domain("a number above 0 and below 1") { $0 > 0 && $0 < 1 }
  }
}

/// Measures two samples by a body, and adds interval, floor and reference.
///
/// The floor is the median of |value| over pairs of samples of one law, of the same sizes: independent samples of
/// the target where there is one, and otherwise the two samples mixed and parted anew, as a permutation test has
/// it. A value that is not well above it says nothing.
package struct MetricDriver {
  package typealias Body = (_ x: Tensor, _ y: Tensor, _ seed: Int) throws -> Estimate

  private(set) var options: MeasureOptions
  /// Whether an interval ends at 0.
  let isNonNegative: Bool
  /// Of bodies that give no error.
  package var interval = IntervalKind.influence
  /// Samples drawn for such an interval.
  package var resamples = 200

  package init(_ options: MeasureOptions, isNonNegative: Bool) {
    (self.options, self.isNonNegative) = (options, isNonNegative)
  }

  /// Leaves out the floor and sets the seed.
  mutating func floorless(seed: Int) { (options.floors, options.seed) = (0, seed) }

  package func measure(_ x: Tensor, _ y: OneOf<Target, Tensor>, _ body: Body) throws
    -> Measurement
  {
    let seed = options.seed ?? SessionSeed.next()
    let clouds: PointClouds
    let reference: String
    switch y {
    case .second(let y):
      clouds = try PointClouds(x, "x", y, "y")
      reference = "a sample of \(y.shape[0]) points"
    case .first(let target):
      guard x.rank > 0 else { throw UserError("x has shape \(x.shape), expected [n d]") }
      try requirePoints(x, shape: target.shape)
      let y = try draw(target, x.shape[0], seed, 0)
      clouds = try PointClouds(x, "x", y, "y")
      reference = "\(x.shape[0]) points of \(target.describe())"
    }
    let type = DType.promoted(
      DType.promoted(x.dtype, .float32), DType.promoted(clouds.second.dtype, .float32))
    let (rows, others) = (
      try clouds.first.converted(to: type).densified(),
      try clouds.second.converted(to: type).densified()
    )
    for (name, points) in [("x", rows), ("y", others)] where points.shape[0] < 2 {
      throw UserError("\(name) must hold 2 points or more, got \(points.shape[0])")
    }
    let n = rows.shape[0]
    guard try rows.isFinite(), try others.isFinite() else {
      return Measurement(
        .nan, interval: (.nan, .nan), level: options.level, n: n, seed: seed, reference: reference)
    }
    let estimate = try body(rows, others, seed)
    let interval = try interval(estimate, rows, others, seed, body)
    let target: Target? = if case .first(let target) = y { target } else { nil }
    return Measurement(
      estimate.value, interval: interval, level: options.level,
      floor: try floor(rows, others, target, seed, body), n: n, seed: seed, reference: reference)
  }

  private func draw(_ target: Target, _ count: Int, _ seed: Int, _ part: Int) throws -> Tensor {
    try target.distribution.sample(
      count, RandomStream(seed: RandomStream.derivedSeed(seed, part: part), purpose: .metric))
  }

  /// The median of |value| for truth against truth.
  private func floor(
    _ x: Tensor, _ y: Tensor, _ target: Target?, _ seed: Int, _ body: Body
  ) throws -> Double? {
    guard options.floors > 0 else { return nil }
    let (n, m) = (x.shape[0], y.shape[0])
    let stream = RandomStream(seed: RandomStream.derivedSeed(seed, part: -1), purpose: .metric)
    let pool = target == nil ? try Tensor.stacked([x, y]) : x
    let values = try (1...options.floors).map { k in
      if let target {
        let first = try flattenedPoints(draw(target, n, seed, 2 * k))
        let second = try flattenedPoints(draw(target, m, seed, 2 * k + 1))
        return try abs(body(first, second, seed).value)
      }
      let order = try stream.permutation(n + m)
      return try abs(
        body(
          pool.gathered(rows: Array(order[..<n])), pool.gathered(rows: Array(order[n...])), seed
        ).value)
    }
    return Quantiles.quantile(values.filter { !$0.isNaN }.sorted(), 0.5)
  }

  private func interval(
    _ estimate: Estimate, _ x: Tensor, _ y: Tensor, _ seed: Int, _ body: Body
  ) throws -> (low: Double, high: Double)? {
    var range: (low: Double, high: Double)
    if let error = estimate.standardError {
      range = normalInterval(estimate.value, error)
    } else {
      switch interval {
      case .bootstrap:
        let values = try resampled(x, y, seed, body).sorted()
        range = (
          Quantiles.quantile(values, (1 - options.level) / 2),
          Quantiles.quantile(values, (1 + options.level) / 2)
        )
      case .subsampling:
        let values = try resampled(x, y, seed, body)
        let mean = values.reduce(0, +) / Double(values.count)
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        range = normalInterval(
          estimate.value, (squares / Double(max(values.count - 1, 1))).squareRoot())
      case .share: range = wilsonInterval(estimate.value, x.shape[0], options.level)
      default: return nil
      }
    }
    if isNonNegative { range.low = max(0, range.low) }
    return range
  }

  private func normalInterval(_ value: Double, _ error: Double) -> (low: Double, high: Double) {
    let width = normalQuantile((1 + options.level) / 2) * error
    return (value - width, value + width)
  }

  /// Values of samples drawn with replacement, or of random halves: a sample of n/2 out of n, without
  /// replacement, has the variance σ²/(n/2) (1 − 1/2) = σ²/n about the whole.
  private func resampled(_ x: Tensor, _ y: Tensor, _ seed: Int, _ body: Body) throws -> [Double] {
    let stream = RandomStream(seed: RandomStream.derivedSeed(seed, part: -2), purpose: .metric)
    func rows(_ points: Tensor) throws -> Tensor {
      let count = points.shape[0]
      let chosen =
        interval == .bootstrap
        ? try stream.integers(count, 0...count - 1)
        : Array(try stream.permutation(count).prefix(max(2, count / 2)))
      return try points.gathered(rows: chosen)
    }
    return try (0..<resamples).map { _ in try body(rows(x), rows(y), seed).value }
  }
}

/// The quantile of the standard normal law, by Newton's method on erfc.
func normalQuantile(_ probability: Double) -> Double {
  var z = 0.0
  for _ in 0..<100 {
    let below = erfc(-z / 2.0.squareRoot()) / 2
    let density = exp(-z * z / 2) / (2 * Double.pi).squareRoot()
    let change = (below - probability) / max(density, 1e-300)
    z -= min(max(change, -1), 1)
    if abs(change) < 1e-14 { break }
  }
  return z
}

/// Wilson 1927: the shares p for which the one that n points gave is within the normal bounds,
/// (p̂ − p)² ≤ z² p (1 − p)/n.
func wilsonInterval(_ share: Double, _ n: Int, _ level: Double) -> (low: Double, high: Double) {
  let z = normalQuantile((1 + level) / 2)
  let (n, square) = (Double(n), z * z)
  let middle = (share + square / (2 * n)) / (1 + square / n)
  let half =
    z / (1 + square / n) * (share * (1 - share) / n + square / (4 * n * n)).squareRoot()
  return (max(0, middle - half), min(1, middle + half))
}

/// The standard error of a sum of two independent means, from the influence of each point.
func standardError(_ x: [Double], _ y: [Double]) throws -> Double {
  func varianceOfMean(_ values: [Double]) throws -> Double {
    let count = Double(values.count)
    let mean = try values.polledReduce(0, +) / count
    return try values.polledReduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1) / count
  }
  return (try varianceOfMean(x) + varianceOfMean(y)).squareRoot()
}

extension Tensor {
  /// The rows of several, one after another, in the widest of their types.
  static func stacked(_ parts: [Tensor]) throws -> Tensor {
    try concatenate(parts, axis: 0).value
  }
}
