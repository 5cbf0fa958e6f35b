import Catalog

/// Variance-preserving diffusion with the cosine schedule, α(t) = cos θ(t)/cos θ(0) with
/// θ = ½π (t + s)/(1 + s), which falls to 0 at t = 1; the drift diverges there.
///
/// Nichol and Dhariwal 2021, Eq. 17, in continuous time. σ² = 1 − α² = sin(θ − θ₀) sin(θ + θ₀)/cos² θ₀
/// without cancellation.
package struct VPCosine: StoredProcess {
  package struct Options: OptionGroup {
    package var offset = 0.008

    package init() {}

    package static let options: [Option<Options>] = [
      Option("offset", \.offset, "s, keeps the first steps from being too small", in: .positive)
    ]
  }

  package static let constructor = "vp_cosine"
  static let entry = constructorEntry(
    "Variance-preserving diffusion with the cosine schedule, t from 0 to 1.",
    source: "Nichol and Dhariwal 2021, Eq. 17", example: "return sde.vp_cosine():alpha(0.5)")

  package let options: Options
  package init(_ options: Options = Options()) { self.options = options }

  package var domain: ClosedRange<Double> { 0...1 }
  package var times: ClosedRange<Double> { 1e-3...0.999 }
  package var trainingTimes: ClosedRange<Double> { 1e-5...0.999 }

  private var speed: Double { Double.pi / 2 / (1 + options.offset) }
  private var start: Double { speed * options.offset }
  private func angle<T: TimeNumber>(_ t: T) throws(T.Failure) -> T { try t * speed + start }

  /// cos θ is sin(½π − θ), and ½π − θ = speed (1 − t) keeps its digits at the end.
  package func alpha<T: TimeNumber>(_ t: T) throws(T.Failure) -> T {
    try T.sin((1 - t) * speed) / Double.cos(start)
  }
  package func alphaSlope<T: TimeNumber>(_ t: T) throws(T.Failure) -> T {
    try T.cos((1 - t) * speed) * (-speed / Double.cos(start))
  }
  package func variance<T: TimeNumber>(_ t: T) throws(T.Failure) -> T {
    try T.sin(t * speed) * T.sin(angle(t) + start) / Double.square(Double.cos(start))
  }
  package func varianceSlope<T: TimeNumber>(_ t: T) throws(T.Failure) -> T {
    try alpha(t) * alphaSlope(t) * -2
  }
}
