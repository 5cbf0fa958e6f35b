import Autodiff
import Catalog
import Glibc
import Tensors

/// Variance-exploding diffusion with g(t) = base^t on [0, 1].
///
/// dx = base^t dW, so x_t | x_0 ~ N(x_0, (base^{2t} − 1)/(2 ln base)).
/// The process of Li et al. 2023 §4.1 and of Song's tutorial, base = 25: std(1) = 9.845.
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
    example: "return sde.ve_power{base = 25}:std(1)")

  package let options: Options
  package init(_ options: Options = Options()) { self.options = options }

  private var base: Double { options.base }
  /// Sampling stops at 1e-3, as the tutorial does.
  package var times: ClosedRange<Double> { 1e-3...1 }
  package var trainingTimes: ClosedRange<Double> { 1e-5...1 }

  package func drift(_ t: Double) -> Double { 0 }
  package func diffusion(_ t: Double) -> Double { pow(base, t) }
  package func mean(_ t: Double) -> Double { 1 }
  package func std(_ t: Double) -> Double {
    (expm1(2 * t * log(base)) / (2 * log(base))).squareRoot()
  }

  package func formula(_ quantity: TimeQuantity, _ t: Tensor) throws -> Tensor {
    let rate = 2 * Glibc.log(base)
    switch quantity {
    case .drift: return try Tensor.zeros(t.shape, t.dtype)
    case .diffusion: return try Autodiff.exp(t * (rate / 2))
    case .mean: return try Tensor.full(t.shape, 1, t.dtype)
    case .std: return try Autodiff.sqrt(Autodiff.expm1(t * rate) / rate)
    }
  }

  package func std(_ t: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>, _ n: Int) {
    let rate = Float(2 * log(base))
    for i in 0..<n { out[i] = t[i] * rate }
    kernels.expm1(out, out, n)
    for i in 0..<n { out[i] = out[i] / rate }
    kernels.sqrt(out, out, n)
  }
}

extension Domain where Value == Double {
  static var aboveOne: Domain { Domain("a number above 1") { $0 > 1 && $0.isFinite } }
}
