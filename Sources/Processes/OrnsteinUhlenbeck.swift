import Catalog

/// The Ornstein–Uhlenbeck process dx = −θ x dt + √(2θ) dW, so x_t | x_0 ~ N(e^{−θt} x_0, 1 − e^{−2θt}).
///
/// With θ = 1 it is the forward process of Biroli et al. 2024 (speciation and collapse).
package struct OrnsteinUhlenbeck: StoredProcess {
  package struct Options: OptionGroup {
    package var rate = 1.0
    package var end = 5.0

    package init() {}

    package static let options: [Option<Options>] = [
      Option("rate", \.rate, "θ, how fast the data are forgotten", in: .positive),
      Option("end_time", \.end, "T, where samplers start", in: .aboveTimeMin),
    ]
  }

  package static let constructor = "ou"
  static let entry = constructorEntry(
    "The Ornstein–Uhlenbeck process, whose noise has variance 1 in the end.",
    source: "Uhlenbeck and Ornstein 1930; Biroli et al. 2024",
    example: "return sde.ou{rate = 3}:sigma(1)")

  package let options: Options
  package init(_ options: Options = Options()) { self.options = options }

  package var times: ClosedRange<Double> { 1e-3...options.end }
  package var trainingTimes: ClosedRange<Double> { 1e-5...options.end }

  package func alpha<T: TimeNumber>(_ t: T) throws(T.Failure) -> T {
    try T.exp(t * -options.rate)
  }
  package func alphaSlope<T: TimeNumber>(_ t: T) throws(T.Failure) -> T {
    try alpha(t) * -options.rate
  }
  package func variance<T: TimeNumber>(_ t: T) throws(T.Failure) -> T {
    try -T.expm1(t * (-2 * options.rate))
  }
  package func varianceSlope<T: TimeNumber>(_ t: T) throws(T.Failure) -> T {
    try T.exp(t * (-2 * options.rate)) * (2 * options.rate)
  }
}

extension Domain where Value == Double {
  fileprivate static var aboveTimeMin: Domain {
    Domain("a number above 0.001") { $0 > 1e-3 && $0.isFinite }
  }
}
