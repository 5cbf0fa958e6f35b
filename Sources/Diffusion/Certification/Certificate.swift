import Autodiff
import Catalog
import Models
import Processes
import Tensors

/// What was measured of a sampler on Gaussian data of two variances, and what of it does not fit what
/// the sampler claims.
package struct Certificate {
  /// Fitted orders; nil where none is claimed.
  package private(set) var weakOrder: Double?
  package private(set) var strongOrder: Double?
  /// Largest relative error of the variance with the most steps.
  package private(set) var bias = 0.0
  /// Calls of the model a step.
  package private(set) var evaluations = 0.0
  /// Draws of noise a step.
  package private(set) var draws = 0.0
  package private(set) var flaws: [String] = []

  /// Errors large enough to be above rounding, steps small enough to be in the asymptotic range.
  static let steps = [128, 256, 512, 1024]
  static let tolerance = 0.15
  static let targets = [2.0, 0.25]

  package init(
    _ convergence: Convergence, _ process: any DiffusionProcess,
    _ start: (SamplingRun) throws -> SamplingStep
  ) throws {
    let claimed: (strong: Double?, weak: Double?, bias: Double)
    switch convergence {
    case .ode(let order): claimed = (nil, order, 0.02)
    case .sde(let strong, let weak): claimed = (strong, weak, 0.02)
    case .tolerance: claimed = (nil, nil, 1e-4)
    case .none(_, let bias): claimed = (nil, nil, bias)
    }
    // Evenly in log-SNR where the order is above 1: there its asymptotic range begins early.
    let isUneven = (claimed.weak ?? 1) > 1
    for target in Certificate.targets {
      let (errors, laws) = try Certificate.weakErrors(
        start, process, target: target, isUneven: isUneven)
      if let weak = claimed.weak {
        let order = fittedOrder(steps: Certificate.steps, errors: errors)
        if weakOrder.map({ abs(order - weak) > abs($0 - weak) }) ?? true { weakOrder = order }
      }
      bias = max(bias, abs(errors[errors.count - 1]) / target)
      let last = laws[laws.count - 1]
      let steps = Double(Certificate.steps[Certificate.steps.count - 1])
      (evaluations, draws) = (Double(last.evaluations) / steps, Double(last.draws) / steps)
      if case .ode = convergence, last.draws > 0 { flaws.append("it draws noise") }
      if last.unusedDraws > 0 {
        flaws.append("\(last.unusedDraws) of \(last.draws) draws of noise are not used")
      }
    }
    if let weak = claimed.weak, let found = weakOrder, !(abs(found - weak) < Certificate.tolerance)
    {
      flaws.append("weak order \(shortNumber(found)), claimed \(formatNumber(weak))")
    }
    if !(bias < claimed.bias) {
      flaws.append("the variance is off by \(shortNumber(bias)) with the smallest steps")
    }
    if let strong = claimed.strong {
      let found = try Certificate.strongOrder(start, process)
      strongOrder = found
      if !(abs(found - strong) < Certificate.tolerance) {
        flaws.append("strong order \(shortNumber(found)), claimed \(formatNumber(strong))")
      }
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
    let stream = RandomStream(seed: 3)
    // W at each time of the fine grid, as increments.
    let increments = try (0..<finest).map {
      try stream.normal([paths, 1], .float64) * (times[$0] - times[$0 + 1]).squareRoot()
    }
    let first = try stream.normal([paths, 1], .float64) * process.sigma(at: times[0])
    func end(_ count: Int) throws -> Tensor {
      let stride = finest / count
      let grid = (0...count).map { times[$0 * stride] }
      let run = SamplingRun(model, times: grid) { step, _, _, _ in
        let index = step - 1
        var dW = increments[index * stride]
        for k in 1..<max(stride, 1) { dW = try dW + increments[index * stride + k] }
        return try dW / (grid[index] - grid[index + 1]).squareRoot()
      }
      let step = try start(run)
      var x = first
      for index in 0..<count {
        let interval = Interval(
          from: grid[index], to: grid[index + 1], index: index, count: count)
        run.begin(interval)
        x = try step(x, interval)
      }
      return x
    }
    let reference = try end(finest)
    let errors = try steps.map { try mean(square(end($0) - reference)).item().squareRoot() }
    return fittedOrder(steps: steps, errors: errors)
  }
}
