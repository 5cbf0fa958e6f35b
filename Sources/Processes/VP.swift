import Catalog

/// Variance-preserving diffusion with a linear rate β(t) = β₀ + t (β₁ − β₀) on [0, 1].
///
/// dx = −½ β(t) x dt + √β(t) dW; α = exp(−¼ t² (β₁ − β₀) − ½ t β₀), σ² = 1 − α².
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
    source: "Song et al. 2021, Appendix C", example: "return sde.vp():alpha(0.5)")

  package let options: Options
  package init(_ options: Options = Options()) { self.options = options }

  package var times: ClosedRange<Double> { 1e-3...1 }
  package var trainingTimes: ClosedRange<Double> { 1e-5...1 }

  private var rates: LinearRate { LinearRate(options) }

  package func alpha<T: TimeNumber>(_ t: T) throws(T.Failure) -> T { try rates.alpha(t) }
  package func alphaSlope<T: TimeNumber>(_ t: T) throws(T.Failure) -> T { try rates.alphaSlope(t) }
  package func variance<T: TimeNumber>(_ t: T) throws(T.Failure) -> T {
    try -T.expm1(rates.logAlpha(t) * 2)
  }
  package func varianceSlope<T: TimeNumber>(_ t: T) throws(T.Failure) -> T {
    try rates.beta(t) * T.square(alpha(t))
  }
}

/// β(t) = β₀ + t (β₁ − β₀), and α of x when dx = −½ β(t) x dt: ln α = −¼ t² (β₁ − β₀) − ½ t β₀.
struct LinearRate {
  private let first: Double
  private let last: Double

  init(_ options: VP.Options) { (first, last) = (options.betaMin, options.betaMax) }

  func beta<T: TimeNumber>(_ t: T) throws(T.Failure) -> T { try t * (last - first) + first }
  func logAlpha<T: TimeNumber>(_ t: T) throws(T.Failure) -> T {
    try T.square(t) * (-0.25 * (last - first)) - t * (0.5 * first)
  }
  func alpha<T: TimeNumber>(_ t: T) throws(T.Failure) -> T { try T.exp(logAlpha(t)) }
  func alphaSlope<T: TimeNumber>(_ t: T) throws(T.Failure) -> T { try beta(t) * alpha(t) * -0.5 }
}
