import Catalog

/// Variance-exploding diffusion whose noise level grows geometrically, σ(t) = σ_min (σ_max/σ_min)^t on
/// [0, 1]. It starts from σ_min, not from 0.
///
/// Song et al. 2021, Eq. 30.
package struct VE: StoredProcess {
  package struct Options: OptionGroup {
    package var sigmaMin = 0.01
    package var sigmaMax = 50.0

    package init() {}

    package static let options: [Option<Options>] = [
      Option("sigma_min", \.sigmaMin, "noise level at t = 0", in: .positive),
      Option("sigma_max", \.sigmaMax, "noise level at t = 1", in: .positive),
    ]

    package func check() throws { try checkLevels(sigmaMin, sigmaMax) }
  }

  package static let constructor = "ve"
  static let entry = constructorEntry(
    "Variance-exploding diffusion with a geometric noise level, t from 0 to 1.",
    source: "Song et al. 2021, Eq. 30", example: "return sde.ve{sigma_max = 10}:sigma(0.5)")

  package let options: Options
  package init(_ options: Options = Options()) { self.options = options }

  package var times: ClosedRange<Double> { 0...1 }

  private var rate: Double { Double.log(options.sigmaMax / options.sigmaMin) }

  package func alpha<T: TimeNumber>(_ t: T) throws(T.Failure) -> T { try t.constant(1) }
  package func alphaSlope<T: TimeNumber>(_ t: T) throws(T.Failure) -> T { try t.constant(0) }
  package func sigma<T: TimeNumber>(_ t: T) throws(T.Failure) -> T {
    try T.exp(t * rate) * options.sigmaMin
  }
  package func variance<T: TimeNumber>(_ t: T) throws(T.Failure) -> T { try T.square(sigma(t)) }
  package func varianceSlope<T: TimeNumber>(_ t: T) throws(T.Failure) -> T {
    try variance(t) * (2 * rate)
  }
}
