import Autodiff
import Catalog
import Glibc
import Runtime
import Tensors

/// Points on curves in the plane, moved by normal noise: x_0 = c(U) + σ z.
///
/// Under x = r x_0 + s z it is ∫ f(u) N(x; r c(u), v I) du with v = r² σ² + s², so that
///   ∇ ln p(x) = ⟨r c − x⟩/v,  E[x_0 | x] = (s² ⟨c⟩ + r σ² x)/v,
/// where ⟨…⟩ is the mean along the curve with weights f(u) exp(−‖r c(u) − x‖²/2v) (`CurveMoments`), right to
/// rounding. With σ = 0 the points lie on the curve and there is no density without noise.
struct CurveDistribution: Distribution {
  let name: String
  private let arcs: [Arc]
  /// x_0 = factor · c(U) + std z.
  private let factor: Double
  private let std: Double

  init(_ arcs: [Arc], name: String, factor: Double = 1, std: Double) {
    (self.arcs, self.name, self.factor, self.std) = (arcs, name, factor, std)
  }

  let shape: Shape = [2]
  var summary: String {
    let count = "\(arcs.count) curve\(arcs.count == 1 ? "" : "s")"
    return std > 0 ? "\(count), std \(shortNumber(std))" : count
  }
  var hasLogDensity: Bool { std > 0 }
  var hasScore: Bool { std > 0 }
  var hasNoised: Bool { true }
  var intrinsicDimension: Int? { std > 0 ? 2 : 1 }

  func sample(_ count: Int, _ stream: RandomStream) throws -> Tensor {
    let draws = try stream.uniform(Shape(checking: [count, 2]), .float64).doubles()
    let noise = try stream.normal(Shape(checking: [count, 2]), .float32)
    let z = noise.pointer(Float.self)
    let places = DrawnPlaces(arcs.map(\.weight))
    for row in 0..<count {
      if row & 0xFFF == 0 { try Cancellation.check() }
      let arc = arcs[try places.places([draws[2 * row]])[0]]
      let c = arc.place(arc.quantile(draws[2 * row + 1]))
      for j in 0..<2 { z[2 * row + j] = Float(factor * c[j] + std * Double(z[2 * row + j])) }
    }
    return noise
  }

  func logDensity(_ x: Tensor) throws -> Tensor {
    try noisedLogDensity(x, mean: forAllRows(1), std: forAllRows(0))
  }

  func score(_ x: Tensor) throws -> Tensor {
    try noisedScore(x, mean: forAllRows(1), std: forAllRows(0))
  }

  func noised(mean r: Double, std s: Double) throws -> any Distribution {
    CurveDistribution(
      arcs, name: "noised_\(name)", factor: factor * r, std: hypot(r * std, s))
  }

  /// Of each row; v, of shape [n].
  private func law(_ x: Tensor, _ r: Tensor, _ s: Tensor, _ part: String) throws -> (
    rows: RowMoments, variance: [Double]
  ) {
    let (factor, std, arcs) = (factor, std, arcs)
    if std == 0, !Tensor.isProgramRecorded, try !s.value.doubles().allSatisfy({ $0 > 0 }) {
      throw missing("\(part): its points lie on a curve; its noised marginals have one")
    }
    let rows = try RowMoments(of: self, x, r, s) {
      let moments = CurveMoments(arcs)
      return { x, r, s in
        moments.moments(at: x, factor: factor * r, variance: r * r * std * std + s * s)
      }
    }
    return (rows, zip(rows.r, rows.s).map { $0 * $0 * std * std + $1 * $1 })
  }

  func noisedLogDensity(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    let law = try law(x, r, s, "density")
    return try Tensor(
      zip(law.rows.logMass, law.variance).map { $0 - log(2 * Double.pi * $1) }
    ).converted(to: x.dtype)
  }

  func noisedScore(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    let law = try law(x, r, s, "score")
    return try Tensor(
      law.rows.rows { law.rows.pull[$0] / law.variance[$0 / 2].squareRoot() }, shape: x.shape
    ).converted(to: x.dtype)
  }

  func posteriorMean(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    let law = try law(x, r, s, "posterior mean")
    let points = try x.value.doubles()
    return try Tensor(
      law.rows.rows { place in
        let row = place / 2
        let (r, s, v) = (law.rows.r[row], law.rows.s[row], law.variance[row])
        return (s * s / v) * factor * law.rows.place[place] + (r * std * std / v) * points[place]
      }, shape: x.shape
    ).converted(to: x.dtype)
  }

  func reach() throws -> ClosedRange<Double> { throw missing("line to lie on: it is in the plane") }
}
