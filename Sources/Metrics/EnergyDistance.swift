import Catalog
import Runtime
import Tensors

/// The energy distance of two laws, D² = 2 E‖X − Y‖ − E‖X − X′‖ − E‖Y − Y′‖, by its U-statistic.
///
/// Each mean is over pairs of different points, so that the estimate has mean D² at any n and can be below 0. In
/// one dimension the sums come by sorting, at n log n; else distances are formed block by block. The influence of
/// a point is its part in the projection of the statistic (Hoeffding 1948):
///
///   ψ(x_i) = 2 (mean_j ‖x_i − y_j‖ − mean_{k ≠ i} ‖x_i − x_k‖).
///
/// Székely & Rizzo 2013, Eqs. 2.1 and 6.1.
package enum EnergyDistance {
  static let metric = Metric(
    "energy_distance", "The energy distance of two samples: 0 for equal laws only.",
    properties: [
      .symmetric, .unbiased, .zeroIffEqual, .translationInvariant, .rotationInvariant,
      .homogeneous,
    ], interval: .influence,
    details: """
      D² = 2 E‖X − Y‖ − E‖X − X′‖ − E‖Y − Y′‖, in the unit of the points; the U-statistic, which has no \
      bias and can be below 0. Its square root is what SciPy calls the energy distance. Where the laws are \
      equal the interval is too narrow: compare with the floor. Costs n log n in one dimension, \
      n m + (n² + m²)/2 distances else, in memory for n + m numbers and one block; each pair of the floor costs as much \
      again.
      """,
    source: "Székely & Rizzo 2013, Eqs. 2.1, 6.1; Hoeffding 1948",
    example: """
      mix = target.gaussian_mixture{means = {-3, 3}}
      return metric.energy_distance(mix:sample(100, {seed = 1}), mix, {seed = 1})
      """
  ) { (x: Tensor, y: Tensor, _: Int) in try estimate(x, y) }

  package static func estimate(_ x: Tensor, _ y: Tensor) throws -> Estimate {
    let (n, m) = (Double(x.shape[0]), Double(y.shape[0]))
    let (sumsXY, sumsYX, sumsXX, sumsYY) =
      x.shape[1] == 1 ? try onTheLine(x, y) : try byBlocks(x, y)
    let between = try sumsXY.polledReduce(0, +) / (n * m)
    let withinX = try sumsXX.polledReduce(0, +) / (n * (n - 1))
    let withinY = try sumsYY.polledReduce(0, +) / (m * (m - 1))
    let error = try standardError(
      sumsXY.indices.polledMap { 2 * (sumsXY[$0] / m - sumsXX[$0] / (n - 1)) },
      sumsYX.indices.polledMap { 2 * (sumsYX[$0] / n - sumsYY[$0] / (m - 1)) })
    return Estimate(2 * between - withinX - withinY, standardError: error)
  }

  private typealias Sums = ([Double], [Double], [Double], [Double])

  private static func byBlocks(_ x: Tensor, _ y: Tensor) throws -> Sums {
    func distances(_ a: Tensor, _ b: Tensor) throws -> Tensor { try pairwiseDistances(a, b) }
    let between = try KernelSums.sums(between: x, y, distances)
    return (
      between.ofFirst, between.ofSecond, try KernelSums.sums(within: x, distances),
      try KernelSums.sums(within: y, distances)
    )
  }

  /// The four sums for each point of the line, in sorted order, about the middle of all points.
  private static func onTheLine(_ x: Tensor, _ y: Tensor) throws -> Sums {
    let (a, b) = (try x.sortedOnTheLine(), try y.sortedOnTheLine())
    let middle = (try a.polledReduce(0, +) + b.polledReduce(0, +)) / Double(a.count + b.count)
    let (u, v) = (try a.polledMap { $0 - middle }, try b.polledMap { $0 - middle })
    return (
      try sums(from: u, to: v), try sums(from: v, to: u), try sums(from: u, to: u),
      try sums(from: v, to: v)
    )
  }

  /// Σ_j |u_i − v_j| for sorted u and v: with c points of v below u_i, whose sum is S,
  /// c u_i − S + (Σ v − S) − (m − c) u_i.
  private static func sums(from u: [Double], to v: [Double]) throws -> [Double] {
    let total = try v.polledReduce(0, +)
    let m = Double(v.count)
    var (place, below) = (0, 0.0)
    return try u.polledMap { number in
      while place < v.count, v[place] < number {
        below += v[place]
        place += 1
      }
      let c = Double(place)
      return (2 * c - m) * number + total - 2 * below
    }
  }
}

extension Tensor {
  /// Points of the line, [n, 1], in rising order.
  func sortedOnTheLine() throws -> [Double] {
    let row = try converted(to: .float64).densified()
    let line = Tensor(
      storage: row.storage, dtype: .float64, shape: [shape[0]], strides: [1], offset: row.offset)
    return try line.sorted(axis: 0, descending: false).values.doubles()
  }
}
