import Autodiff
import Catalog
import Models
import Tensors

/// A sampler of the user's own, from a start in Lua that returns its step. What the step remembers are
/// locals of the start.
package final class DefinedSampler: FunctionHolder, Callable {
  package static var typeName: String { "sampler" }

  package struct Options: OptionGroup {
    package var name: String?
    package var start: Callback?
    package var order: Double?
    package var strongOrder: Double?
    package var weakOrder: Double?
    package var errorOrder: Double?

    package init() {}

    package static let options: [Option<Options>] = [
      Option(required: "name", \.name, "how it is printed and named in errors"),
      Option(
        required: "start", \.start,
        "start(run) returns step(x, t, u), which returns the state at the lower time u"),
      Option("order", \.order, "claimed order, of a sampler that draws no noise", in: .positive),
      Option(
        "strong_order", \.strongOrder, "claimed, of paths with one Brownian motion",
        in: .positive),
      Option(
        "weak_order", \.weakOrder, "claimed, of the law of a sampler with noise",
        in: .positive),
      Option(
        "error_order", \.errorOrder,
        "of the error that step returns as its second result, [n] in units of the tolerance: then t and u "
          + "are [n], and each sample chooses its own steps", in: .positive),
    ]

    package func check() throws {
      guard order == nil || (strongOrder == nil && weakOrder == nil) else {
        throw UserError("give order, or weak_order with or without strong_order, not both")
      }
      guard strongOrder == nil || weakOrder != nil else {
        throw UserError("strong_order needs weak_order")
      }
      guard errorOrder == nil || (order == nil && weakOrder == nil) else {
        throw UserError("error_order stands alone: the error follows the tolerance")
      }
    }

    var convergence: Convergence {
      if let order { return .ode(order: order) }
      if errorOrder != nil { return .tolerance }
      if let weakOrder { return .sde(strong: strongOrder, weak: weakOrder) }
      return .none("none is claimed", bias: 0.05)
    }
  }

  package let name: String
  package let convergence: Convergence
  private let startFunction: Callback
  private let errorOrder: Double?
  var plan: TimePlan { errorOrder == nil ? .grid : .ends }
  package var functions: [Callback] { [startFunction] }

  init(_ options: Options) throws {
    name = try options.required(\.name, "name")
    startFunction = try options.required(\.start, "start")
    (convergence, errorOrder) = (options.convergence, options.errorOrder)
  }

  package func describe() -> String { "sampler(\(name))" }

  package func start(_ run: SamplingRun) throws -> SamplingStep {
    let step = try startFunction.call(run, returning: Callback.self, name: "start")
    if let errorOrder {
      let stepper = RowStepper(run, StepControl(errorOrder: errorOrder), trial(step))
      return { x, interval in try stepper(x, interval) }
    }
    return { [name] x, interval in
      let moved = try step.call(
        x, interval.t, interval.u, returning: Tensor.self, name: "step")
      return try DefinedSampler.state(moved, like: x, name)
    }
  }

  /// A step of rows apart, which Lua returns with its error.
  private func trial(_ step: Callback) -> TrialStep {
    { [name] x, rows, _ in
      let results = try step.callForAll(
        [.object(x), .object(try Tensor(rows.t)), .object(try Tensor(rows.u))], name: "step")
      guard results.count >= 2, case .object(let next) = results[0], let next = next as? Tensor,
        case .object(let error) = results[1], let error = error as? Tensor,
        error.shape == [rows.t.count]
      else {
        throw UserError(
          "step of \(name) must return a state and its errors, a tensor [n] with n = "
            + "\(rows.t.count), got "
            + results.map { $0.describe() }.joined(separator: " and "))
      }
      try ScoreModel.requireConstant(next)
      return Trial(
        try DefinedSampler.state(next, like: x, name).value, error: try error.value.doubles())
    }
  }

  /// What a step returned, checked and of the type of the state.
  private static func state(_ moved: Tensor, like x: Tensor, _ name: String) throws -> Tensor {
    guard moved.shape == x.shape else {
      throw UserError(
        "step of \(name) must return a tensor of shape \(x.shape), as x, got \(moved.shape)")
    }
    return moved.dtype == x.dtype ? moved : try convert(moved, to: x.dtype)
  }

  static let entries: [Entry] = [
    .function(
      "define", "A sampler of your own, from a start that returns a step.", .group(Options.self),
      returns: "a sampler s, called as s(model, {…}) with the options that all samplers share",
      details: "start gets a run, with run:score(x, t), run:denoise(x, t), run:noise(x, t), "
        + "run:velocity(x, t), run:normal(x), run.sde and run.times; it runs once for each block of "
        + "at most 4096 samples.",
      example: """
        euler = sample.define{name = "euler", order = 1, start = function(run)
          return function(x, t, u) return x + (u - t) * run:velocity(x, t) end
        end}
        return euler(nn.score_mlp{sde = sde.vp(), seed = 1}, {count = 4, steps = 10, seed = 1})
        """
    ) { (options: OptionsOf<Options>) in try DefinedSampler(options.values) },
    .metamethod(
      DefinedSampler.self, "__call", "s(model, {…})", "Samples of a model.", .arg("self"),
      .arg("model"), .group(SamplingOptions.self)
    ) { (sampler: DefinedSampler, model: ScoreModel, options: OptionsOf<SamplingOptions>) in
      try SamplerDriver(model, options.values, sampler.plan).run(sampler.start)
    },
  ]
}
