import Autodiff
import Catalog
import Glibc
import Tensors

/// Variance-exploding diffusion whose time is the noise level: std(t) = t.
///
/// dx = √(2t) dW. The grid is dense at low noise:
/// t_i = (σ_max^{1/ρ} + i/N (σ_min^{1/ρ} − σ_max^{1/ρ}))^ρ, i = 0 … N.
/// Karras et al. 2022, Eq. 5 and Table 1.
package struct EDM: StoredProcess {
  static let entry = Entry.function(
    constructor, "Variance-exploding diffusion whose time is the noise level itself.",
    .option("sigma_min", default: 0.002, "lowest noise level", in: .positive),
    .option("sigma_max", default: 80, "highest noise level", in: .positive),
    .option("rho", default: 7, "how dense the grid is at low noise", in: .positive),
    source: "Karras et al. 2022, Eq. 5, Table 1",
    example: "return sde.edm{sigma_max = 10}:grid(4)"
  ) { (least: Double, most: Double, rho: Double) in
    SDE(try EDM(checking: least, most, rho: rho))
  }

  let sigmaMin: Double
  let sigmaMax: Double
  let rho: Double

  package init(sigmaMin: Double, sigmaMax: Double, rho: Double) {
    self.sigmaMin = sigmaMin
    self.sigmaMax = sigmaMax
    self.rho = rho
  }

  init(checking least: Double, _ most: Double, rho: Double) throws {
    guard least < most else {
      throw UserError(
        "sigma_max must be above sigma_min = \(formatNumber(least)), got \(formatNumber(most))")
    }
    self.init(sigmaMin: least, sigmaMax: most, rho: rho)
  }

  init(restoring options: StoredOptions) throws {
    try self.init(
      checking: options.number("sigma_min", in: .positive),
      options.number("sigma_max", in: .positive), rho: options.number("rho", in: .positive))
  }

  static let constructor = "edm"
  package var settings: [(String, Double)] {
    [("sigma_min", sigmaMin), ("sigma_max", sigmaMax), ("rho", rho)]
  }
  package var times: ClosedRange<Double> { sigmaMin...sigmaMax }

  package func drift(_ t: Double) -> Double { 0 }
  package func diffusion(_ t: Double) -> Double { (2 * t).squareRoot() }
  package func mean(_ t: Double) -> Double { 1 }
  package func std(_ t: Double) -> Double { t }

  package func formula(_ quantity: TimeQuantity, _ t: Tensor) throws -> Tensor {
    switch quantity {
    case .drift: try Tensor.zeros(t.shape, t.dtype)
    case .diffusion: try Autodiff.sqrt(t * 2)
    case .mean: try Tensor.full(t.shape, 1, t.dtype)
    case .std: t
    }
  }

  package func std(_ t: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>, _ n: Int) {
    out.update(from: t, count: n)
  }

  package func grid(steps: Int) -> [Double] {
    let top = pow(sigmaMax, 1 / rho)
    let bottom = pow(sigmaMin, 1 / rho)
    return (0...steps).map { i in
      // Both ends exact, whatever the rounding of the power.
      i == 0
        ? sigmaMax
        : i == steps ? sigmaMin : pow(top + Double(i) / Double(steps) * (bottom - top), rho)
    }
  }
}
