import Catalog

/// Sub-variance-preserving diffusion with a linear rate: α as in `VP`, σ = 1 − α², so the noise has less
/// variance than `VP` has at every time.
///
/// Song et al. 2021, Eq. 29 and Appendix C.
package struct SubVP: StoredProcess {
  package typealias Options = VP.Options

  package static let constructor = "sub_vp"
  static let entry = constructorEntry(
    "Sub-variance-preserving diffusion with a linear rate, t from 0 to 1.",
    source: "Song et al. 2021, Eq. 29", example: "return sde.sub_vp():sigma(0.5)")

  package let options: Options
  package init(_ options: Options = Options()) { self.options = options }

  package var times: ClosedRange<Double> { 1e-3...1 }
  package var trainingTimes: ClosedRange<Double> { 1e-5...1 }

  private var rates: LinearRate { LinearRate(options) }

  package func alpha<T: TimeNumber>(_ t: T) throws(T.Failure) -> T { try rates.alpha(t) }
  package func alphaSlope<T: TimeNumber>(_ t: T) throws(T.Failure) -> T { try rates.alphaSlope(t) }
  package func sigma<T: TimeNumber>(_ t: T) throws(T.Failure) -> T {
    try -T.expm1(rates.logAlpha(t) * 2)
  }
  package func variance<T: TimeNumber>(_ t: T) throws(T.Failure) -> T { try T.square(sigma(t)) }
  package func varianceSlope<T: TimeNumber>(_ t: T) throws(T.Failure) -> T {
    try sigma(t) * rates.beta(t) * T.square(alpha(t)) * 2
  }
}
