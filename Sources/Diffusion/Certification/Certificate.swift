import Autodiff
import Catalog
import Models
import Processes
import Tensors

/// What was measured of a sampler, and what of it does not fit what the sampler claims: on Gaussian data of
/// two variances, where the law of a sampler that is linear in its state needs no Monte Carlo, and on a
/// mixture.
package struct Certificate {
  /// Fitted orders on Gaussian data; nil where none is claimed, or the sampler is not linear.
  package private(set) var weakOrder: Double?
  package private(set) var strongOrder: Double?
  /// Largest relative error of the variance with the most steps; nil where the sampler is not linear.
  package private(set) var bias: Double?
  /// Calls of the model a step.
  package private(set) var evaluations: Double
  /// Draws of noise a step.
  package private(set) var draws: Double
  package let mixture: MixtureCertificate
  let convergence: Convergence
  package private(set) var flaws: [String] = []

  /// Errors large enough to be above rounding, steps small enough to be in the asymptotic range.
  /// Evenly in log-SNR, where the asymptotic range begins early.
  static let steps = [128, 256, 512, 1024]
  static let tolerance = 0.15
  static let targets = [2.0, 0.25]

  /// - Parameters:
  ///   - plan: a sampler whose rows step apart is followed from one end to the other.
  ///   - atTolerance: the start at other tolerances, of a sampler that has one.
  package init(
    _ convergence: Convergence, _ process: any DiffusionProcess,
    _ start: (SamplingRun) throws -> SamplingStep, plan: TimePlan = .grid,
    atTolerance: ((Double) -> (SamplingRun) throws -> SamplingStep)? = nil
  ) throws {
    self.convergence = convergence
    mixture = try MixtureCertificate(
      convergence, process, start, plan, atTolerance: atTolerance)
    (evaluations, draws) = (mixture.evaluations, Double(mixture.draws) / 32)
    if plan == .grid, try Certificate.hasLinearLaw(convergence, process, start) {
      try checkLaw(convergence, process, start)
      if let strong = convergence.claimed.strong {
        try checkPaths(strong, process, start)
      }
    }
    let found = mixture.flaws(convergence)
    flaws += found.filter { !flaws.contains($0) }
  }

  private static func hasLinearLaw(
    _ convergence: Convergence, _ process: any DiffusionProcess,
    _ start: (SamplingRun) throws -> SamplingStep
  ) throws -> Bool {
    if case .tolerance = convergence { return false }
    return try SamplerLaw.isLinear(
      start, ScoreModel(GaussianScore(), SDE(process)), along: process.grid(steps: 32))
  }

  /// Order and limit of the variance, and draws that change nothing.
  private mutating func checkLaw(
    _ convergence: Convergence, _ process: any DiffusionProcess,
    _ start: (SamplingRun) throws -> SamplingStep
  ) throws {
    let claimed = convergence.claimed
    var most = 0.0
    for target in Certificate.targets {
      let (errors, laws) = try Certificate.weakErrors(start, process, target: target)
      if claimed.weak != nil {
        let order = fittedOrder(steps: Certificate.steps, errors: errors)
        // For one variance the errors may cancel, and the order seem higher.
        weakOrder = min(order, weakOrder ?? order)
      }
      most = max(most, abs(errors[errors.count - 1]) / target)
      let last = laws[laws.count - 1]
      let steps = Double(Certificate.steps[Certificate.steps.count - 1])
      (evaluations, draws) = (Double(last.evaluations) / steps, Double(last.draws) / steps)
      if case .ode = convergence, last.draws > 0 { flaws.append("it draws noise") }
      if last.unusedDraws > 0 {
        flaws.append("\(last.unusedDraws) of \(last.draws) draws of noise are not used")
      }
    }
    bias = most
    if let weak = claimed.weak, let found = weakOrder {
      // On Gaussian data errors may cancel: a higher order must show on the mixture, too.
      let isHigher =
        found >= weak + Certificate.tolerance && mixture.pathOrder ?? found > weak + 0.3
      if !(found > weak - Certificate.tolerance) || isHigher {
        flaws.append("weak order \(shortNumber(found)), claimed \(formatNumber(weak))")
      }
    }
    if !(most < claimed.bias) {
      flaws.append("the variance is off by \(shortNumber(most)) with the smallest steps")
    }
  }

  private mutating func checkPaths(
    _ strong: Double, _ process: any DiffusionProcess,
    _ start: (SamplingRun) throws -> SamplingStep
  ) throws {
    let found = try Certificate.strongOrder(start, process)
    strongOrder = found
    if !(abs(found - strong) < Certificate.tolerance) {
      flaws.append("strong order \(shortNumber(found)), claimed \(formatNumber(strong))")
    }
  }

  /// Errors of the variance at the end, from the exact variance at the start.
  package static func weakErrors(
    _ start: (SamplingRun) throws -> SamplingStep, _ process: any DiffusionProcess,
    target: Double
  ) throws -> (errors: [Double], laws: [SamplerLaw]) {
    let model = ScoreModel(GaussianScore(variance: target), SDE(process))
    let laws = try steps.map {
      let times = try TimeGrid.logSNR(process, steps: $0)
      return try SamplerLaw(
        start, model, along: times,
        from: GaussianScore.marginal(process, times[0], variance: target))
    }
    let exact = GaussianScore.marginal(process, process.times.lowerBound, variance: target)
    return (laws.map { $0.variance - exact }, laws)
  }

  /// From the root mean square distance of paths to those of a much finer grid driven by the same
  /// Brownian motion.
  package static func strongOrder(
    _ start: (SamplingRun) throws -> SamplingStep, _ process: any DiffusionProcess,
    steps: [Int] = [64, 128, 256, 512], finest: Int = 8192, paths: Int = 200
  ) throws -> Double {
    let model = ScoreModel(GaussianScore(), SDE(process))
    let motion = BrownianPath(seed: 3)
    let first =
      try RandomStream(seed: 4).normal([paths, 1], .float64)
      * process.sigma(at: process.times.upperBound)
    func end(_ count: Int) throws -> Tensor {
      let grid = try TimeGrid.logSNR(process, steps: count)
      let noise = PathNoise(motion, firstRow: 0, times: grid)
      return try CertifiedPath(start, model, along: grid, from: first, noise: noise.normal).end
    }
    let reference = try end(finest)
    let errors = try steps.map { try mean(square(end($0) - reference)).item().squareRoot() }
    return fittedOrder(steps: steps, errors: errors)
  }
}

extension Convergence {
  /// Orders, and how far the variance of a Gaussian may be off with the smallest steps.
  fileprivate var claimed: (strong: Double?, weak: Double?, bias: Double) {
    switch self {
    case .ode(let order): (nil, order, 0.02)
    case .sde(let strong, let weak): (strong, weak, 0.02)
    case .tolerance: (nil, nil, 0.02)
    case .none(_, let bias): (nil, nil, bias)
    case .exact: (nil, nil, 1e-6)
    }
  }
}
