import Autodiff
import Catalog
import Glibc
import Runtime
import Tensors

/// Σ_k w_k N(m_k, σ_k² I) in any dimension: density, score and noised marginals in closed form.
///
/// Under x = r x_0 + s z it stays a mixture: N(r m_k, (r² σ_k² + s²) I). The formulas stand in
/// `NormalComponents`. Li et al. 2023 §4.1 takes means −μ, μ and σ = 1 in one dimension.
package struct GaussianMixture: Distribution {
  static let entry = Entry.function(
    "gaussian_mixture", "A mixture of normal components in any dimension.",
    .option("means", "a number for each component, a list of d numbers for each, or a picture"),
    .option(
      "stds", default: nil,
      "standard deviation, one for all components or one for each; 1 where absent"),
    .option(
      "covariances", default: nil,
      "in place of stds: symmetric matrices [K, d, d], one for each component, or [d, d] for all"),
    .option("weights", default: nil, "shares that sum to 1; equal where absent"),
    returns: "a target",
    details: """
      With covariances it works in float64, by one eigendecomposition for each. Singular ones are allowed: the \
      mixture has no density of its own then, its noised marginals have.
      """,
    source: "Li et al. 2023 §4.1; Wang and Vastola 2023",
    example: "return target.gaussian_mixture{means = {-3, 3}, stds = 1}"
  ) {
    (
      means: TensorSource, stds: OneOf<Double, [Double]>?, covariances: TensorSource?,
      weights: [Double]?
    ) in
    let means = try checkedMeans(means)
    let count = means.shape[0]
    let shape = Shape(means.shape.dropFirst())
    guard let covariances else {
      return Target(
        try GaussianMixture(
          means: flattenedPoints(means), stds: checkedStds(stds ?? .first(1), count: count),
          weights: checkedWeights(weights, count: count), shape: shape))
    }
    guard stds == nil else { throw UserError("stds and covariances must not both be given") }
    let shares = try checkedWeights(weights, count: count)
    return Target(
      try CovarianceMixture(
        components(flattenedPoints(means), covariances.floats("covariances")),
        weights: shares.count == count ? shares : Array(repeating: 1 / Double(count), count: count),
        name: "gaussian_mixture", shape: shape))
  }

  /// N(m_k, Σ_k).
  private static func components(_ means: Tensor, _ matrices: Tensor) throws
    -> [CovarianceMixture.Component]
  {
    let (count, d) = (means.shape[0], means.shape[1])
    let wanted = "[\(count), \(d), \(d)] or [\(d), \(d)]"
    let isOne = matrices.rank == 2
    guard isOne || matrices.rank == 3 && matrices.shape[0] == count,
      matrices.shape[matrices.rank - 1] == d, matrices.shape[matrices.rank - 2] == d
    else {
      throw UserError(
        "covariances must have shape \(wanted), a matrix for each mean or one for all, got \(matrices.shape)"
      )
    }
    let covariances = try (0..<(isOne ? 1 : count)).map { k in
      try Covariance(
        isOne ? matrices : matrices.select(axis: 0, k),
        name: isOne ? "covariances" : "covariances[\(k + 1)]")
    }
    return try (0..<count).map { k in
      try covariances[isOne ? 0 : k].component(means.slice(axis: 0, k..<k + 1))
    }
  }

  let components: NormalComponents
  /// Of length K, or 1 where all are equal.
  let weights: [Double]
  let stds: [Double]
  package let name: String
  package let shape: Shape

  /// - Parameters: `means` of shape [K, d]; `shape` of a point, [d] where absent; `stds` and `weights` of length K, or 1 where all are
  ///   equal (then the weights are 1/K).
  package init(
    means: Tensor, stds: [Double], weights: [Double], name: String = "gaussian_mixture",
    shape: Shape? = nil
  ) throws {
    let count = means.shape[0]
    components = NormalComponents(
      means: try means.converted(to: .float64),
      logWeights: weights.count == 1 ? [-log(Double(count))] : weights.map { log($0) },
      variances: stds.map { $0 * $0 })
    self.weights = weights
    self.stds = stds
    self.name = name
    self.shape = shape ?? [components.dimension]
  }

  package var summary: String {
    if name == "gaussian" { return sizeText }
    let count = components.count
    return "\(count) component\(count == 1 ? "" : "s"), \(sizeText)"
  }
  package var hasLogDensity: Bool { true }
  package var hasScore: Bool { true }
  package var hasNoised: Bool { true }

  package func sample(_ count: Int, _ stream: RandomStream) throws -> Tensor {
    let chosen = try chooseComponents(stream.uniform([count], .float64).doubles())
    let centres = try components.means.gathered(rows: chosen)
    let noise = try stream.normal([count, dimension], .float32)
    let spread = try Tensor(
      chosen.polledMap { stds.count == 1 ? stds[0] : stds[$0] }, shape: [count, 1])
    return try points(ofRows: (centres + noise * spread).converted(to: .float32))
  }

  /// Component numbers from uniform draws, by the cumulative weights.
  private func chooseComponents(_ draws: [Double]) throws -> [Int] {
    let count = components.count
    if weights.count == 1 {
      return try draws.polledMap { min(count - 1, Int(clamping: $0 * Double(count))) }
    }
    var cumulative = 0.0
    let ends = weights.map { weight in
      cumulative += weight
      return cumulative
    }
    return try draws.polledMap { draw in
      let place = ends.firstIndex { draw < $0 } ?? count - 1
      return place
    }
  }

  package func logDensity(_ x: Tensor) throws -> Tensor {
    try components.logDensity(flattenedPoints(x), forAllRows(1), forAllRows(0))
  }

  package func score(_ x: Tensor) throws -> Tensor {
    try onFlattenedPoints(x) { try components.score($0, forAllRows(1), forAllRows(0)) }
  }

  package func noised(mean r: Double, std s: Double) throws -> any Distribution {
    try GaussianMixture(
      means: components.means.combined(with: r, .multiply),
      stds: components.variances.map { (r * r * $0 + s * s).squareRoot() }, weights: weights,
      name: name, shape: shape)
  }

  package func noisedScore(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    try onFlattenedPoints(x) { try components.score($0, r, s) }
  }

  package func posteriorMean(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    try onFlattenedPoints(x) { try components.posteriorMean($0, r, s) }
  }

  package func noisedLogDensity(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    try components.logDensity(flattenedPoints(x), r, s)
  }

  /// Six standard deviations beyond the outermost means.
  package func reach() throws -> ClosedRange<Double> {
    let means = try components.means.doubles()
    var low = Double.infinity
    var high = -Double.infinity
    for (k, mean) in means.enumerated() {
      let std = stds.count == 1 ? stds[0] : stds[k]
      low = min(low, mean - 6 * std)
      high = max(high, mean + 6 * std)
    }
    return low...high
  }

  package func finestScale() throws -> Double { stds.min() ?? 1 }
}

