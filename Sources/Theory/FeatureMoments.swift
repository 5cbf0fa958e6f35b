import Autodiff
import Catalog
import Glibc
import Layers
import Models
import Processes
import Runtime
import Targets
import Tensors

/// What the loss of a model that is linear in A needs of a law. With φ = σ(W x_t + U e(t)) and
/// s = A φ/m, the loss E_t λ(t) E ‖s − y‖² (Li et al. 2023, Eqs. 5, 7) is
///
/// L(A) = tr(A G Aᵀ)/m² − 2 tr(A C)/m + S,   G = E λ φ φᵀ,   C = E λ φ yᵀ,   S = E λ ‖y‖²,
///
/// where y is −z/σ, or its mean ∇ ln p_t(x_t), which moves L by a constant.
struct FeatureMoments {
  /// Shape [m, m].
  let gram: Tensor
  /// Shape [m, d].
  let cross: Tensor
  /// S.
  let square: Double
  /// E λ ‖z/σ‖², the loss of the score 0.
  let noise: Double
  /// Whether y is the exact score.
  let isExact: Bool

  /// S for y = −z/σ less S for its mean: what no score goes below, where y is the exact score.
  var least: Double { noise - square }
}

/// Where the expectation over t is taken: a Gauss–Legendre rule with λ in its weights.
struct TimeRule {
  struct Node {
    let t: Double
    let alpha: Double
    let sigma: Double
    /// λ(t) times the weight of the rule; these add up to E λ.
    let weight: Double
  }

  let nodes: [Node]

  init(
    _ sde: SDE, on range: ClosedRange<Double>, count: Int, weight: Callback?
  ) throws {
    let process = sde.process
    try process.check(time: range.lowerBound, name: "time")
    try process.check(time: range.upperBound, name: "time")
    let times = gaussLegendre(count, on: range)
    let lambda = try weight.map { try checkedWeights($0, at: times.map(\.x)) }
    let length = range.upperBound - range.lowerBound
    nodes = try times.indices.map { i in
      let (t, sigma) = (times[i].x, process.sigma(at: times[i].x))
      guard sigma > 0, sigma.isFinite else {
        throw UserError(
          "time must be where the noise is finite and above 0, got std = \(formatNumber(sigma)) at t = "
            + formatNumber(t))
      }
      return Node(
        t: t, alpha: process.alpha(at: t), sigma: sigma,
        weight: times[i].weight / length * (lambda?[i] ?? sigma * sigma))
    }
  }
}

extension FeatureMoments {
  /// Rows of features that are formed at once.
  private static let rowsAtOnce = 4096

  /// The moments of noised laws on the line.
  ///
  /// - Parameter line: the nodes of the law of α x_0 + σ z at a time.
  init(
    _ network: RandomFeatures, _ times: TimeRule, line: (TimeRule.Node) throws -> LineNodes
  ) throws {
    var sums = try Sums(network)
    for node in times.nodes {
      let line = try line(node)
      if network.options.activation == "relu" {
        try sums.add(line, node)
        continue
      }
      for first in stride(from: 0, to: line.x.count, by: Self.rowsAtOnce) {
        let part = first..<min(first + Self.rowsAtOnce, line.x.count)
        let weights = line.masses[part].map { $0 * node.weight }
        try sums.add(
          Tensor(Array(line.x[part]), shape: [part.count, 1]), node.t,
          Tensor(Array(line.scores[part]), shape: [part.count, 1]),
          weights: Tensor(weights, shape: [part.count, 1]))
      }
    }
    try self.init(sums, times, dimension: 1, isExact: true)
  }

  /// The same of points [n, d], by draws of the noise.
  init(
    _ network: RandomFeatures, _ points: Tensor, _ times: TimeRule, draws: Int,
    _ stream: RandomStream
  ) throws {
    var sums = try Sums(network)
    let (n, d) = (points.shape[0], points.shape[1])
    let share = 1 / (Double(n) * Double(draws))
    for node in times.nodes {
      for _ in 0..<draws {
        for first in stride(from: 0, to: n, by: Self.rowsAtOnce) {
          let x = points.slice(axis: 0, first..<min(first + Self.rowsAtOnce, n))
          let z = try stream.normal([x.shape[0], d], .float64)
          try sums.add(
            x * node.alpha + z * node.sigma, node.t, z * (-1 / node.sigma),
            weights: .full([x.shape[0], 1], share * node.weight, .float64))
        }
      }
    }
    try self.init(sums, times, dimension: d, isExact: false)
  }

  private init(_ sums: Sums, _ times: TimeRule, dimension: Int, isExact: Bool) throws {
    try mirrorLower(sums.gram)
    gram = sums.gram
    cross = sums.cross
    square = sums.square
    noise = times.nodes.reduce(0) {
      $0 + $1.weight * Double(dimension) / ($1.sigma * $1.sigma)
    }
    self.isExact = isExact
  }

  /// The sums so far.
  private struct Sums {
    let network: RandomFeatures
    let call: NetworkCall
    let gram: Tensor
    var cross: Tensor
    var square = 0.0

    init(_ network: RandomFeatures) throws {
      self.network = network
      call = NetworkCall(
        network.parameters,
        at: try network.parameters.views.map { try $0.converted(to: .float64) })
      let m = network.options.width.value
      gram = try .zeros([m, m], .float64)
      cross = try .zeros([m, network.dimension], .float64)
    }

    /// A line's nodes, for ReLU.
    mutating func add(_ line: LineNodes, _ node: TimeRule.Node) throws {
      let masses = line.masses.map { $0 * node.weight }
      let still = try network.hidden(.zeros([1, 1], .float64), Tensor([node.t]), call)
      let moments = try KinkedMoments(
        weights: call["w"].doubles(), biases: still.doubles(), line.x, masses: masses,
        targets: line.scores)
      try moments.add(to: gram, cross)
      for (mass, score) in zip(masses, line.scores) { square += mass * score * score }
    }

    /// - Parameters: `x`, `y` of shape [n, d]; `weights` of shape [n, 1].
    mutating func add(_ x: Tensor, _ t: Double, _ y: Tensor, weights: Tensor) throws {
      let roots = try sqrt(weights)
      let times = try Tensor.full([x.shape[0]], t, .float64)
      let phi = try (network.features(x, times, call) * roots).densified()
      try addSymmetricProduct(phi, to: gram)
      let scaled = try y * roots
      cross = try cross + matmul(transpose(phi), scaled)
      square += try sum(scaled * scaled).item()
    }
  }
}
