import Catalog

/// η_k = min(1, k/K) η(k), with any η.
package struct WarmUp: RateFormula {
  package struct Options: OptionGroup {
    package var rate = RateSchedule.constant(1e-3)
    package var steps: Count?
    package init() {}
    package static let options: [Option<Options>] = [
      Option("rate", \.rate, "η: " + RateSchedule.expectation),
      Option(required: "steps", \.steps, "K, in which it rises", in: .positive),
    ]
  }

  package static let constructor = "warm_up"
  package static let entry = constructorEntry(
    "A rate that rises from 0 in proportion to the step, and then is another.",
    details: """
      The other rate counts from the first step too. Where it should begin after the warm-up: \
      rate.sequence{rates = {rate.warm_up{rate = η, steps = K}, rate.cosine{rate = η, steps = n}}, steps = {K}}.
      """,
    source: "Goyal et al. 2017, section 2.2",
    example: "return rate.warm_up{steps = 500, rate = rate.inverse_sqrt{rate = 0.01}}(100)")

  package let options: Options
  private let steps: Int
  package init(_ options: Options) throws {
    self.options = options
    steps = try options.required(\.steps, "steps").value
  }

  package var parts: [RateSchedule] { [options.rate] }

  package func rate(at step: Int) throws -> Double {
    try options.rate.rate(at: step) * min(1, Double(step) / Double(steps))
  }
}
