import Catalog
import Glibc
import KernelsBase
import Runtime
import Targets
import Tensors

/// A noised law on the line as points with masses, for expectations under it.
///
/// The law of α x_0 + σ z is smooth over the length σ, so the trapezoidal rule of step σ/`nodes` integrates it
/// to rounding from a few nodes on; a function with kinks, as a feature with ReLU, is integrated to the
/// second order in the step.
struct LineNodes {
  let x: [Double]
  /// p(x_i) h, adding up to 1.
  let masses: [Double]
  /// ∂ ln p(x_i).
  let scores: [Double]

  private static let most = 1 << 22
  /// Points of less mass than this share of the greatest are left out.
  private static let least = 1e-20

  /// - Parameters:
  ///   - law: noised by σ.
  ///   - nodes: points in each σ.
  init(_ law: any Distribution, sigma: Double, nodes: Int) throws {
    try self.init(reach: law.reach(), sigma: sigma, nodes: nodes) { places in
      let x = try Tensor(places, shape: [places.count, 1])
      return (try law.logDensity(x).doubles(), try law.score(x).doubles())
    }
  }

  /// Of equal points, each noised by σ: with w_i ∝ exp(−(x − m_i)²/2σ²),
  /// p = Σ_i N(x; m_i, σ²)/n and ∂ ln p = Σ_i w_i (m_i − x)/σ².
  init(points: [Double], sigma: Double, nodes: Int) throws {
    let reach = 6 * sigma
    let (low, high) = (points.min() ?? 0, points.max() ?? 0)
    let factor = 1 / (Double(points.count) * sigma * (2 * Double.pi).squareRoot())
    try self.init(reach: low - reach...high + reach, sigma: sigma, nodes: nodes) { places in
      let n = points.count
      let logP = try Tensor(uninitialized: [places.count], .float64)
      let scores = try Tensor(uninitialized: [places.count], .float64)
      let (p, s) = (logP.pointer(Double.self), scores.pointer(Double.self))
      try points.withUnsafeBufferPointer { m in
        guard let m = m.baseAddress else { return }
        try WorkerPool.shared.run(count: places.count, grain: max(8, 50_000 / n)) { rows in
          withUnsafeTemporaryAllocation(of: Double.self, capacity: n) {
            guard let w = $0.baseAddress else { return }
            for row in rows {
              let x = places[row]
              for i in 0..<n { w[i] = -(x - m[i]) * (x - m[i]) / (2 * sigma * sigma) }
              kernels.exp(UnsafePointer(w), w, n)
              let total = kernels.sum(w, n)
              p[row] = log(factor * total)
              s[row] = (kernels.dot(w, m, n) / total - x) / (sigma * sigma)
            }
          }
        }
      }
      return (try logP.doubles(), try scores.doubles())
    }
  }

  /// - Parameter evaluate: ln p and its slope.
  private init(
    reach: ClosedRange<Double>, sigma: Double, nodes: Int,
    _ evaluate: ([Double]) throws -> (logP: [Double], scores: [Double])
  ) throws {
    let extra = (reach.upperBound - reach.lowerBound) / 4
    let first = reach.lowerBound - extra
    let wanted = ((reach.upperBound - reach.lowerBound) * 1.5 * Double(nodes) / sigma).rounded(.up)
    guard wanted <= Double(Self.most) else {
      throw UserError(
        "time must leave enough noise for a quadrature: std \(shortNumber(sigma)) takes "
          + "\(shortNumber(wanted)) points, more than \(Self.most); begin later, or give draws")
    }
    let intervals = max(1, Int(clamping: wanted))
    let step = (reach.upperBound - reach.lowerBound) * 1.5 / Double(intervals)
    let places = try (0...intervals).polledMap { first + step * Double($0) }
    let (logP, slopes) = try evaluate(places)
    let top = try logP.polledReduce(-Double.infinity) { max($0, $1) }
    let kept = logP.indices.filter { logP[$0] > top + log(Self.least) }
    let weights = kept.map { exp(logP[$0] - top) }
    let total = weights.reduce(0, +)
    let mass = total * exp(top) * step
    guard abs(mass - 1) < 1e-3 else {
      throw UserError(
        "nodes must resolve the noised law: with \(nodes) its mass sums to "
          + "\(shortNumber(mass)) instead of 1")
    }
    x = kept.map { places[$0] }
    masses = weights.map { $0 / total }
    scores = kept.map { slopes[$0] }
  }
}
