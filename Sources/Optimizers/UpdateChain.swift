import Catalog
import Tensors

/// What an optimizer remembers of one model: the links that a gradient passes and the memory of the update
/// rule behind them, in tensors with names.
package final class UpdateChain {
  private let links: [any GradientTransform]
  private let rule: any OptimizerState
  private let accumulated: Int

  init(_ options: TransformOptions, rule: any UpdateRule, count: Int) throws {
    links = try options.makeTransforms(count: count)
    accumulated = options.accumulate.value
    self.rule = try rule.makeState(count: count)
  }

  package var tensors: [(name: String, tensor: Tensor)] {
    links.flatMap { $0.tensors } + rule.tensors
  }

  /// Updates of the parameters that so many gradients make.
  package func updates(after gradients: Int) -> Int {
    accumulated == 1 ? gradients : gradients / accumulated
  }

  /// Takes one gradient, which may be changed, and moves the parameters unless it is kept back.
  /// - Parameter step: the number of the gradient, 1 for the first.
  /// - Returns: whether the parameters moved.
  package func update(
    _ parameters: UnsafeMutablePointer<Float>, gradient: UnsafeMutablePointer<Float>, rate: Double,
    step: Int
  ) -> Bool {
    for link in links where !link.apply(gradient, step: step) { return false }
    rule.update(parameters, gradient: gradient, rate: rate, step: updates(after: step))
    return true
  }
}

extension Optimizer {
  package func makeChain(count: Int) throws -> UpdateChain {
    try UpdateChain(rule.transforms, rule: rule, count: count)
  }
}
