import Catalog
import Models
import Tensors

/// A sampler as the catalog and the tests over all samplers see it: its step, and what it claims.
///
/// A new one is a file with a `Sampler` and its line in `SampleModule.samplers`.
package struct Sampler {
  package let entry: Entry
  /// The step with the default options.
  package let step: SamplerStep
  /// Exponents of the step size in the error of a path and in the error of the law.
  package let strongOrder: Double
  package let weakOrder: Double

  package var name: String { entry.name }

  /// - Parameter options: the sampler's own, beside those of the driver; each has a default. `step`
  ///   receives them in order.
  package init<each A: Argument>(
    _ name: String, _ summary: String, _ options: repeat Parameter<each A>,
    strongOrder: Double, weakOrder: Double, source: String, example: String,
    step:
      @escaping (
        _ x: Tensor, _ t: Double, _ u: Double, _ model: ScoreModel, _ noise: NoiseStream,
        repeat each A
      ) throws -> Tensor
  ) {
    let body: (ScoreModel, OptionsOf<SamplingOptions>, repeat each A) throws -> Samples = {
      (model: ScoreModel, shared: OptionsOf<SamplingOptions>, own: repeat each A) in
      try SamplerDriver(model, shared.values).run { x, t, u, model, noise in
        try step(x, t, u, model, noise, repeat each own)
      }
    }
    entry = .function(
      name, summary, Parameter<ScoreModel>.arg("model", "any score: a network or an exact one"),
      Parameter<OptionsOf<SamplingOptions>>.group(SamplingOptions.self), repeat each options,
      returns: "samples, shape [count, d]; the seed; with record, {times = [k], x = [k, count, d]}",
      details: "Strong order \(formatNumber(strongOrder)), weak order \(formatNumber(weakOrder)).",
      source: source, example: example, body: body)
    self.step = { x, t, u, model, noise in
      try step(x, t, u, model, noise, repeat (each options).requiredDefault())
    }
    self.strongOrder = strongOrder
    self.weakOrder = weakOrder
  }
}
