import Catalog
import Glibc

/// η_k = η · factor^(k − 1).
package struct ExponentialDecay: RateFormula {
  package struct Options: OptionGroup {
    package var rate = RateSchedule.constant(1e-3)
    package var factor: Double?
    package init() {}
    package static let options: [Option<Options>] = [
      Option("rate", \.rate, "η: " + RateSchedule.expectation),
      Option(required: "factor", \.factor, "of the rate after each step", in: .within(0.0...1)),
    ]
  }

  package static let constructor = "exponential"
  package static let entry = constructorEntry(
    "A rate that is multiplied by a factor after each step.",
    source: "Kamb and Ganguli 2025, whose factor is 0.999965",
    example: "return rate.exponential{rate = 1e-4, factor = 0.999965}(20000)")

  package let options: Options
  private let factor: Double
  package init(_ options: Options) throws {
    self.options = options
    factor = try options.required(\.factor, "factor")
  }

  package var parts: [RateSchedule] { [options.rate] }

  package func rate(at step: Int) throws -> Double {
    try options.rate.rate(at: step) * pow(factor, Double(step - 1))
  }
}
