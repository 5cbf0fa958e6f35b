import Catalog

/// η_k = η/√max(k/k_ref, 1): constant for k_ref steps, then as 1/√k.
package struct InverseSquareRoot: RateFormula {
  package struct Options: OptionGroup {
    package var rate = 1e-2
    package var reference: Count = 70_000
    package init() {}
    package static let options: [Option<Options>] = [
      Option("rate", \.rate, "η, until the step reference", in: .nonNegative),
      Option("reference", \.reference, "k_ref, from which it falls", in: .positive),
    ]
  }

  package static let constructor = "inverse_sqrt"
  package static let entry = constructorEntry(
    "A rate that is constant at first, then falls as one over the root of the step.",
    source: "Karras et al. 2024, Analyzing and improving the training dynamics of diffusion models",
    example: "return rate.inverse_sqrt{rate = 0.01, reference = 100}(400)")

  package let options: Options
  package init(_ options: Options) { self.options = options }

  package func rate(at step: Int) -> Double {
    options.rate / max(Double(step) / Double(options.reference.value), 1).squareRoot()
  }
}
