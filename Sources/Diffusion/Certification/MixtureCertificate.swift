import Autodiff
import Catalog
import Glibc
import Models
import Processes
import Tensors

/// What a sampler does to the mixture of `MixtureScore`, whose law and probability flow are known exactly
/// though the score is not linear: so it holds for samplers whose steps depend on the state, too.
package struct MixtureCertificate {
  /// Order of the distance to the exact flow, of samplers without noise.
  package private(set) var pathOrder: Double?
  /// Orders of paths with one Brownian motion, and of their law, where one motion is all of the noise.
  package private(set) var strongOrder: Double?
  package private(set) var weakOrder: Double?
  /// log error / log tolerance, of samplers that have one.
  package private(set) var toleranceOrder: Double?
  /// Greatest distance to the exact flow with the smallest steps, or of the distribution function from
  /// that of the exact law.
  package private(set) var bias = 0.0
  /// Draws of noise, in 32 steps, and those that change nothing.
  package private(set) var draws = 0
  package private(set) var unusedDraws = 0
  package private(set) var evaluations = 0.0

  typealias Start = (SamplingRun) throws -> SamplingStep

  /// Paths of samplers with noise. A distribution function of so many differs from the true one by more
  /// than `chance` once in a million (Dvoretzky, Kiefer and Wolfowitz 1956; Massart 1990).
  static let paths = 4000
  static let chance = (log(2 / 1e-6) / (2 * Double(paths))).squareRoot()
  static let tolerances = [1e-3, 1e-4, 1e-5, 1e-6]

  private let mixture = MixtureScore()
  private let process: any DiffusionProcess
  private let model: ScoreModel

  init(
    _ convergence: Convergence, _ process: any DiffusionProcess, _ start: Start, _ plan: TimePlan,
    atTolerance: ((Double) -> Start)? = nil
  ) throws {
    self.process = process
    model = ScoreModel(mixture, SDE(process))
    if case .exact = convergence { return }
    try countDraws(start)
    switch convergence {
    case .exact: break
    case .ode: try followFlow(start)
    case .tolerance:
      if let atTolerance { try followTolerance(atTolerance) }
      try followEnds(start)
    case .sde(let strong, _):
      if strong != nil { try followPaths(start) }
      try compareLaws(start, along: TimeGrid.logSNR(process, steps: 256))
    case .none:
      try compareLaws(
        start, along: plan == .ends ? [ends.first, ends.last] : process.grid(steps: 256))
    }
  }

  private var ends: (first: Double, last: Double) {
    (process.times.upperBound, process.times.lowerBound)
  }

  /// Points at evenly spaced values of the distribution function of x at the first time.
  private func quantiles(_ count: Int) throws -> Tensor {
    try Tensor(
      (0..<count).map {
        mixture.quantile(process, (Double($0) + 0.5) / Double(count), at: ends.first)
      }, shape: [count, 1])
  }

  private func silent(_ step: Int, _ draw: Int, _ shape: Shape, _ dtype: DType) throws -> Tensor {
    try .zeros(shape, dtype)
  }

  /// Each draw is another in a row of its own; rows that end where the first does did not use it.
  private mutating func countDraws(_ start: Start) throws {
    let times = try process.grid(steps: 32)
    let first = try Tensor([0.3 * process.sigma(at: times[0])], shape: [1, 1])
    let counted = try CertifiedPath(start, model, along: times, from: first, noise: silent)
    draws = counted.run.draws
    evaluations = Double(counted.run.evaluations) / 32
    if draws == 0 { return }
    let x = try broadcast(first, to: [draws + 1, 1]).copied()
    let stream = RandomStream(seed: 7)
    var drawn = 0
    let path = try CertifiedPath(start, model, along: times, from: x) { _, _, shape, dtype in
      let z = try stream.normal([1, 1], .float64).item()
      var values = [Double](repeating: z, count: shape[0])
      drawn += 1
      if drawn < values.count { values[drawn] = -z - 0.5 }
      return try Tensor(values, shape: shape).converted(to: dtype)
    }
    let values = try path.end.doubles()
    unusedDraws = values.dropFirst().count { $0 == values[0] }
  }

  /// Distances to the exact flow from points of all quantiles.
  private func distances(_ start: Start, along times: [Double]) throws -> [Double] {
    let first = try quantiles(64)
    let path = try CertifiedPath(start, model, along: times, from: first, noise: silent)
    return try zip(first.doubles(), path.end.doubles()).map {
      abs(mixture.flow(process, $0, from: times[0], to: times[times.count - 1]) - $1)
    }
  }

  private mutating func followFlow(_ start: Start) throws {
    let all = try Certificate.steps.map {
      try distances(start, along: TimeGrid.logSNR(process, steps: $0))
    }
    pathOrder = fittedOrder(steps: Certificate.steps, errors: all.map(MixtureCertificate.size))
    bias = all[all.count - 1].reduce(0, MixtureCertificate.greater)
  }

  private mutating func followTolerance(_ start: (Double) -> Start) throws {
    let all = try MixtureCertificate.tolerances.map {
      try distances(start($0), along: [ends.first, ends.last])
    }
    let sizes = all.map { max(MixtureCertificate.size($0), .leastNormalMagnitude) }
    let decades = log(MixtureCertificate.tolerances[0] / MixtureCertificate.tolerances[3])
    toleranceOrder = log(sizes[0] / sizes[3]) / decades
  }

  private mutating func followEnds(_ start: Start) throws {
    bias = try distances(start, along: [ends.first, ends.last]).reduce(
      0, MixtureCertificate.greater)
  }

  private mutating func followPaths(_ start: Start) throws {
    let (steps, finest) = ([32, 64, 128, 256], 2048)
    let motion = BrownianPath(seed: 3)
    let first = try quantiles(MixtureCertificate.paths)
    func end(_ steps: Int) throws -> Tensor {
      let times = try process.grid(steps: steps)
      let noise = PathNoise(motion, firstRow: 0, times: times)
      return try CertifiedPath(start, model, along: times, from: first, noise: noise.normal).end
    }
    let reference = try end(finest)
    let ends = try steps.map(end)
    // Of the mean distance: in the mean square a few paths that end at another mode are all.
    strongOrder = fittedOrder(
      steps: steps, errors: try ends.map { try mean(sqrt(square($0 - reference))).item() })
    // The first two moments; common noise takes away what chance they share.
    weakOrder = fittedOrder(
      steps: steps,
      errors: try ends.map {
        try hypot(mean($0 - reference).item(), mean(square($0) - square(reference)).item())
      })
  }

  private mutating func compareLaws(_ start: Start, along times: [Double]) throws {
    let path = try CertifiedPath(
      start, model, along: times, from: quantiles(MixtureCertificate.paths),
      noise: KeyedNoise(seed: 5, firstRow: 0).normal)
    let sorted = try path.end.doubles().sorted()
    let count = Double(sorted.count)
    bias = sorted.enumerated().reduce(0) { most, item in
      let exact = mixture.cumulative(process, item.element, at: times[times.count - 1])
      let (below, above) = (Double(item.offset) / count, Double(item.offset + 1) / count)
      return MixtureCertificate.greater(most, max(abs(exact - below), abs(exact - above)))
    }
  }

  private static func size(_ errors: [Double]) -> Double {
    (errors.reduce(0) { $0 + $1 * $1 } / Double(errors.count)).squareRoot()
  }

  /// NaN counts as greatest.
  private static func greater(_ a: Double, _ b: Double) -> Double { a.isNaN || a > b ? a : b }
}

