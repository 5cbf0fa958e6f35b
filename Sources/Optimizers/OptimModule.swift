import Catalog
import Tensors

/// The Lua module `optim`: update rules.
package enum OptimModule {
  package static let module = Module(
    "optim", "Update rules for training; the rate may be a function of the step.",
    types: [
      TypeDescription(Optimizer.self, "an update rule with its learning rate"),
      TypeDescription(Average.self, "a running average of parameters"),
      TypeDescription(PosthocEMA.self, "averages that are kept for others after the run"),
    ],
    entries: rules.map { $0.entry } + averages.map { $0.entry } + PosthocEMA.entries
      + [Optimizer.update])

  /// All rules, which files hold by name; a new one adds its line here.
  private static let rules: [any UpdateRule.Type] = [
    SGD.self,
    Adam.self,
    AdamW.self,
  ]

  /// All averages, likewise.
  static let averages: [any AverageRule.Type] = [
    EMA.self,
    PowerEMA.self,
  ]

  /// The optimizer that a file holds.
  ///
  /// - Parameter place: the file and the field, for errors.
  package static func optimizer(
    _ name: String, restoring stored: Value, place: String
  ) throws -> Optimizer {
    guard let kind = rules.first(where: { $0.constructor == name }) else {
      throw UserError("\(place): \(unknownName("rule", name, known: rules.map { $0.constructor }))")
    }
    return Optimizer(try restored(kind, stored, place: place))
  }

  private static func restored<Rule: UpdateRule>(
    _ kind: Rule.Type, _ stored: Value, place: String
  ) throws -> any UpdateRule {
    try Rule(Rule.Options(restoring: stored, place: place))
  }

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
