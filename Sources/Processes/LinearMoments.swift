import Catalog
import Glibc
import Tensors

/// Mean and variance of dx = f(t) x dt + g(t) dW from x = 1 with variance σ_0²:
///
/// α′ = f α,  (σ²)′ = 2 f σ² + g².
///
/// Between two nodes ln α = ∫ f, and σ²/α² grows by ∫ g²/α². Both integrals are taken at five Gauss
/// points; ln α at them comes from the polynomial through f there (collocation, order 10).
enum LinearMoments {
  /// - Returns: α, α′, σ² and (σ²)′ at the times.
  static func integrate(
    _ drift: Callback, _ diffusion: Callback, from firstSigma: Double, at times: [Double]
  ) throws -> [[Double]] {
    let inner = zip(times, times.dropFirst()).flatMap { a, b in
      points.map { a + (b - a) * $0 }
    }
    func values(_ function: Callback, _ name: String, _ t: [Double]) throws -> [Double] {
      try ProcessTable.call(function, name, Tensor(t)).value.doubles()
    }
    let (f, g) = (
      try values(drift, "drift", inner), try values(diffusion, "diffusion", inner)
    )
    let (fNodes, gNodes) = (
      try values(drift, "drift", times), try values(diffusion, "diffusion", times)
    )
    var logAlpha = [0.0]
    var variance = [firstSigma * firstSigma]
    for piece in 0..<times.count - 1 {
      let h = times[piece + 1] - times[piece]
      let range = piece * points.count..<(piece + 1) * points.count
      let fs = Array(f[range])
      let gs = Array(g[range])
      let whole = h * sum(weights, fs)
      // ln α at the points, counted from the left node.
      let inside = (0..<points.count).map { h * sum(partial[$0], fs) }
      let gained = h * sum(weights, zip(gs, inside).map { $0 * $0 * exp(2 * (whole - $1)) })
      logAlpha.append(logAlpha[piece] + whole)
      variance.append(variance[piece] * exp(2 * whole) + gained)
    }
    let alpha = logAlpha.map { exp($0) }
    return [
      alpha, zip(fNodes, alpha).map { $0 * $1 }, variance,
      (0..<times.count).map { 2 * fNodes[$0] * variance[$0] + gNodes[$0] * gNodes[$0] },
    ]
  }

  private static func sum(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// Gauss–Legendre on [0, 1].
  private static let points: [Double] = {
    let near = (5 - 2 * (10.0 / 7).squareRoot()).squareRoot() / 3
    let far = (5 + 2 * (10.0 / 7).squareRoot()).squareRoot() / 3
    return [-far, -near, 0, near, far].map { ($0 + 1) / 2 }
  }()

  private static let weights: [Double] = {
    let root = 13 * 70.0.squareRoot()
    let (near, far) = ((322 + root) / 1800, (322 - root) / 1800)
    return [far, near, 64.0 / 225, near, far]
  }()

  /// ∫₀^{c_i} of the polynomials that are 1 at one point and 0 at the others: row i, column j.
  private static let partial: [[Double]] = points.map { end in
    points.indices.map { j in
      // The polynomial has degree 4, so five points integrate it exactly.
      zip(points, weights).reduce(0) { total, node in
        let x = end * node.0
        let basis = points.indices.filter { $0 != j }.reduce(1.0) {
          $0 * (x - points[$1]) / (points[j] - points[$1])
        }
        return total + end * node.1 * basis
      }
    }
  }
}
