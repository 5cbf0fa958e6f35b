import Catalog
import Glibc

/// η_k = η · factor^⌊(k − 1)/every⌋.
package struct StepDecay: RateFormula {
  package struct Options: OptionGroup {
    package var rate = RateSchedule.constant(1e-3)
    package var every: Count?
    package var factor = 0.5
    package init() {}
    package static let options: [Option<Options>] = [
      Option("rate", \.rate, "η: " + RateSchedule.expectation),
      Option(required: "every", \.every, "steps with one factor", in: .positive),
      Option("factor", \.factor, "of the rate after each such many", in: .within(0.0...1)),
    ]
  }

  package static let constructor = "step_decay"
  package static let entry = constructorEntry(
    "A rate that is halved, or multiplied by a factor, every so many steps.",
    source: "Kadkhodaie et al. 2024, Appendix A.1",
    example: "return rate.step_decay{rate = 1e-3, every = 100}(250)")

  package let options: Options
  private let every: Int
  package init(_ options: Options) throws {
    self.options = options
    every = try options.required(\.every, "every").value
  }

  package var parts: [RateSchedule] { [options.rate] }

  package func rate(at step: Int) throws -> Double {
    try options.rate.rate(at: step) * pow(options.factor, Double((step - 1) / every))
  }
}
