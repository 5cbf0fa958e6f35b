import Autodiff
import Catalog
import Glibc
import Runtime
import Tensors

/// Bumps of compact support on the line: p(x) = Σ_k (w_k/h_k) cos²(π u_k/2) with u_k = (x − m_k)/h_k and
/// |u_k| ≤ 1.
///
/// The simplest smooth law to which a theorem for compact supports applies. Samples come by inversion of
/// F(u) = ½ (1 + u + sin(πu)/π), noised marginals by quadrature (`QuadratureDensity`).
final class RaisedCosine: QuadratureDensity {
  static let entry = Entry.function(
    "raised_cosine", "Smooth bumps of compact support on the line.",
    .option("means", "a number for each bump"),
    .option(
      "half_widths", default: .first(1) as OneOf<Double, [Double]>,
      "half the length of a bump's support, one for all bumps or one for each"),
    .option("weights", default: nil, "0 or more, divided by their sum; equal where absent"),
    returns: "a target of one dimension",
    details: """
      A bump at m of half width h has the density (1 + cos(π (x − m)/h))/(2h) from m − h to m + h, and 0 beyond; \
      so has the score no value beyond, where it is nan. Under noise it is known by quadrature.
      """,
    source: "Rinne 2010, The raised cosine distribution",
    example: "return target.raised_cosine{means = {-3, 3}, half_widths = 1}:sample(5, {seed = 1})"
  ) { (means: [Double], halfWidths: OneOf<Double, [Double]>, weights: [Double]?) in
    guard !means.isEmpty else { throw UserError("means must have at least one number, got {}") }
    if let wrong = means.first(where: { !$0.isFinite }) {
      throw UserError("means must be finite numbers, got \(formatNumber(wrong))")
    }
    let widths = try checkedNumbers(
      halfWidths, "half_widths", count: means.count, of: "bump", .positive)
    if let k = widths.indices.first(where: { widths[$0] < 1e-9 * abs(means[$0]) }) {
      throw UserError(
        "half_widths must be at least 1e-9 of a bump's distance from 0, got \(formatNumber(widths[k])) at "
          + formatNumber(means[k]))
    }
    let shares = try checkedShares(weights, count: means.count, of: "bump")
    let kept = shares.indices.filter { shares[$0] > 0 }
    return Target(
      RaisedCosine(
        means: kept.map { means[$0] }, halfWidths: kept.map { widths[$0] },
        weights: kept.map { shares[$0] }))
  }

  private let means: [Double]
  private let halfWidths: [Double]
  private let weights: [Double]
  private let table: Held<DensityTable>

  init(means: [Double], halfWidths: [Double], weights: [Double]) {
    (self.means, self.halfWidths, self.weights) = (means, halfWidths, weights)
    let support = zip(means, halfWidths).map { $0 - $1...$0 + $1 }
    table = Held {
      try DensityTable(name: "raised_cosine", support: support) {
        try Self.logDensity($0, means, halfWidths, weights).doubles()
      }
    }
  }

  let name = "raised_cosine"
  let shape: Shape = [1]
  var summary: String { "\(means.count) bump\(means.count == 1 ? "" : "s"), d = 1" }
  var hasLogDensity: Bool { true }
  var hasScore: Bool { true }
  var hasNoised: Bool { true }
  var isNormalised: Bool { true }
  func densityTable() throws -> DensityTable { try table.value() }

  func unnormalised(_ x: Tensor) throws -> Tensor { try logDensity(x) }

  func logDensity(_ x: Tensor) throws -> Tensor {
    try convert(Self.logDensity(x, means, halfWidths, weights), to: x.dtype)
  }

  /// sin(π (1 − |u|)/2) = cos(πu/2), which is exactly 0 from |u| = 1 on.
  private static func logDensity(
    _ x: Tensor, _ means: [Double], _ halfWidths: [Double], _ weights: [Double]
  ) throws -> Tensor {
    let u = try offsets(x, means, halfWidths)
    let inside = try relu(1 - maximum(u, -u))
    let heights = try Tensor(
      zip(weights, halfWidths).map { $0 / $1 }, shape: [1, means.count])
    return try log(sum(heights * square(sin(inside * (Double.pi / 2))), axis: 1))
  }

  /// u_k, shape [n, K], float64.
  private static func offsets(_ x: Tensor, _ means: [Double], _ halfWidths: [Double]) throws
    -> Tensor
  {
    let shape: Shape = [1, means.count]
    return try (convert(x, to: .float64) - Tensor(means, shape: shape))
      / Tensor(halfWidths, shape: shape)
  }

  /// ∇ ln p = −Σ_k (π w_k / 2 h_k²) sin(π u_k) / p.
  func score(_ x: Tensor) throws -> Tensor {
    let u = try Self.offsets(x, means, halfWidths)
    let inside = try relu(1 - maximum(u, -u)) * Double.pi
    let shape: Shape = [1, means.count]
    let slopes = try Tensor(
      zip(weights, halfWidths).map { -Double.pi / 2 * $0 / ($1 * $1) }, shape: shape)
    let heights = try Tensor(zip(weights, halfWidths).map { $0 / $1 }, shape: shape)
    let density = try sum(heights * square(sin(inside * 0.5)), axis: 1, keepingAxis: true)
    return try convert(
      sum(slopes * sign(u) * sin(inside), axis: 1, keepingAxis: true) / density, to: x.dtype)
  }

  func sample(_ count: Int, _ stream: RandomStream) throws -> Tensor {
    let draws = try stream.uniform(Shape(checking: [count, 2]), .float64).doubles()
    let places = DrawnPlaces(weights)
    return try Tensor(
      (0..<count).polledMap { row in
        let k = try places.places([draws[2 * row]])[0]
        return Float(means[k] + halfWidths[k] * Self.quantile(draws[2 * row + 1]))
      }, shape: [count, 1])
  }

  /// u with ½ (1 + u + sin(πu)/π) = share, by Newton's method between ends that bracket it.
  static func quantile(_ share: Double) -> Double {
    var (low, high) = (-1.0, 1.0)
    var u = 2 * share - 1
    for _ in 0..<100 {
      let excess = (1 + u + sin(Double.pi * u) / Double.pi) / 2 - share
      if excess == 0 { break }
      if excess > 0 { high = u } else { low = u }
      let next = u - excess / ((1 + cos(Double.pi * u)) / 2)
      let step = next > low && next < high ? next : (low + high) / 2
      if abs(step - u) <= 1e-16 { break }
      u = step
    }
    return u
  }

  func reach() throws -> ClosedRange<Double> {
    let low = zip(means, halfWidths).map { $0 - $1 }.min() ?? 0
    return low...(zip(means, halfWidths).map { $0 + $1 }.max() ?? 0)
  }

  func finestScale() throws -> Double { (halfWidths.min() ?? 1) / 4 }
}