// MARK: - Checks of the options

extension GaussianMixture {
  static func checkedMeans(_ source: TensorSource) throws -> Tensor {
    let means = try source.tensor(.float64).constant("means")
    guard means.rank >= 1, means.elementCount > 0 else {
      throw UserError(
        "means must be a number for each component or a list of d numbers for each, got shape "
          + "\(means.shape)")
    }
    let values = try means.doubles()
    if let place = values.firstIndex(where: { !$0.isFinite }) {
      throw UserError("means must be finite numbers, got \(formatNumber(values[place]))")
    }
    return means.rank == 1 ? means.expanded(axis: 1) : means
  }

  static func checkedStds(_ stds: OneOf<Double, [Double]>, count: Int) throws -> [Double] {
    let values: [Double]
    switch stds {
    case .first(let one): values = [one]
    case .second(let list):
      guard list.count == count else {
        throw UserError("stds must be one number or \(count), one for each mean, got \(list.count)")
      }
      values = list
    }
    if let wrong = values.first(where: { !($0 > 0 && $0.isFinite) }) {
      throw UserError("stds must be positive numbers, got \(formatNumber(wrong))")
    }
    return values
  }

  static func checkedWeights(_ weights: [Double]?, count: Int) throws -> [Double] {
    guard let weights else { return [1] }
    guard weights.count == count else {
      throw UserError("weights must be \(count) numbers, one for each mean, got \(weights.count)")
    }
    if let wrong = weights.first(where: { !($0 > 0 && $0.isFinite) }) {
      throw UserError("weights must be positive numbers, got \(formatNumber(wrong))")
    }
    let total = weights.reduce(0, +)
    guard abs(total - 1) < 1e-6 else {
      throw UserError("weights must sum to 1, got \(formatNumber(total))")
    }
    return weights.map { $0 / total }
  }
}
