import Catalog
import Glibc
import Tensors

/// Variance-exploding diffusion with g(t) = base^t on [0, 1].
///
/// dx = base^t dW, so x_t | x_0 ~ N(x_0, (base^{2t} − 1)/(2 ln base)).
/// The process of Li et al. 2023 §4.1 and of Song's tutorial, base = 25: σ(1) = 9.845.
package struct VEPower: StoredProcess {
  package struct Options: OptionGroup {
    package var base = 25.0

    package init() {}

    package static let options: [Option<Options>] = [
      Option("base", \.base, "growth of the noise over unit time", in: .aboveOne)
    ]
  }

  package static let constructor = "ve_power"
  static let entry = constructorEntry(
    "Variance-exploding diffusion with g(t) = base^t, t from 0 to 1.",
    source: "Li et al. 2023 §4.1; Song et al. 2021",
    example: "return sde.ve_power{base = 25}:sigma(1)")

  package let options: Options
  package init(_ options: Options = Options()) { self.options = options }
  /// Sampling stops at 1e-3, as the tutorial does.
  package var times: ClosedRange<Double> { 1e-3...1 }
  package var trainingTimes: ClosedRange<Double> { 1e-5...1 }

  private var rate: Double { 2 * log(options.base) }

  package func alpha<T: TimeNumber>(_ t: T) throws(T.Failure) -> T { try t.constant(1) }
  package func alphaSlope<T: TimeNumber>(_ t: T) throws(T.Failure) -> T { try t.constant(0) }
  package func variance<T: TimeNumber>(_ t: T) throws(T.Failure) -> T {
    try T.expm1(t * rate) / rate
  }
  package func varianceSlope<T: TimeNumber>(_ t: T) throws(T.Failure) -> T {
    try T.exp(t * rate)
  }

  package func sigma(_ t: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>, _ n: Int) {
    let rate = Float(rate)
    for i in 0..<n { out[i] = t[i] * rate }
    kernels.expm1(out, out, n)
    for i in 0..<n { out[i] = out[i] / rate }
    kernels.sqrt(out, out, n)
  }
}

extension Domain where Value == Double {
  static var aboveOne: Domain { Domain("a number above 1") { $0 > 1 && $0.isFinite } }
}
