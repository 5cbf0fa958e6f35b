import Catalog
import Models
import Processes
import Tensors

// What Lua sees of certificates.
extension Certificate {
  static let entries: [Entry] = [
    .function(
      "certify",
      "Measures a sampler on Gaussian data and a mixture, whose laws are known at all times, against its "
        + "claims.",
      .arg(
        "sampler", "one of sample.define, or the name of one here, with options: 'ddim eta = 1'"),
      .option("sde", default: nil, "the diffusion; sde.vp() where absent"),
      returns:
        "{passed, flaws, claimed, weak_order, strong_order, bias (of the variance), evaluations (of the "
        + "model, a step), draws, mixture}",
      details:
        "For variances 2 and 0.25 and 128 to 1024 steps even in log-SNR, where the sampler is linear in its "
        + "state: order of the error of the law, by linear maps without Monte Carlo; order of paths with "
        + "one Brownian motion; error of the variance with the most steps; draws of noise that change "
        + "nothing. On a mixture in one dimension, for all samplers: order of the distance to the exact "
        + "flow without noise, and how it follows a tolerance; orders of paths and of moments with one "
        + "Brownian motion; distance of the distribution function of 4000 samples from the exact one.",
      source: "Kloeden and Platen 1992, Chapter 9 (weak and strong order)",
      example: "return sample.certify(\"heun\").weak_order"
    ) { (which: OneOf<DefinedSampler, String>, sde: SDE?) -> Value in
      let chosen = try certified(which)
      return try Certificate(
        chosen.start.convergence, sde?.process ?? VP(), chosen.start.start, plan: chosen.plan,
        atTolerance: chosen.atTolerance
      ).value
    },
    .function(
      "gaussian_law",
      "The exact variance at which a sampler that is linear in its state ends on N(0, variance) data.",
      .arg(
        "sampler", "one of sample.define, or the name of one here, with options: 'ddim eta = 1'"),
      .option("sde", default: nil, "the diffusion; sde.vp() where absent"),
      .option("variance", default: 1.0, "of the data", in: .positive),
      .option("start", default: nil, "variance of the start; σ² at the first time where absent"),
      .option("times", default: nil, "a decreasing grid of times"),
      .option(
        "steps", default: nil as Count?, "steps on the diffusion's own grid; 500 where absent",
        in: Domain<Count>.positive.orAbsent()),
      .option(
        "final", default: "mean", "the last state without its step's noise, or the state",
        in: .oneOf(["mean", "state"])),
      returns: "{variance, exact (of the noised data at the last time), evaluations, draws}",
      details: "Each draw of noise is a unit in a row of its own, so that there is no Monte Carlo.",
      source: "Särkkä and Solin 2019, Section 6.1 (the moments of a linear recursion)",
      example: "return sample.gaussian_law(\"heun\", {steps = 20}).variance"
    ) {
      (
        which: OneOf<DefinedSampler, String>, sde: SDE?, variance: Double, first: Double?,
        times: OneOf<[Double], Tensor>?, steps: Count?, final: String
      ) -> Value in
      var options = SamplingOptions()
      (options.times, options.steps) = (times, steps)
      let sde = sde ?? SDE(VP())
      let grid = try options.grid(for: sde.process, .grid)
      let model = ScoreModel(GaussianScore(variance: variance), sde)
      let start = try certified(which).start
      if case .tolerance = start.convergence {
        throw UserError("\(start.options) chooses its steps by the state: it is not linear")
      }
      guard try SamplerLaw.isLinear(start.start, model, along: grid) else {
        throw UserError("sampler must be linear in its state on Gaussian data, which this is not")
      }
      let sigma = sde.process.sigma(at: grid[0])
      let law = try SamplerLaw(
        start.start, model, along: grid, from: first ?? sigma * sigma, omitsLast: final == "mean")
      return .named([
        ("variance", .number(law.variance)),
        (
          "exact",
          .number(
            GaussianScore.marginal(sde.process, grid[grid.count - 1], variance: variance))
        ),
        ("evaluations", .integer(law.evaluations)), ("draws", .integer(law.draws)),
      ])
    },
  ]

  /// A sampler of Lua's, or one here by its name and the options that it is certified with.
  private static func certified(_ which: OneOf<DefinedSampler, String>) throws -> (
    start: CertifiedStart, plan: TimePlan,
    atTolerance: ((Double) -> (SamplingRun) throws -> SamplingStep)?
  ) {
    switch which {
    case .first(let sampler):
      return (
        CertifiedStart(sampler.name, sampler.convergence, sampler.start), sampler.plan, nil
      )
    case .second(let name):
      for sampler in SampleModule.samplers {
        if sampler.name == name, sampler.start == nil {
          throw UserError("\(name) follows no process in time, which a certificate is about")
        }
        for start in sampler.certified where sampler.title(start) == name {
          return (start, sampler.plan, start.options.isEmpty ? sampler.atTolerance : nil)
        }
      }
      let known = SampleModule.samplers.flatMap { sampler in sampler.certified.map(sampler.title) }
      throw UserError(unknownName("sampler", name, known: known))
    }
  }
}

extension Certificate {
  package var value: Value {
    let pairs: [(key: String, value: Value)] = [
      ("passed", .boolean(flaws.isEmpty)), ("flaws", .list(flaws.map { .string($0) })),
      ("claimed", .named(claimedPairs.filter(isGiven))),
      ("weak_order", number(weakOrder)), ("strong_order", number(strongOrder)),
      ("bias", number(bias)), ("evaluations", .number(evaluations)), ("draws", .number(draws)),
      ("mixture", .named(mixturePairs.filter(isGiven))),
    ]
    return .named(pairs.filter(isGiven))
  }

  private var claimedPairs: [(key: String, value: Value)] {
    switch convergence {
    case .ode(let order): [("order", .number(order))]
    case .sde(let strong, let weak): [("strong", number(strong)), ("weak", .number(weak))]
    case .tolerance: [("tolerance", .boolean(true))]
    case .none(_, let bias): [("bias", .number(bias))]
    case .exact: [("exact", .boolean(true))]
    }
  }

  private func isGiven(_ pair: (key: String, value: Value)) -> Bool {
    if case .none = pair.value { false } else { true }
  }

  private func number(_ value: Double?) -> Value { value.map { .number($0) } ?? .none }

  private var mixturePairs: [(key: String, value: Value)] {
    [
      ("path_order", number(mixture.pathOrder)), ("strong_order", number(mixture.strongOrder)),
      ("weak_order", number(mixture.weakOrder)),
      ("tolerance_order", number(mixture.toleranceOrder)), ("bias", .number(mixture.bias)),
    ]
  }
}
