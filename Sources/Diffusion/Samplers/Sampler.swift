import Catalog
import Models
import Tensors

/// What a sampler claims of its error as the steps become small; `sample.certify` holds it to that.
package enum Convergence {
  /// The error of a path is of this order in the step.
  case ode(order: Double)
  /// Orders of the error of a path driven by one Brownian motion, where its noise is that of one, and of
  /// the error of the law.
  case sde(strong: Double?, weak: Double)
  /// The error of a path falls with the tolerance.
  case tolerance
  /// No order, for a reason; the variance of a Gaussian may be off by this share.
  case none(String, bias: Double)
  /// The law is exact on Gaussian data, whatever the steps; other data are not for it.
  case exact

  /// Whether a path of one Brownian motion can be followed, or there is no noise.
  var isDriven: Bool {
    switch self {
    case .ode, .tolerance: true
    case .sde(let strong, _): strong != nil
    case .none, .exact: false
    }
  }

  var text: String {
    switch self {
    case .ode(let order): "Order \(formatNumber(order)), without noise."
    case .sde(let strong, let weak):
      (strong.map { "Strong order \(formatNumber($0)), weak" } ?? "Weak")
        + " order \(formatNumber(weak))."
    case .tolerance: "The error follows the tolerance, without noise."
    case .exact: "Exact on Gaussian data, whatever the steps."
    case .none(let reason, _): "Without an order of convergence: \(reason)."
    }
  }
}

/// A sampler with chosen options, and what it claims with them.
package struct CertifiedStart {
  /// The options: `eta = 1`; empty for the defaults.
  package let options: String
  package let convergence: Convergence
  package let start: (SamplingRun) throws -> SamplingStep

  package init(
    _ options: String, _ convergence: Convergence,
    _ start: @escaping (SamplingRun) throws -> SamplingStep
  ) {
    (self.options, self.convergence, self.start) = (options, convergence, start)
  }
}

/// Which times a sampler visits.
package enum TimePlan {
  /// Those of the grid, all rows together.
  case grid
  /// Those of the grid, and others of each row's own in between; the grid is the two ends unless the user
  /// asks for more.
  case ends
  /// None: steps go on until each row has reached a limit.
  case limit
}

/// A sampler as the catalog and the certification see it: how it starts, and what it claims.
///
/// A new one is a file with a `Sampler` and its line in `SampleModule.samplers`.
package struct Sampler {
  package let entry: Entry
  /// With the default options; nil of a sampler without times.
  package let start: ((SamplingRun) throws -> SamplingStep)?
  /// The same at a tolerance, where the sampler has one.
  package let atTolerance: ((Double) -> (SamplingRun) throws -> SamplingStep)?
  package let convergence: Convergence
  /// Other options than the defaults, which are certified too.
  package let variants: [CertifiedStart]
  package let plan: TimePlan

  package var name: String { entry.name }

  /// - Parameters:
  ///   - options: the sampler's own, beside those of the driver; each has a default. `start` receives them in
  ///     order.
  ///   - isDriven: whether one Brownian motion can drive it, where that does not follow from what it claims.
  package init<each A: Argument>(
    _ name: String, _ summary: String, _ options: repeat Parameter<each A>,
    plan: TimePlan = .grid, convergence: Convergence, variants: [CertifiedStart] = [],
    isDriven: Bool? = nil, details: String = "", source: String, example: String? = nil,
    atTolerance: ((Double) -> (SamplingRun) throws -> SamplingStep)? = nil,
    start: @escaping (_ run: SamplingRun, repeat each A) throws -> SamplingStep
  ) {
    let body: (ScoreModel, OptionsOf<SamplingOptions>, repeat each A) throws -> Samples = {
      (model: ScoreModel, shared: OptionsOf<SamplingOptions>, own: repeat each A) in
      guard shared.values.noise == nil || isDriven ?? convergence.isDriven else {
        throw UserError(
          "noise is for samplers that one Brownian motion drives, which \(name) is not: give a seed"
        )
      }
      return try SamplerDriver(model, shared.values, plan).run { run in
        try start(run, repeat each own)
      }
    }
    entry = .function(
      name, summary, Parameter<ScoreModel>.arg("model", "any score: a network or an exact one"),
      Parameter<OptionsOf<SamplingOptions>>.group(SamplingOptions.self), repeat each options,
      returns: Sampler.returns, details: convergence.text + (details.isEmpty ? "" : " " + details),
      source: source, example: example ?? Sampler.example(name), body: body)
    self.start = { run in try start(run, repeat (each options).requiredDefault()) }
    (self.convergence, self.plan, self.atTolerance) = (convergence, plan, atTolerance)
    self.variants = variants
  }

  /// A sampler without times.
  package init<Own: OptionGroup>(
    _ name: String, _ summary: String, _ options: Own.Type, convergence: Convergence,
    source: String, example: String,
    start: @escaping (_ run: SamplingRun, Own) throws -> LimitedMethod
  ) {
    entry = .function(
      name, summary, Parameter<ScoreModel>.arg("model", "a blind denoiser"),
      Parameter<OptionsOf<SamplingOptions>>.group(SamplingOptions.self),
      Parameter<OptionsOf<Own>>.group(Own.self),
      returns:
        "samples, [count] and the shape of a point; with info or record a second result, a table: seed, "
        + "evaluations (calls of the model), steps [count] of each sample, levels [count] of noise where "
        + "it ended, and with record recorded_steps [k], x [k, count, …]",
      details: convergence.text, source: source, example: example
    ) { (model: ScoreModel, shared: OptionsOf<SamplingOptions>, own: OptionsOf<Own>) in
      guard shared.values.noise == nil else {
        throw UserError(
          "noise is for samplers that one Brownian motion drives, which \(name) is not: give a seed"
        )
      }
      return try SamplerDriver(model, shared.values, .limit).run(
        limited: { try start($0, own.values) })
    }
    (self.start, atTolerance) = (nil, nil)
    (self.convergence, plan, variants) = (convergence, .limit, [])
  }

  /// With the defaults, then with the options of its variants.
  package var certified: [CertifiedStart] {
    (start.map { [CertifiedStart("", convergence, $0)] } ?? []) + variants
  }

  /// `ddim`, or `ddim eta = 1`.
  package func title(_ start: CertifiedStart) -> String {
    start.options.isEmpty ? name : "\(name) \(start.options)"
  }

  private static func example(_ name: String) -> String {
    "m = nn.score_mlp{sde = sde.vp(), seed = 1}  return sample.\(name)(m, "
      + "{count = 16, times = schedule.log_snr(m.sde, 20), seed = 1})"
  }

  static let returns =
    "samples, [count] and the shape of a point; with info or record a second result, a table: seed, evaluations (calls "
    + "of the model), times [steps + 1], with steps of each sample's own accepted and rejected "
    + "[count], and with record recorded_times [k], x [k, count, …]"
}
