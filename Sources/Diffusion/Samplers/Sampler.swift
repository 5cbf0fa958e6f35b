import Catalog
import Models
import Tensors

/// A sampler as the catalog and the tests over all samplers see it: how it starts, and what it claims.
///
/// A new one is a file with a `Sampler` and its line in `SampleModule.samplers`.
package struct Sampler {
  /// How the error falls with the step size.
  package enum Order {
    /// A deterministic path: exponent of the step size in its error.
    case ode(Double)
    /// A stochastic one: exponents in the error of a path and in the error of the law.
    case sde(strong: Double, weak: Double)

    var text: String {
      switch self {
      case .ode(let order): "Deterministic, order \(formatNumber(order))."
      case .sde(let strong, let weak):
        "Strong order \(formatNumber(strong)), weak order \(formatNumber(weak))."
      }
    }
  }

  package let entry: Entry
  package let order: Order
  private let begin: () throws -> SamplerStep

  package var name: String { entry.name }

  /// The step with the default options, with a memory of its own.
  package func start() throws -> SamplerStep { try begin() }

  /// - Parameters:
  ///   - options: the sampler's own, beside those of the driver; each has a default. `start` receives
  ///     them in order.
  ///   - start: gives the step for one block of rows; what the step remembers from one call to the next
  ///     it captures.
  package init<each A: Argument>(
    _ name: String, _ summary: String, _ options: repeat Parameter<each A>, order: Order,
    details: String = "", source: String, example: String,
    start: @escaping (repeat each A) throws -> SamplerStep
  ) {
    let body: (ScoreModel, OptionsOf<SamplingOptions>, repeat each A) throws -> Samples = {
      (model: ScoreModel, shared: OptionsOf<SamplingOptions>, own: repeat each A) in
      try SamplerDriver(model, shared.values).run { try start(repeat each own) }
    }
    entry = .function(
      name, summary, Parameter<ScoreModel>.arg("model", "any score: a network or an exact one"),
      Parameter<OptionsOf<SamplingOptions>>.group(SamplingOptions.self), repeat each options,
      returns: "samples, shape [count, d]; with info or record a second result, a table: seed, "
        + "evaluations, times [steps + 1], and with record recorded_times [k], x [k, count, d]",
      details: ([order.text] + (details.isEmpty ? [] : [details])).joined(separator: " "),
      source: source, example: example, body: body)
    begin = { try start(repeat (each options).requiredDefault()) }
    self.order = order
  }
}
