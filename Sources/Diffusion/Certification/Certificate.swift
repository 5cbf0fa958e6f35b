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
  package private(set) var flaws: [String] = []

  /// Errors large enough to be above rounding, steps small enough to be in the asymptotic range.
  static let steps = [128, 256, 512, 1024]
  static let tolerance = 0.15
  static let targets = [2.0, 0.25]

  /// - Parameter atTolerance: the start at other tolerances, of a sampler that has one.
  package init(
    _ convergence: Convergence, _ process: any DiffusionProcess,
    _ start: (SamplingRun) throws -> SamplingStep,
    atTolerance: ((Double) -> (SamplingRun) throws -> SamplingStep)? = nil
  ) throws {
    mixture = try MixtureCertificate(convergence, process, start, atTolerance: atTolerance)
    (evaluations, draws) = (mixture.evaluations, Double(mixture.draws) / 32)
    if try Certificate.hasLinearLaw(convergence, process, start) {
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
    // Evenly in log-SNR where the order is above 1: there its asymptotic range begins early.
    let isUneven = (claimed.weak ?? 1) > 1
    var most = 0.0
    for target in Certificate.targets {
      let (errors, laws) = try Certificate.weakErrors(
        start, process, target: target, isUneven: isUneven)
      if let weak = claimed.weak {
        let order = fittedOrder(steps: Certificate.steps, errors: errors)
        if weakOrder.map({ abs(order - weak) > abs($0 - weak) }) ?? true { weakOrder = order }
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
    if let weak = claimed.weak, let found = weakOrder, !(abs(found - weak) < Certificate.tolerance)
    {
      flaws.append("weak order \(shortNumber(found)), claimed \(formatNumber(weak))")
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
    target: Double, isUneven: Bool = false
  ) throws -> (errors: [Double], laws: [SamplerLaw]) {
    let model = ScoreModel(GaussianScore(variance: target), SDE(process))
    let laws = try steps.map {
      let times =
        try isUneven ? TimeGrid.logSNR(process, steps: $0) : process.grid(steps: $0)
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
    let times = try process.grid(steps: finest)
    let motion = try BrownianMotion(along: times, paths: paths, seed: 3)
    let first =
      try RandomStream(seed: 4).normal([paths, 1], .float64) * process.sigma(at: times[0])
    func end(_ count: Int) throws -> Tensor {
      let (grid, noise) = motion.noise(steps: count)
      return try CertifiedPath(start, model, along: grid, from: first, noise: noise).end
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
    }
  }
}
