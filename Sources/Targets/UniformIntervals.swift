import Autodiff
import Catalog
import Runtime
import Tensors

/// A density that is constant on intervals of the line and 0 elsewhere: p(x) = Σ_k w_k [a_k ≤ x ≤ b_k]/(b_k − a_k).
///
/// Noised marginals come by quadrature (`QuadratureDensity`), to 1e-10.
final class UniformIntervals: QuadratureDensity {
  static let entry = Entry.function(
    "uniform", "The uniform law on an interval of the line, or on several.",
    .option(
      "low", default: .first(0) as OneOf<Double, [Double]>, "where it begins; a list of several"),
    .option(
      "high", default: .first(1) as OneOf<Double, [Double]>, "where it ends; as many as of low"),
    .option(
      "weights", default: nil, "of the intervals, divided by their sum; by length where absent"),
    returns: "a target of one dimension",
    details: """
      Its score is 0 inside, and nan outside, where there is no density. Under noise it is known by quadrature. \
      target.product makes a box of it.
      """,
    source: "",
    example: "return target.product(target.uniform{low = -1, high = 1}, {count = 2})"
  ) { (low: OneOf<Double, [Double]>, high: OneOf<Double, [Double]>, weights: [Double]?) in
    let count = low.count
    guard count > 0 else { throw UserError("low must have at least one number, got {}") }
    let lows = try checkedNumbers(low, "low", count: count, of: "interval", .finite)
    let highs = try checkedNumbers(high, "high", count: count, of: "interval", .finite)
    if let k = lows.indices.first(where: { !(lows[$0] < highs[$0]) }) {
      throw UserError(
        "high must be above low, got \(formatNumber(highs[k])) and \(formatNumber(lows[k]))")
    }
    let lengths = zip(lows, highs).map { $1 - $0 }
    if let k = lengths.indices.first(where: {
      !lengths[$0].isFinite || lengths[$0] < 1e-9 * max(abs(lows[$0]), abs(highs[$0]))
    }) {
      throw UserError(
        "high must be finite beyond low, by 1e-9 of their size or more, got \(formatNumber(highs[k])) "
          + "and \(formatNumber(lows[k]))")
    }
    let shares = try checkedShares(weights ?? lengths, count: count, of: "interval")
    let kept = shares.indices.filter { shares[$0] > 0 }
    return Target(
      UniformIntervals(
        kept.map { lows[$0]...highs[$0] }, weights: kept.map { shares[$0] }))
  }

  private let intervals: [ClosedRange<Double>]
  private let weights: [Double]
  private let table: Held<DensityTable>

  init(_ intervals: [ClosedRange<Double>], weights: [Double]) {
    (self.intervals, self.weights) = (intervals, weights)
    table = Held {
      try DensityTable(name: "uniform", support: intervals) {
        try log(Self.density($0, intervals, weights)).doubles()
      }
    }
  }

  let name = "uniform"
  let shape: Shape = [1]
  var summary: String {
    let ends = intervals.prefix(3).map {
      "[\(shortNumber($0.lowerBound)), \(shortNumber($0.upperBound))]"
    }
    return ends.joined(separator: " ") + (intervals.count > 3 ? " …" : "")
  }
  var hasLogDensity: Bool { true }
  var hasScore: Bool { true }
  var hasNoised: Bool { true }
  var isNormalised: Bool { true }
  func densityTable() throws -> DensityTable { try table.value() }
  func unnormalised(_ x: Tensor) throws -> Tensor { try logDensity(x) }

  func logDensity(_ x: Tensor) throws -> Tensor {
    try convert(log(Self.density(x, intervals, weights)), to: x.dtype)
  }

  /// p, shape [n], float64.
  private static func density(
    _ x: Tensor, _ intervals: [ClosedRange<Double>], _ weights: [Double]
  ) throws -> Tensor {
    let shape: Shape = [1, intervals.count]
    let place = try convert(x, to: .float64)
    let low = try Tensor(intervals.map(\.lowerBound), shape: shape)
    let high = try Tensor(intervals.map(\.upperBound), shape: shape)
    let heights = try Tensor(
      zip(weights, intervals).map { $0 / ($1.upperBound - $1.lowerBound) }, shape: shape)
    return try sum(heights * sign(relu(minimum(place - low, high - place))), axis: 1)
  }

  func score(_ x: Tensor) throws -> Tensor {
    let p = try expandedAxis(Self.density(x, intervals, weights), at: 1)
    return try convert(p * 0 / p, to: x.dtype)
  }

  func sample(_ count: Int, _ stream: RandomStream) throws -> Tensor {
    let draws = try stream.uniform(Shape(checking: [count, 2]), .float64).doubles()
    let places = DrawnPlaces(weights)
    return try Tensor(
      (0..<count).polledMap { row in
        let interval = intervals[try places.places([draws[2 * row]])[0]]
        let (low, high) = (interval.lowerBound, interval.upperBound)
        let x = Float(low + (high - low) * draws[2 * row + 1])
        // Rounding must not lead outside.
        if Double(x) <= low { return x.nextUp }
        return Double(x) >= high ? x.nextDown : x
      }, shape: [count, 1])
  }

  func reach() throws -> ClosedRange<Double> {
    let low = intervals.map(\.lowerBound).min() ?? 0
    return low...(intervals.map(\.upperBound).max() ?? 1)
  }

  func finestScale() throws -> Double {
    (intervals.map { $0.upperBound - $0.lowerBound }.min() ?? 1) / 4
  }
}

extension OneOf<Double, [Double]> {
  /// How many numbers it has.
  fileprivate var count: Int {
    switch self {
    case .first: 1
    case .second(let list): list.count
    }
  }
}
