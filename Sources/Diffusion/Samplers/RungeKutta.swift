import Autodiff
import Tensors

/// An explicit Runge–Kutta method by its table of coefficients (Butcher 1964):
///
/// k_i = v(x + h Σ_{j<i} a_ij k_j, t + c_i h),  x_u = x + h Σ_i b_i k_i,  h = u − t.
///
/// Hairer, Nørsett and Wanner 1993, Section II.1.
package struct RungeKutta {
  /// A factor times a weighted sum of slopes. The factor keeps equal weights at 1, which costs nothing.
  struct Sum {
    let factor: Double
    let weights: [Double]

    init(_ weights: [Double], times factor: Double = 1) {
      (self.weights, self.factor) = (weights, factor)
    }
  }

  /// c_i of each stage; the first is 0.
  let nodes: [Double]
  /// a_ij of each stage after the first.
  let stages: [Sum]
  /// b_i.
  let result: Sum
  /// b_i − b̂_i, with b̂ those of an embedded method of lower order; nil where there is none.
  let error: Sum?

  package static let heun = RungeKutta(
    nodes: [0, 1], stages: [Sum([1])], result: Sum([1, 1], times: 0.5), error: nil)

  /// Runge 1895.
  package static let midpoint = RungeKutta(
    nodes: [0, 0.5], stages: [Sum([0.5])], result: Sum([0, 1]), error: nil)

  /// Kutta 1901.
  package static let classical = RungeKutta(
    nodes: [0, 0.5, 0.5, 1], stages: [Sum([0.5]), Sum([0, 0.5]), Sum([0, 0, 1])],
    result: Sum([1, 2, 2, 1], times: 1.0 / 6), error: nil)

  /// Dormand and Prince 1980, RK5(4)7M: order 5, with an embedded method of order 4. The last stage is the
  /// slope at the result.
  package static let dormandPrince = RungeKutta(
    nodes: [0, 1.0 / 5, 3.0 / 10, 4.0 / 5, 8.0 / 9, 1, 1],
    stages: [
      Sum([1.0 / 5]),
      Sum([3.0 / 40, 9.0 / 40]),
      Sum([44.0 / 45, -56.0 / 15, 32.0 / 9]),
      Sum([19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729]),
      Sum([9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656]),
      Sum([35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84]),
    ],
    result: Sum([35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84]),
    error: Sum([
      71.0 / 57600, 0, -71.0 / 16695, 71.0 / 1920, -17253.0 / 339200, 22.0 / 525, -1.0 / 40,
    ]))

  /// h: one number, or a column with one for each row.
  enum Width {
    case all(Double)
    case rows(Tensor)

    /// x + h Σ_i w_i k_i.
    func moved(_ x: Tensor, by sum: Sum, of slopes: [Tensor]) throws -> Tensor {
      guard case .all(let h) = self else { return try x + times(sum, of: slopes) }
      let terms = zip(sum.weights, slopes).filter { $0.0 != 0 }
      return try combination([(1, x)] + terms.map { (h * sum.factor * $0.0, $0.1) })
    }

    func times(_ sum: Sum, of slopes: [Tensor]) throws -> Tensor {
      var total: Tensor?
      for (weight, slope) in zip(sum.weights, slopes) where weight != 0 {
        let term = weight == 1 ? slope : try slope * weight
        total = try total.map { try $0 + term } ?? term
      }
      guard let total else { return try .zeros(slopes[0].shape, slopes[0].dtype) }
      switch self {
      case .all(let h): return try total * (h * sum.factor)
      case .rows(let h): return try sum.factor == 1 ? total * h : total * (h * sum.factor)
      }
    }
  }

  /// All slopes from `first` = v(x, t) on; `slope` gives v at a stage's state and node.
  func slopes(
    _ x: Tensor, _ h: Width, from first: Tensor,
    _ slope: (_ x: Tensor, _ node: Double) throws -> Tensor
  ) throws -> [Tensor] {
    var slopes = [first]
    for (stage, node) in zip(stages, nodes.dropFirst()) {
      slopes.append(try slope(h.moved(x, by: stage, of: slopes), node))
    }
    return slopes
  }

  /// x at u, for all rows at one time.
  package func step(_ run: SamplingRun, _ x: Tensor, from t: Double, to u: Double) throws -> Tensor
  {
    let h = Width.all(u - t)
    let slopes = try slopes(x, h, from: run.velocity(x, at: t)) { x, node in
      try run.velocity(x, at: node == 1 ? u : t + node * (u - t))
    }
    return try h.moved(x, by: result, of: slopes)
  }
}
