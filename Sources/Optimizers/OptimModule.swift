import Catalog
import Tensors

/// The Lua module `optim`: update rules.
public enum OptimModule {
  public static let module = Module(
    "optim", "Update rules for training; the rate may be a function of the step.",
    types: [TypeDescription(Optimizer.self, "an update rule with its learning rate")],
    entries: [SGD.entry, Adam.entry, Optimizer.update])

  package static func sgd(rate: Double, momentum: Double = 0) throws -> Optimizer {
    var options = SGD.Options()
    options.rate = .constant(rate)
    options.momentum = momentum
    return Optimizer(try SGD(options))
  }

  /// With Adam's usual settings.
  package static func adam(rate: Double = 1e-3, weightDecay: Double = 0) -> Optimizer {
    var options = Adam.Options()
    options.rate = .constant(rate)
    options.weightDecay = weightDecay
    return Optimizer(Adam(options))
  }
}
