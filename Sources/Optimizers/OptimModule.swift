import Catalog
import Tensors

/// The Lua module `optim`: update rules.
public enum OptimModule {
  public static let module = Module(
    "optim", "Update rules for training; the rate may be a function of the step.",
    types: [TypeDescription(Optimizer.self, "an update rule with its learning rate")],
    entries: [SGD.entry, Adam.entry])

  /// What `train` uses where no optimiser is named.
  public static var standard: Optimizer {
    Optimizer(
      Adam(beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0), rate: .constant(1e-3))
  }
}
