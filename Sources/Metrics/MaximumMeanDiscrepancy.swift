import Autodiff
import Catalog
import Tensors

/// The squared maximum mean discrepancy of two samples by the mean of Gaussian kernels, k = exp(−‖x − y‖²/(2 h²)).
///
/// Gretton et al. 2012, Eqs. 3 and 5; without bandwidths of the user's h is the median distance of two points (§8).
package enum MaximumMeanDiscrepancy {
  static let bandwidths = Parameter<[Double]?>.option(
    "bandwidths", default: nil,
    "h of the kernels that are averaged; else the median distance between all points")

  static let metric = Metric(
    "mmd", "The squared maximum mean discrepancy of two samples, by Gaussian kernels.", bandwidths,
    Parameter<Bool>.option(
      "biased", default: false, "whether a point pairs with itself too, so that no value is below 0"
    ),
    properties: [
      .symmetric, .zeroIffEqual, .translationInvariant, .rotationInvariant, .scaleInvariant,
    ], interval: .influence,
    details: """
      MMD² = E k(X, X′) + E k(Y, Y′) − 2 E k(X, Y) with k the mean of exp(−‖x − y‖²/(2 h²)) over the bandwidths. Over \
      pairs of different points it has no bias where the bandwidths are given, and can be below 0. The median distance \
      is that of at most 500 points of each sample, at even steps. Where the laws are equal the interval is too \
      narrow: compare with the floor, or take `metric.mmd_test`. Costs n m + (n² + m²)/2 distances and kernels, in \
      memory for n + m numbers and one block.
      """,
    source: "Gretton et al. 2012, Eqs. 3, 5; Hoeffding 1948",
    example: """
      mix = target.gaussian_mixture{means = {{-3, 0}, {3, 0}}}
      return metric.mmd(mix:sample(100, {seed = 1}), mix, {seed = 1})
      """
  ) { (x: Tensor, y: Tensor, _: Int, bandwidths: [Double]?, isBiased: Bool) in
    try estimate(x, y, bandwidths, isBiased: isBiased)
  }

  package static func estimate(
    _ x: Tensor, _ y: Tensor, _ bandwidths: [Double]?, isBiased: Bool
  ) throws -> Estimate {
    let kernel = try kernel(bandwidths, x, y)
    return try KernelSums.discrepancy(
      x, y, isBiased: isBiased, own: { Array(repeating: 1, count: $0.shape[0]) }, kernel)
  }

  /// The mean of the kernels; by the median distance where no bandwidth is given.
  static func kernel(_ bandwidths: [Double]?, _ x: Tensor, _ y: Tensor) throws -> KernelSums.Kernel
  {
    if let bandwidths {
      guard !bandwidths.isEmpty, bandwidths.allSatisfy({ $0 > 0 && $0.isFinite }) else {
        let shown = bandwidths.map(formatNumber).joined(separator: ", ")
        throw UserError("bandwidths must be positive numbers, got {\(shown)}")
      }
    }
    let lengths = try bandwidths ?? [medianDistance(x, y)]
    return { x, y in
      let squares = try pairwiseDistances(x, y, squared: true)
      func values(_ h: Double) throws -> Tensor {
        // By halves, so that no square of h leaves the range.
        try squares.combined(with: -0.5 / h, .multiply).combined(with: 1 / h, .multiply).applying(
          .exp)
      }
      var sum = try values(lengths[0])
      for h in lengths.dropFirst() { sum = try sum.combined(with: values(h), .add) }
      return lengths.count == 1
        ? sum : try sum.combined(with: 1 / Double(lengths.count), .multiply)
    }
  }

  /// The median distance between different points of both samples; 1 where more than half are equal.
  static func medianDistance(_ x: Tensor, _ y: Tensor) throws -> Double {
    func some(_ points: Tensor) throws -> Tensor {
      let step = (points.shape[0] + 499) / 500
      return step == 1
        ? points
        : try points.gathered(rows: Array(stride(from: 0, to: points.shape[0], by: step)))
    }
    let (a, b) = (try some(x), try some(y))
    func median(of lists: [Tensor]) throws -> Double {
      let all = try Tensor.concatenated(lists, axis: 0).sorted(axis: 0, descending: false).values
      let count = all.shape[0]
      let (low, high) = (all.select(axis: 0, (count - 1) / 2), all.select(axis: 0, count / 2))
      return try (low.item() + high.item()) / 2
    }
    /// Each pair of different points of one sample, once.
    func within(_ points: Tensor) throws -> Tensor {
      let (count, distances) = (points.shape[0], try pairwiseDistances(points, points))
      var rows = (0..<count - 1).map {
        distances.select(axis: 0, $0).slice(axis: 0, $0 + 1..<count)
      }
      if rows.isEmpty { rows = [distances.select(axis: 0, 0).slice(axis: 0, 0..<0)] }
      return try Tensor.concatenated(rows, axis: 0)
    }
    let between = try pairwiseDistances(a, b)
    let value = try median(
      of: [
        within(a), within(b), between.reshaped(to: [between.elementCount]),
      ])
    return value > 0 ? value : 1
  }
}
