import Autodiff
import Catalog
import Tensors

/// The kernel inception distance: the squared maximum mean discrepancy by k(x, y) = (x·y/d + 1)³, which sees means,
/// covariances and third moments.
///
/// Bińkowski et al. 2018, §4.1, Eq. 4 and the kernel behind it, who take features of a network for points.
package enum KernelInceptionDistance {
  static let metric = Metric(
    "kid", "The kernel inception distance of two samples: MMD² by a cubic kernel, without bias.",
    properties: [.symmetric, .unbiased, .rotationInvariant], interval: .influence,
    details: """
      MMD² over pairs of different points with k(x, y) = (x·y/d + 1)³, on points or on features that you give. It has no \
      bias at any n, and can be below 0. It sees moments up to the third, and depends on the unit and the origin of the \
      points. Where the laws are equal the interval is too narrow: compare with the floor. In float64; costs \
      n m + (n² + m²)/2 products of d numbers, in memory for (n + m) d numbers and one block.
      """,
    source: "Bińkowski et al. 2018, §4.1, Eq. 4; Hoeffding 1948",
    example: """
      mix = target.gaussian_mixture{means = {{-3, 0}, {3, 0}}}
      return metric.kid(mix:sample(100, {seed = 1}), mix, {seed = 1})
      """
  ) { (x: Tensor, y: Tensor, _: Int) in try estimate(x, y) }

  package static func estimate(_ x: Tensor, _ y: Tensor) throws -> Estimate {
    let (first, second) = (try x.converted(to: .float64), try y.converted(to: .float64))
    let share = 1 / Double(x.shape[1])
    func cube(_ products: Tensor) throws -> Tensor {
      let base = try products.combined(with: share, .multiply).combined(with: 1, .add)
      return try base.applying(.square).combined(with: base, .multiply)
    }
    return try KernelSums.discrepancy(
      first, second, isBiased: false,
      own: { try cube($0.applying(.square).reduced(.sum, axis: 1)).doubles() }
    ) { try cube($0.matrixProduct($1.transposed())) }
  }
}
