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

  var text: String {
    switch self {
    case .ode(let order): "Order \(formatNumber(order)), without noise."
    case .sde(let strong, let weak):
      (strong.map { "Strong order \(formatNumber($0)), weak" } ?? "Weak")
        + " order \(formatNumber(weak))."
    case .tolerance: "The error follows the tolerance, without noise."
    case .none(let reason, _): "Without an order of convergence: \(reason)."
    }
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
  package let plan: TimePlan

  package var name: String { entry.name }

  /// - Parameter options: the sampler's own, beside those of the driver; each has a default. `start`
  ///   receives them in order.
  package init<each A: Argument>(
    _ name: String, _ summary: String, _ options: repeat Parameter<each A>,
    plan: TimePlan = .grid, convergence: Convergence, details: String = "", source: String,
    example: String,
    atTolerance: ((Double) -> (SamplingRun) throws -> SamplingStep)? = nil,
    start: @escaping (_ run: SamplingRun, repeat each A) throws -> SamplingStep
  ) {
    let body: (ScoreModel, OptionsOf<SamplingOptions>, repeat each A) throws -> Samples = {
      (model: ScoreModel, shared: OptionsOf<SamplingOptions>, own: repeat each A) in
      try SamplerDriver(model, shared.values, plan).run { run in try start(run, repeat each own) }
    }
    entry = .function(
      name, summary, Parameter<ScoreModel>.arg("model", "any score: a network or an exact one"),
      Parameter<OptionsOf<SamplingOptions>>.group(SamplingOptions.self), repeat each options,
      returns: Sampler.returns, details: convergence.text + (details.isEmpty ? "" : " " + details),
      source: source, example: example, body: body)
    self.start = { run in try start(run, repeat (each options).requiredDefault()) }
    (self.convergence, self.plan, self.atTolerance) = (convergence, plan, atTolerance)
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
      try SamplerDriver(model, shared.values, .limit).run(limited: { try start($0, own.values) })
    }
    (self.start, atTolerance) = (nil, nil)
    (self.convergence, plan) = (convergence, .limit)
  }

  static let returns =
    "samples, [count] and the shape of a point; with info or record a second result, a table: seed, evaluations (calls "
    + "of the model), times [steps + 1], with steps of each sample's own accepted and rejected "
    + "[count], and with record recorded_times [k], x [k, count, …]"
}
