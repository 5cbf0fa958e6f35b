import Catalog

/// The Lua module `rate`: learning rates that follow the step.
package enum RateModule {
  package static let module = Module(
    "rate",
    "Learning rates that follow the step: `optim.adam{rate = rate.cosine{rate = 1e-3, steps = 10000}}`. A function is one too.",
    types: [TypeDescription(Rate.self, "a learning rate by the step")],
    entries: formulas.map { $0.entry } + [
      .metamethod(
        Rate.self, "__call", "r(step)", "The rate of a step.", .arg("self"),
        .arg("step", "1 for the first update", in: .positive)
      ) { (rate: Rate, step: Count) in try rate.formula.rate(at: step.value) }
    ])

  /// All formulas, which files hold by name; a new one adds its line here.
  private static let formulas: [any RateFormula.Type] = [
    StepDecay.self,
    ExponentialDecay.self,
    Cosine.self,
    InverseSquareRoot.self,
    WarmUp.self,
    RateSequence.self,
  ]

  /// Beside the options in a file: which formula they are of.
  static let key = "formula"

  /// The rate that a file holds.
  static func rate(restoring pairs: [(key: Value.Key, value: Value)]) throws -> Rate {
    guard case .string(let name)? = pairs.first(where: { $0.key.text == key })?.value,
      let kind = formulas.first(where: { $0.constructor == name })
    else { throw UserError("a rate must have its formula") }
    return Rate(try restored(kind, .map(pairs.filter { $0.key.text != key })))
  }

  private static func restored<Formula: RateFormula>(_ kind: Formula.Type, _ stored: Value) throws
    -> any RateFormula
  {
    try Formula(Formula.Options(restoring: stored, place: key))
  }
}