extension MixtureCertificate {
  /// What does not fit the claims.
  func flaws(_ convergence: Convergence) -> [String] {
    var flaws: [String] = []
    func compare(
      _ name: String, _ found: Double?, _ claimed: Double?, within tolerance: Double = 0.3
    ) {
      guard let found, let claimed, !(abs(found - claimed) < tolerance) else { return }
      flaws.append(
        "\(name) order \(shortNumber(found)) on a mixture, claimed \(formatNumber(claimed))")
    }
    var most = MixtureCertificate.chance
    switch convergence {
    case .ode(let order):
      compare("path", pathOrder, order)
      most = 0.1
    case .tolerance:
      if let toleranceOrder, !(toleranceOrder > 0.6) {
        flaws.append("the error follows the tolerance with order \(shortNumber(toleranceOrder))")
      }
      most = 0.01
    case .sde(let strong, let weak):
      compare("strong", strongOrder, strong)
      // Moments of so many paths differ by chance, too, by more than what a higher order leaves.
      if weak <= strong ?? 0 { compare("weak", weakOrder, weak, within: 0.5) }
    case .none(_, let bias): most += bias
    case .exact: break
    }
    if !(bias < most) {
      flaws.append(
        "on a mixture the samples are off by \(shortNumber(bias)) with the smallest steps")
    }
    switch convergence {
    case .ode, .tolerance: if draws > 0 { flaws.append("it draws noise") }
    default: break
    }
    if unusedDraws > 0 {
      flaws.append("\(unusedDraws) of \(draws) draws of noise are not used on a mixture")
    }
    return flaws
  }
}
