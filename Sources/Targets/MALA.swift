import Autodiff
import Catalog
import Glibc
import Runtime
import Tensors

/// The Metropolis-adjusted Langevin algorithm, many chains side by side: draws from a density known up
/// to its constant, in any dimension. Roberts & Tweedie 1996.
///
///   y = x + ½ ε² D² ∇ln p(x) + ε D z,   accepted with probability min(1, p(y) q(x | y) / p(x) q(y | x)),
/// D the spread of the chains along each axis. Warm-up tunes ε towards an acceptance of 0.574
/// (Roberts & Rosenthal 1998) and D to the chains; then both stay fixed and the chain is exact.
/// Run length doubles until R-hat ≤ 1.05 and ESS ≥ 400 for every coordinate; where 16,000 steps do not
/// suffice that is an error. Chains start from N(0, 2² I): modes out of their reach are not found.
struct MALA {
  static let chains = 256
  static let warmUp = 1000
  static let shortest = 1000
  static let longest = 16_000
  static let mostRHat = 1.05
  static let leastESS = 400.0

  let dimension: Int
  /// ln p up to a constant, shape [n], and its gradient [n, d], at x [n, d], float64.
  let logDensityAndScore: (Tensor) throws -> (Tensor, Tensor)

  private struct State {
    var x: Tensor
    var logDensity: Tensor
    var score: Tensor
  }

  /// Shape [count, d], float64.
  func sample(_ count: Int, _ stream: RandomStream) throws -> Tensor {
    try Memory.request(Shape(checking: [count, dimension]).elementCount, of: Double.self)
    let start = try stream.normal([Self.chains, dimension], .float64) * 2
    var state = try self.state(at: start)
    guard try state.logDensity.doubles().contains(where: \.isFinite) else {
      throw UserError(
        "the density vanishes at all \(Self.chains) starting points drawn from N(0, 4 I)")
    }
    var step = 1.0 / pow(Double(dimension), 1.0 / 6)
    var spread = try Tensor.full([1, dimension], 1, .float64)
    for i in 0..<Self.warmUp {
      let rate = try advance(&state, step, spread, stream)
      step *= exp((rate - 0.574) * (i < 500 ? 0.1 : 0.03))
      if i % 100 == 99, i < 800 { spread = try self.spread(of: state.x) }
    }
    var length = Self.shortest
    while true {
      let (kept, rHat, ess) = try run(&state, length, step, spread, stream, keeping: count)
      if rHat <= Self.mostRHat, ess >= Self.leastESS { return kept }
      length *= 2
      if length > Self.longest {
        throw UserError(
          "samples by MALA did not converge in \(length / 2) steps: R-hat \(brief(rHat)) (at most "
            + "\(brief(Self.mostRHat))), ESS \(brief(ess)) (at least \(brief(Self.leastESS))); give sample ="
        )
      }
    }
  }

  private func state(at x: Tensor) throws -> State {
    let (logDensity, score) = try logDensityAndScore(x)
    return State(x: x, logDensity: logDensity, score: score)
  }

  /// Standard deviation over the chains for each axis, shape [1, d].
  private func spread(of x: Tensor) throws -> Tensor {
    try sqrt(variance(x, axis: 0, keepingAxis: true) + 1e-12)
  }

  /// One step of all chains; returns the mean acceptance probability.
  private func advance(
    _ state: inout State, _ step: Double, _ spread: Tensor, _ stream: RandomStream
  ) throws -> Double {
    try Cancellation.check()
    let n = state.x.shape[0]
    let scale = try spread * step
    let noise = try stream.normal([n, dimension], .float64)
    let drift = try square(scale) * state.score * 0.5
    let proposal = try self.state(at: state.x + drift + scale * noise)
    // ln q(x | y) − ln q(y | x) from the standardised moves.
    let back = try (state.x - proposal.x - square(scale) * proposal.score * 0.5) / scale
    let ratio = try
      (proposal.logDensity - state.logDensity
      - (sum(square(back), axis: 1) - sum(square(noise), axis: 1)) * 0.5).doubles()
    let draws = try stream.uniform([n], .float64).doubles()
    var total = 0.0
    let rows = ratio.indices.map { i -> Int in
      let probability = ratio[i].isNaN ? 0 : min(1, exp(ratio[i]))
      total += probability
      return draws[i] < probability ? n + i : i
    }
    state.x = try gather(concatenate([state.x, proposal.x], axis: 0), rows: rows)
    state.score = try gather(concatenate([state.score, proposal.score], axis: 0), rows: rows)
    state.logDensity = try gather(
      concatenate([state.logDensity, proposal.logDensity], axis: 0), rows: rows)
    return total / Double(n)
  }

  /// A run of `length` steps: `count` points evenly spaced over it, and how far it has converged.
  private func run(
    _ state: inout State, _ length: Int, _ step: Double, _ spread: Tensor, _ stream: RandomStream,
    keeping count: Int
  ) throws -> (kept: Tensor, rHat: Double, ess: Double) {
    let rounds = (count + Self.chains - 1) / Self.chains
    let total = max(length, 10 * rounds)
    var kept: [Tensor] = []
    var halves = [ChainMoments(Self.chains * dimension), ChainMoments(Self.chains * dimension)]
    for i in 0..<total {
      _ = try advance(&state, step, spread, stream)
      halves[2 * i / total].add(try state.x.doubles())
      // Round k is kept at the end of the k-th of `rounds` equal stretches.
      if (i + 1) * rounds / total > kept.count { kept.append(state.x) }
    }
    let (rHat, ess) = ChainMoments.convergence(halves, chains: Self.chains, dimension: dimension)
    guard !kept.isEmpty else { return (try Tensor.zeros([0, dimension], .float64), rHat, ess) }
    return (try concatenate(kept, axis: 0).slice(axis: 0, 0..<count), rHat, ess)
  }
}

/// Running means and variances of all coordinates of all chains (Welford 1962).
struct ChainMoments {
  private(set) var count = 0.0
  private(set) var means: [Double]
  private(set) var squares: [Double]

  init(_ size: Int) {
    means = Array(repeating: 0, count: size)
    squares = means
  }

  mutating func add(_ values: [Double]) {
    count += 1
    for i in values.indices {
      let change = values[i] - means[i]
      means[i] += change / count
      squares[i] += change * (values[i] - means[i])
    }
  }

  /// Split R-hat (Gelman et al. 2013, §11.4), the largest over the coordinates, and the effective sample
  /// size, the smallest: all draws times the variance within chains over that of chain means times
  /// length, which is what correlation along a chain inflates.
  static func convergence(_ halves: [ChainMoments], chains: Int, dimension: Int) -> (
    rHat: Double, ess: Double
  ) {
    let length = halves[0].count
    var worst = (rHat: 1.0, ess: Double.infinity)
    for j in 0..<dimension {
      let means = halves.flatMap { half in (0..<chains).map { half.means[$0 * dimension + j] } }
      let within = halves.flatMap { half in
        (0..<chains).map { half.squares[$0 * dimension + j] / (half.count - 1) }
      }
      let w = within.reduce(0, +) / Double(within.count)
      let centre = means.reduce(0, +) / Double(means.count)
      let between =
        means.reduce(0) { $0 + ($1 - centre) * ($1 - centre) } / Double(means.count - 1)
      guard w > 0, between.isFinite else { return (.infinity, 0) }
      worst.rHat = max(worst.rHat, ((length - 1) / length + between / w).squareRoot())
      worst.ess = min(worst.ess, Double(means.count) * w / between)
    }
    return worst
  }
}
