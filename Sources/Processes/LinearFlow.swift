import Catalog

/// The straight path from data to noise, x_t = (1 − t) x_0 + t z on [0, 1], of flow matching and rectified
/// flow. As a diffusion it has f = −1/(1 − t) and g² = 2t/(1 − t), which diverge at t = 1.
///
/// Lipman et al. 2023, Example II with σ_min = 0; Liu et al. 2023.
package struct LinearFlow: StoredProcess {
  package struct Options: OptionGroup {

    package init() {}

    package static let options: [Option<Options>] = []
  }

  package static let constructor = "linear_flow"
  static let entry = constructorEntry(
    "The straight path (1 − t) x_0 + t z from data to noise, t from 0 to 1.",
    source: "Lipman et al. 2023, Example II; Liu et al. 2023",
    example: "return sde.linear_flow():log_snr(0.5)")

  package let options: Options
  package init(_ options: Options = Options()) { self.options = options }

  package var domain: ClosedRange<Double> { 0...1 }
  package var times: ClosedRange<Double> { 1e-3...0.999 }
  package var trainingTimes: ClosedRange<Double> { 1e-5...0.999 }

  package func alpha<T: TimeNumber>(_ t: T) throws(T.Failure) -> T { try 1 - t }
  package func alphaSlope<T: TimeNumber>(_ t: T) throws(T.Failure) -> T { try t.constant(-1) }
  package func variance<T: TimeNumber>(_ t: T) throws(T.Failure) -> T { try T.square(t) }
  package func varianceSlope<T: TimeNumber>(_ t: T) throws(T.Failure) -> T { try t * 2 }
  package func sigma<T: TimeNumber>(_ t: T) throws(T.Failure) -> T { t }
}
