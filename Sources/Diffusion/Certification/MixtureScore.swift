import Autodiff
import Glibc
import Models
import Processes
import Tensors

/// The exact score of noised data Σ_k w_k N(m_k, s²) in one dimension, and what else is known exactly
/// there: the law of x_t, and the probability flow, which in one dimension is the monotone map that keeps
/// the distribution function, F_u(x_u) = F_t(x_t).
///
/// It is not linear in x, so that samplers whose steps depend on the state show what they do.
package final class MixtureScore: ScoreFunction {
  package let means: [Double]
  package let weights: [Double]
  /// s.
  package let std: Double
  private let given: Quantity

  package init(
    means: [Double] = [-2, 1], weights: [Double] = [0.3, 0.7], std: Double = 0.5,
    predicts: Quantity = .score
  ) {
    (self.means, self.weights, self.std, given) = (means, weights, std, predicts)
  }

  package var shape: Shape { [1] }
  package var predicts: String { given.rawValue }
  package var name: String { "mixture" }
  package var summary: String { "\(means.count) components" }

  /// Var of x_t in each component.
  private func variance(_ process: any DiffusionProcess, _ t: Double) -> Double {
    GaussianScore.marginal(process, t, variance: std * std)
  }

  /// s = Σ_k r_k (α m_k − x)/v with r_k ∝ w_k exp(−(x − α m_k)²/2v), for each element.
  private func score(_ x: Tensor, _ t: Tensor, process: any DiffusionProcess) throws -> Tensor {
    try mapped(x, t) { x, t in
      let v = self.variance(process, t)
      return (process.alpha(at: t) * self.meanOfMeans(x, process, t) - x) / v
    }
  }

  /// E[x_0 | x] = Σ_k r_k (m_k + α s² (x − α m_k)/v).
  private func posteriorMean(_ x: Tensor, _ t: Tensor, process: any DiffusionProcess) throws
    -> Tensor
  {
    try mapped(x, t) { x, t in
      let alpha = process.alpha(at: t)
      let m = self.meanOfMeans(x, process, t)
      return m + alpha * self.std * self.std * (x - alpha * m) / self.variance(process, t)
    }
  }

  package func estimate(
    _ quantity: Quantity, _ x: Tensor, _ t: Tensor, process: any DiffusionProcess
  ) throws -> Tensor {
    switch quantity {
    case .clean: return try posteriorMean(x, t, process: process)
    case .score: return try score(x, t, process: process)
    default:
      let value =
        given == .clean
        ? try posteriorMean(x, t, process: process) : try score(x, t, process: process)
      return try given.converted(value, to: quantity, x, Marginal(process, t))
    }
  }

  package var hasLogDensity: Bool { true }

  package func logDensity(_ x: Tensor, _ t: Tensor, process: any DiffusionProcess) throws -> Tensor
  {
    let values = try zip(x.doubles(), t.doubles()).map { x, t in
      let (alpha, v) = (process.alpha(at: t), variance(process, t))
      let logs = zip(means, weights).map { m, w in
        log(w) - (x - alpha * m) * (x - alpha * m) / (2 * v)
      }
      let greatest = logs.max() ?? 0
      return greatest + log(logs.reduce(0) { $0 + exp($1 - greatest) })
        - log(2 * Double.pi * v) / 2
    }
    return try Tensor(values)
  }

  /// Σ_k r_k m_k.
  private func meanOfMeans(_ x: Double, _ process: any DiffusionProcess, _ t: Double) -> Double {
    let (alpha, v) = (process.alpha(at: t), variance(process, t))
    let logs = zip(means, weights).map { m, w in
      log(w) - (x - alpha * m) * (x - alpha * m) / (2 * v)
    }
    let greatest = logs.max() ?? 0
    var (total, sum) = (0.0, 0.0)
    for (m, value) in zip(means, logs) {
      let r = exp(value - greatest)
      (total, sum) = (total + r, sum + r * m)
    }
    return sum / total
  }

  private func mapped(_ x: Tensor, _ t: Tensor, _ f: (Double, Double) -> Double) throws -> Tensor {
    let (values, times) = (try x.value.doubles(), try t.value.doubles())
    let mapped = values.indices.map { f(values[$0], times[times.count == 1 ? 0 : $0]) }
    return try Tensor(mapped, shape: x.shape).converted(to: x.dtype)
  }

  /// P(x_t > x), or P(x_t ≤ x): of the two the smaller keeps its digits.
  private func tail(_ process: any DiffusionProcess, _ x: Double, _ t: Double, above: Bool)
    -> Double
  {
    let spread = (2 * variance(process, t)).squareRoot()
    let alpha = process.alpha(at: t)
    return zip(means, weights).reduce(0) { total, part in
      let z = (x - alpha * part.0) / spread
      return total + part.1 / 2 * erfc(above ? z : -z)
    }
  }

  /// P(x_t ≤ x).
  package func cumulative(_ process: any DiffusionProcess, _ x: Double, at t: Double) -> Double {
    tail(process, x, t, above: false)
  }

  /// x_u of the probability flow through x at t.
  package func flow(_ process: any DiffusionProcess, _ x: Double, from t: Double, to u: Double)
    -> Double
  {
    let above = tail(process, x, t, above: true) < 0.5
    return place(process, tail(process, x, t, above: above), u, above: above)
  }

  /// x with P(x_t ≤ x) = p.
  package func quantile(_ process: any DiffusionProcess, _ p: Double, at t: Double) -> Double {
    p > 0.5 ? place(process, 1 - p, t, above: true) : place(process, p, t, above: false)
  }

  /// Where a tail has the probability `wanted`, by bisection.
  private func place(
    _ process: any DiffusionProcess, _ wanted: Double, _ t: Double, above: Bool
  ) -> Double {
    let reach = 3 + 40 * variance(process, t).squareRoot()
    var (low, high) = (-reach, reach)
    while true {
      let middle = low + (high - low) / 2
      if middle <= low || middle >= high { return middle }
      if (tail(process, middle, t, above: above) > wanted) == above {
        low = middle
      } else {
        high = middle
      }
    }
  }
}
