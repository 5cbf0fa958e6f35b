import Autodiff
import Catalog
import Glibc
import Runtime
import Tensors

/// Points in the plane at a random angle and at a distance A from 0 that is uniform on a range.
///
/// Under x = r x_0 + s z, with ρ = ‖x‖ and κ = r ρ A/s²,
///   p(x) = ⟨exp(−(ρ − r A)²/2s²) e^(−κ) I_0(κ)⟩_A/(2π s²),
///   E[x_0 | x] = (x/ρ) ⟨A e^(−κ) I_1(κ) …⟩/⟨e^(−κ) I_0(κ) …⟩,
/// by quadrature over A where the first factor counts, right to 1e-9. Gradients do not pass.
struct RoundLaw: Distribution {
  let radius: ClosedRange<Double>

  let name = "round"
  let shape: Shape = [2]
  var summary: String {
    "radius \(shortNumber(radius.lowerBound)) to \(shortNumber(radius.upperBound))"
  }
  var hasLogDensity: Bool { false }
  var hasScore: Bool { false }
  var hasNoised: Bool { true }
  var intrinsicDimension: Int? { radius.lowerBound < radius.upperBound ? 2 : 1 }

  func sample(_ count: Int, _ stream: RandomStream) throws -> Tensor {
    let draws = try stream.uniform(Shape(checking: [count, 2]), .float64)
    let u = draws.pointer(Double.self)
    let result = try Tensor(uninitialized: draws.shape)
    let out = result.pointer(Float.self)
    try Cancellation.inBlocks(count, of: 1 << 12) { rows in
      for row in rows {
        let a =
          radius.lowerBound + u[2 * row] * (radius.upperBound - radius.lowerBound)
        let angle = 2 * Double.pi * u[2 * row + 1]
        out[2 * row] = Float(a * cos(angle))
        out[2 * row + 1] = Float(a * sin(angle))
      }
    }
    return result
  }

  func logDensity(_ x: Tensor) throws -> Tensor { throw missing("density without noise") }
  func score(_ x: Tensor) throws -> Tensor { throw missing("score without noise") }

  func noised(mean r: Double, std s: Double) throws -> any Distribution {
    NoisedLaw(base: self, r: r, s: s)
  }

  private func rows(_ x: Tensor, _ r: Tensor, _ s: Tensor) throws -> RowMoments {
    guard try s.value.allKnown({ $0 > 0 }) else { throw missing("density or score without noise") }
    return try RowMoments(of: self, x, r, s) { { moments(at: $0, $1, $2) } }
  }

  func noisedScore(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    let law = try rows(x, r, s)
    return try Tensor(law.rows { law.pull[$0] / law.s[$0 / 2] }, shape: x.shape)
      .converted(to: x.dtype)
  }

  func posteriorMean(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    try Tensor(rows(x, r, s).place, shape: x.shape).converted(to: x.dtype)
  }

  func noisedLogDensity(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    let law = try rows(x, r, s)
    return try Tensor(zip(law.logMass, law.s).map { $0 - log(2 * Double.pi * $1 * $1) })
      .converted(to: x.dtype)
  }

  func reach() throws -> ClosedRange<Double> { throw missing("line to lie on: it is in the plane") }

  // MARK: Quadrature

  private static let rule = LegendreRule(16)
  private static let panels = 16

  private func moments(at x: SIMD2<Double>, _ r: Double, _ s: Double) -> KernelMoments {
    let (rho, size) = ((x * x).sum().squareRoot(), abs(r))
    let range = span(rho, size, s)
    let panels = range.lowerBound < range.upperBound ? Self.panels : 1
    let width = (range.upperBound - range.lowerBound) / Double(panels)
    let whole = radius.upperBound - radius.lowerBound
    // The largest exponent there is, so that no sum vanishes.
    let nearest = min(
      max(rho / max(size, .leastNormalMagnitude), range.lowerBound), range.upperBound)
    let top = -(rho - size * nearest) * (rho - size * nearest) / (2 * s * s)
    var (mass, place, pull) = (0.0, 0.0, 0.0)
    for panel in 0..<panels {
      let middle = range.lowerBound + (Double(panel) + 0.5) * width
      for (node, weight) in zip(Self.rule.nodes, Self.rule.weights) {
        let a = middle + node * width / 2
        let change = size * a - rho
        let (i0, i1) = Self.bessel(size * rho * a / (s * s))
        let factor =
          exp(-change * change / (2 * s * s) - top) * weight
          * (width > 0 ? width / (2 * whole) : 0.5)
        mass += factor * i0
        place += factor * i1 * a
        pull += factor * (change * i0 - size * a * (i0 - i1))
      }
    }
    let direction = rho > 0 ? x / rho : .zero
    return KernelMoments(
      logMass: log(mass) + top, place: direction * (place / mass * (r < 0 ? -1 : 1)),
      pull: direction * (pull / mass / s))
  }

  /// Distances beyond which nothing counts, to e^(−40).
  private func span(_ rho: Double, _ r: Double, _ s: Double) -> ClosedRange<Double> {
    let (low, high) = (radius.lowerBound, radius.upperBound)
    guard low < high, r > 0 else { return radius }
    let (centre, width) = (rho / r, s / r)
    func reach(_ beyond: Double) -> Double {
      beyond > 0 ? min(9 * width, 40 * width * width / beyond) : 9 * width
    }
    if centre <= low { return low...min(high, low + reach(low - centre)) }
    if centre >= high { return max(low, high - reach(centre - high))...high }
    return max(low, centre - 9 * width)...min(high, centre + 9 * width)
  }

  /// e^(−z) I_0(z) and e^(−z) I_1(z), z ≥ 0: up to 60 the trapezoidal rule for (1/π) ∫ e^(−z (1 − cos θ)) cos(ν θ) dθ, which
  /// is exact up to I_72; beyond the series in 1/z (Abramowitz & Stegun 9.7.1).
  static func bessel(_ z: Double) -> (Double, Double) {
    guard z > 60 else {
      var (i0, i1) = (0.0, 0.0)
      for (cosine, weight) in nodes {
        let value = exp(-z * (1 - cosine)) * weight
        i0 += value
        i1 += value * cosine
      }
      return (i0, i1)
    }
    func series(_ mu: Double) -> Double {
      var (term, sum) = (1.0, 1.0)
      for k in 1...14 {
        let odd = Double(2 * k - 1)
        term *= -(mu - odd * odd) / (8 * z * Double(k))
        sum += term
      }
      return sum / (2 * Double.pi * z).squareRoot()
    }
    return (series(0), series(4))
  }

  /// cos θ and the weight of each node of [0, π] in 36 parts.
  private static let nodes: [(cosine: Double, weight: Double)] = (0...36).map { place in
    let isEnd = place == 0 || place == 36
    let share = isEnd ? 0.5 : 1.0
    return (cos(Double.pi * Double(place) / 36), share / 36)
  }
}
