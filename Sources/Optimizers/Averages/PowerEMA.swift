import Catalog
import Glibc

/// The average whose weights grow as a power of the update, θ̂_k = Σ_j θ_j w_j, w_j ∝ j^γ: β_k = (1 − 1/k)^(γ+1). Its width
/// relative to the run is σ_rel = √(γ+1)/((γ+2) √(γ+3)), and the initial parameters have no share. Karras et al. 2024,
/// section 3.1.
package struct PowerEMA: AverageRule {
  package struct Options: OptionGroup {
    package var std = 0.1

    package init() {}

    package static let options: [Option<Options>] = [
      Option(
        "std", \.std, "σ_rel, the width of the weights in units of the updates made",
        in: .relativeStd)
    ]
  }

  package static let constructor = "power_ema"
  package static let entry = constructorEntry(
    "An average of the parameters whose memory grows with the run.",
    details:
      "The weights of updates are in proportion to a power of their number, so the average is as wide in late training as in early.",
    source: "Karras et al. 2024, section 3.1",
    example: "return optim.power_ema{std = 0.05}")

  package let options: Options
  /// γ.
  let exponent: Double

  package init(_ options: Options) {
    self.options = options
    exponent = Self.exponent(ofStd: options.std)
  }

  package var holdsInitial: Bool { false }

  package func decay(at update: Int, examples: Int) -> Double {
    pow(1 - 1 / Double(update), exponent + 1)
  }

  package func product(through update: Int, examples: Int) -> Double { update > 0 ? 0 : 1 }

  /// σ_rel of γ = 0, the plain mean.
  package static let widest = 1 / 12.0.squareRoot()

  /// γ ≥ 0 of a σ_rel, by bisection: σ_rel falls with γ.
  package static func exponent(ofStd std: Double) -> Double {
    func width(_ gamma: Double) -> Double {
      ((gamma + 1) / (gamma + 3)).squareRoot() / (gamma + 2)
    }
    var (low, high) = (0.0, 1.0)
    while width(high) > std { high *= 2 }
    for _ in 0..<200 {
      let middle = (low + high) / 2
      if width(middle) > std { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }
}

extension Domain where Value == Double {
  /// σ_rel of a power average.
  package static var relativeStd: Domain {
    Domain("a number above 0 and below 1/√12 = 0.2887") { $0 > 0 && $0 < PowerEMA.widest }
  }
}
