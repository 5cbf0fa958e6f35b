import Catalog

/// One rate after the other, each counting from its own first step.
package struct RateSequence: RateFormula {
  package struct Options: OptionGroup {
    package var rates: [RateSchedule] = []
    package var steps: [Count] = []
    package init() {}
    package static let options: [Option<Options>] = [
      Option("rates", \.rates, "a list of rates, each " + RateSchedule.expectation),
      Option("steps", \.steps, "how many steps each but the last has"),
    ]

    package func check() throws {
      guard rates.count == steps.count + 1 else {
        throw UserError(
          "steps must be one less than the rates, got \(steps.count) beside \(rates.count) rates")
      }
      if let wrong = steps.first(where: { $0 < 1 }) {
        throw UserError("steps must be positive integers, got \(wrong)")
      }
    }
  }

  package static let constructor = "sequence"
  package static let entry = constructorEntry(
    "One rate after the other.", source: "",
    example: """
      r = rate.sequence{rates = {rate.warm_up{rate = 1e-3, steps = 100}, rate.cosine{rate = 1e-3, steps = 900}}, steps = {100}}
      return r(50), r(100), r(550)
      """)

  package let options: Options
  package init(_ options: Options) { self.options = options }

  package var parts: [RateSchedule] { options.rates }

  package func rate(at step: Int) throws -> Double {
    var (place, own) = (0, step)
    while place < options.steps.count, own > options.steps[place].value {
      own -= options.steps[place].value
      place += 1
    }
    return try options.rates[place].rate(at: own)
  }
}
