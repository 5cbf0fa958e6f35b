import Autodiff
import Catalog
import Tensors

/// How parameters move against a gradient, which passes `transforms` before. A rule is options only; what
/// it remembers between steps is an `OptimizerState`, so that one rule serves many models.
package protocol UpdateRule: Configured {
  static var entry: Entry { get }
  var rate: RateSchedule { get }
  var transforms: TransformOptions { get }
  init(_ options: Options) throws
  func makeState(count: Int) throws -> any OptimizerState
}

extension UpdateRule {
  static func constructorEntry(_ summary: String, source: String, example: String) -> Entry {
    .function(
      constructor, summary, .group(Options.self), returns: "an optimizer", source: source,
      example: example
    ) { (options: OptionsOf<Options>) in Optimizer(try Self(options.values)) }
  }
}

/// The memory of one rule on one model.
package protocol OptimizerState: AnyObject {
  /// All of it, by names that stay: `mean`, `square`.
  var tensors: [(name: String, tensor: Tensor)] { get }
  /// Moves `parameters` by one step at the given learning rate.
  /// - Parameter step: 1 for the first one.
  func update(
    _ parameters: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>, rate: Double,
    step: Int)
}

/// An update rule with its rate, as Lua holds it.
package final class Optimizer: FunctionHolder, HoldsOptions {
  package static var typeName: String { "optimizer" }
  package let rule: any UpdateRule

  package init(_ rule: any UpdateRule) { self.rule = rule }

  package var rate: RateSchedule { rule.rate }

  package var functions: [Callback] { rate.functions }

  package var optionFields: [(key: String, value: Value)] { rule.options.fields }

  package func describe() -> String { "optim.\(rule.call)" }
}
