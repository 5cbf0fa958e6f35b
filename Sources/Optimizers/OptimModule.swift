import Catalog
import Tensors

/// The Lua module `optim`: update rules.
public enum OptimModule {
  public static let module = Module(
    "optim", "Update rules for training; the rate may be a function of the step.",
    types: [TypeDescription(Optimizer.self, "an update rule with its learning rate")],
    entries: [SGD.entry, Adam.entry])

  public static func sgd(rate: Double, momentum: Double = 0) -> Optimizer {
    Optimizer(SGD(momentum: momentum), rate: .constant(rate))
  }

  /// With Adam's usual settings.
  public static func adam(rate: Double = 1e-3, weightDecay: Double = 0) -> Optimizer {
    Optimizer(
      Adam(beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: weightDecay),
      rate: .constant(rate))
  }
}
