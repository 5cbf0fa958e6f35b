import Catalog
import Glibc

/// η_k = η_final + (η − η_final)(1 + cos(π min(k − 1, K)/K))/2: the first step has η, those behind step K have η_final.
package struct Cosine: RateFormula {
  package struct Options: OptionGroup {
    package var rate = 1e-3
    package var steps: Count?
    package var end = 0.0
    package init() {}
    package static let options: [Option<Options>] = [
      Option("rate", \.rate, "η, where it begins", in: .nonNegative),
      Option(required: "steps", \.steps, "K, in which it falls", in: .positive),
      Option("final", \.end, "η_final, where it stays", in: .nonNegative),
    ]
  }

  package static let constructor = "cosine"
  package static let entry = constructorEntry(
    "A rate that falls along half a cosine.", source: "Loshchilov and Hutter 2017, Eq. 5",
    example: "return rate.cosine{rate = 1e-3, steps = 1000}(501)")

  package let options: Options
  private let steps: Int
  package init(_ options: Options) throws {
    self.options = options
    steps = try options.required(\.steps, "steps").value
  }

  package func rate(at step: Int) -> Double {
    let share = Double(min(step - 1, steps)) / Double(steps)
    return options.end + (options.rate - options.end) * (1 + cos(Double.pi * share)) / 2
  }
}
