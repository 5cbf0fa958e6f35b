import Autodiff
import Catalog
import Glibc
import Tensors

/// Variance-preserving diffusion with a linear rate β(t) = β₀ + t (β₁ − β₀) on [0, 1].
///
/// dx = −½ β(t) x dt + √β(t) dW; r(t) = exp(−¼ t² (β₁ − β₀) − ½ t β₀), std² = 1 − r².
/// Song et al. 2021, Appendix C.
package struct VP: StoredProcess {
  package struct Options: OptionGroup {
    package var betaMin = 0.1
    package var betaMax = 20.0

    package init() {}

    package static let options: [Option<Options>] = [
      Option("beta_min", \.betaMin, "rate at t = 0", in: .positive),
      Option("beta_max", \.betaMax, "rate at t = 1", in: .positive),
    ]

    package func check() throws {
      guard betaMin <= betaMax else {
        throw UserError(
          "beta_max must be at least beta_min = \(formatNumber(betaMin)), got \(formatNumber(betaMax))"
        )
      }
    }
  }

  package static let constructor = "vp"
  static let entry = constructorEntry(
    "Variance-preserving diffusion with a linear rate, t from 0 to 1.",
    source: "Song et al. 2021, Appendix C", example: "return sde.vp():mean(0.5)")

  package let options: Options
  package init(_ options: Options = Options()) { self.options = options }

  private var betaMin: Double { options.betaMin }
  private var betaMax: Double { options.betaMax }
  package var times: ClosedRange<Double> { 1e-3...1 }
  package var trainingTimes: ClosedRange<Double> { 1e-5...1 }

  private func beta(_ t: Double) -> Double { betaMin + t * (betaMax - betaMin) }
  private func logMean(_ t: Double) -> Double {
    -0.25 * t * t * (betaMax - betaMin) - 0.5 * t * betaMin
  }

  package func drift(_ t: Double) -> Double { -0.5 * beta(t) }
  package func diffusion(_ t: Double) -> Double { beta(t).squareRoot() }
  package func mean(_ t: Double) -> Double { exp(logMean(t)) }
  package func std(_ t: Double) -> Double { (-expm1(2 * logMean(t))).squareRoot() }

  package func formula(_ quantity: TimeQuantity, _ t: Tensor) throws -> Tensor {
    let beta = try t * (betaMax - betaMin) + betaMin
    let logMean = try square(t) * (-0.25 * (betaMax - betaMin)) - t * (0.5 * betaMin)
    switch quantity {
    case .drift: return try beta * -0.5
    case .diffusion: return try sqrt(beta)
    case .mean: return try Autodiff.exp(logMean)
    case .std: return try sqrt(-Autodiff.expm1(logMean * 2))
    }
  }
}
