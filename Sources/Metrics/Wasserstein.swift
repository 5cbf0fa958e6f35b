import Autodiff
import Catalog
import Glibc
import Runtime
import Tensors

/// The Wasserstein distance of two samples, W_p = (min_π Σ π_ij ‖x_i − y_j‖^p)^{1/p}: on the line by sorting, in more
/// dimensions by the cheapest transport (`Transport`).
///
/// Villani 2003, Eqs. 2.47, 7.1; Jonker & Volgenant 1987. The interval takes the potentials of the transport for the
/// influence of each point (del Barrio & Loubes 2019, Theorem 4.1).
package enum Wasserstein {
  static let metric = Metric(
    "wasserstein", "The Wasserstein distance of two samples, exact.",
    SlicedWasserstein.order, largest: 1000,
    properties: [
      .symmetric, .nonNegative, .zeroOnItself, .zeroIffEqual, .translationInvariant,
      .rotationInvariant, .homogeneous,
    ], interval: .influence,
    details: """
      W_p = (min Σ π_ij ‖x_i − y_j‖^p)^(1/p) over all ways π to bring mass from x to y, for any two numbers of points. On \
      the line by sorting, at (n + m) log(n + m). In more dimensions by the cheapest assignment, found on costs in \
      float32 and summed in float64; time grows as n³ at worst, memory as 4 n m bytes, and unequal numbers take \
      several times as long: for many points there are `metric.sliced_wasserstein` and `metric.sinkhorn`. It is above \
      0 for two samples of one law, as the floor says, and each pair of the floor costs as much again.
      """,
    source: "Villani 2003, Eqs. 2.47, 7.1; Jonker & Volgenant 1987",
    example: """
      x = tensor{{0, 0}, {1, 0}, {3, 1}}
      return metric.wasserstein(x, x + 2, {p = 1, seed = 1})
      """
  ) { (x: Tensor, y: Tensor, _: Int, p: Double) in try estimate(x, y, p) }

  package static func estimate(_ x: Tensor, _ y: Tensor, _ p: Double) throws -> Estimate {
    if x.shape[1] == 1 {
      return try SlicedWasserstein.estimate(x, y, Tensor.full([1, 1], 1, .float64), p)
    }
    // Distances over `reach`, which none exceeds, have powers that float32 holds.
    let reach = try max(reach(x, y), .leastNormalMagnitude)
    let transport = try Transport(costs(x, y, p, reach), columns: y.shape[0])
    let power = try cost(of: transport, x, y, p, reach)
    let value = reach * pow(power, 1 / p)
    let error = try standardError(transport.u, Array(transport.v.prefix(y.shape[0])))
    return Estimate(value, standardError: power > 0 ? error / p * value / power : 0)
  }

  /// No two of the points are farther apart.
  private static func reach(_ x: Tensor, _ y: Tensor) throws -> Double {
    let middle = x.slice(axis: 0, 0..<1)
    func radius(_ points: Tensor) throws -> Double {
      try pairwiseDistances(middle, points).reduced(.maximum).item()
    }
    return 1.000001 * (try radius(x) + radius(y))
  }

  /// (‖x_i − y_j‖/reach)^p, and infinity in the columns that fill up the last vector of each row.
  private static func costs(
    _ x: Tensor, _ y: Tensor, _ p: Double, _ reach: Double
  ) throws -> Tensor {
    let (n, m) = (x.shape[0], y.shape[0])
    let width = (m + 7) / 8 * 8
    let costs = try Tensor(uninitialized: [n, width], .float32)
    for first in stride(from: 0, to: n, by: 512) {
      try Cancellation.check()
      let rows = first..<min(first + 512, n)
      let shares = try pairwiseDistances(x.slice(axis: 0, rows), y).combined(
        with: 1 / reach, .multiply)
      let powers =
        p == 1
        ? shares : p == 2 ? try shares.applying(.square) : try shares.combined(with: p, .power)
      let block = try powers.converted(to: .float32).densified()
      let (from, to) = (block.pointer(Float.self), costs.pointer(Float.self))
      for i in rows {
        (to + i * width).update(from: from + (i - first) * m, count: m)
        for j in m..<width { to[i * width + j] = .infinity }
      }
    }
    return costs
  }

  /// Σ π_ij (‖x_i − y_j‖/reach)^p in float64.
  private static func cost(
    of transport: Transport, _ x: Tensor, _ y: Tensor, _ p: Double, _ reach: Double
  ) throws -> Double {
    let (from, to) = (
      try x.converted(to: .float64).densified(), try y.converted(to: .float64).densified()
    )
    let (a, b, d) = (from.pointer(Double.self), to.pointer(Double.self), x.shape[1])
    var total = 0.0
    for (j, flows) in transport.flows.enumerated() {
      if j & 0xFFF == 0 { try Cancellation.check() }
      for (i, units) in flows {
        var square = 0.0
        for k in 0..<d {
          let difference = (a[i * d + k] - b[j * d + k]) / reach
          square += difference * difference
        }
        total += Double(units) * (p == 2 ? square : pow(square, p / 2))
      }
    }
    return total / (Double(transport.rows) * Double(transport.supply))
  }
}
