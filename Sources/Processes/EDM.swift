import Catalog

/// Variance-exploding diffusion whose time is the noise level: σ(t) = t.
///
/// dx = √(2t) dW. The grid is dense at low noise:
/// t_i = (σ_max^{1/ρ} + i/N (σ_min^{1/ρ} − σ_max^{1/ρ}))^ρ, i = 0 … N.
/// Karras et al. 2022, Eq. 5 and Table 1.
package struct EDM: StoredProcess {
  package struct Options: OptionGroup {
    package var sigmaMin = 0.002
    package var sigmaMax = 80.0
    package var rho = 7.0

    package init() {}

    package static let options: [Option<Options>] = [
      Option("sigma_min", \.sigmaMin, "lowest noise level", in: .positive),
      Option("sigma_max", \.sigmaMax, "highest noise level", in: .positive),
      Option("rho", \.rho, "how dense the grid is at low noise", in: .positive),
    ]

    package func check() throws { try checkLevels(sigmaMin, sigmaMax) }
  }

  package static let constructor = "edm"
  static let entry = constructorEntry(
    "Variance-exploding diffusion whose time is the noise level itself.",
    source: "Karras et al. 2022, Eq. 5, Table 1", example: "return sde.edm{sigma_max = 10}:grid(4)")

  package let options: Options
  package init(_ options: Options = Options()) { self.options = options }

  private var sigmaMin: Double { options.sigmaMin }
  private var sigmaMax: Double { options.sigmaMax }
  private var rho: Double { options.rho }
  package var times: ClosedRange<Double> { sigmaMin...sigmaMax }

  package func alpha<T: TimeNumber>(_ t: T) throws(T.Failure) -> T { try t.constant(1) }
  package func alphaSlope<T: TimeNumber>(_ t: T) throws(T.Failure) -> T { try t.constant(0) }
  package func variance<T: TimeNumber>(_ t: T) throws(T.Failure) -> T { try T.square(t) }
  package func varianceSlope<T: TimeNumber>(_ t: T) throws(T.Failure) -> T { try t * 2 }
  package func sigma<T: TimeNumber>(_ t: T) throws(T.Failure) -> T { t }

  package func sigma(_ t: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>, _ n: Int) {
    out.update(from: t, count: n)
  }

  package func grid(steps: Int) throws -> [Double] {
    try TimeGrid.powerSpaced(sigmaMax, sigmaMin, steps: steps, rho: rho)
  }
}

/// Throws where the lowest noise level is not below the highest.
func checkLevels(_ least: Double, _ most: Double) throws {
  guard least < most else {
    throw UserError(
      "sigma_max must be above sigma_min = \(formatNumber(least)), got \(formatNumber(most))")
  }
}
