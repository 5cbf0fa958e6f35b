import Autodiff
import Catalog
import Glibc
import Tensors

/// The KL divergence of the law of x from that of y, by the distances to k-nearest neighbours,
///
///   KL = d/n Σ_i ln(ν_k(i)/ρ_k(i)) + ln(m/(n − 1)),
///
/// where ρ_k(i) is how far the k-th nearest of the other points of x is from x_i, and ν_k(i) the k-th of y.
///
/// Wang, Kulkarni & Verdú 2009, Eq. 5; consistent for any k.
package enum KLNearest {
  static let metric = Metric(
    "kl_nearest", "KL divergence of the law of x from that of y, by nearest neighbours.",
    Parameter<Count>.option("k", default: 3 as Count, "which neighbour", in: .positive),
    properties: [.translationInvariant, .rotationInvariant, .scaleInvariant],
    interval: .biased,
    details: """
      d/n Σ ln(ν_k/ρ_k) + ln(m/(n − 1)) in nats, from the distances of each point of x to the k-th of the others and to \
      the k-th of y. No density is fitted. Can be below 0, and falls short where the laws are far apart or d is large, \
      as the n-th part of the points decides what can be seen. A larger k is steadier and more biased. Points that are \
      equal k + 1 times are refused. Costs n (n + m) distances, in memory for k n numbers, and each pair of \
      the floor as much again.
      """,
    source: "Wang, Kulkarni & Verdú 2009, Eq. 5",
    example: """
      mix = target.gaussian_mixture{means = {{-3, 0}, {3, 0}}}
      return metric.kl_nearest(mix:sample(100, {seed = 1}), mix, {seed = 1})
      """
  ) { (x: Tensor, y: Tensor, _: Int, k: Count) in Estimate(try estimate(x, y, k.value)) }

  package static func estimate(_ x: Tensor, _ y: Tensor, _ k: Int) throws -> Double {
    let (n, m) = (x.shape[0], y.shape[0])
    guard k < n, k <= m else {
      throw UserError(
        "k must be below the \(n) points of x and at most the \(m) of y, got \(k)")
    }
    let own = try distances(x, in: x, k + 1)
    let others = try distances(x, in: y, k)
    if let place = own.firstIndex(of: 0) {
      throw UserError(
        "x must hold no point more than k = \(k) times, got row \(place + 1) more often")
    }
    if let place = others.firstIndex(of: 0) {
      throw UserError(
        "y must hold no point of x k = \(k) times, got row \(place + 1) of x as often")
    }
    let sum = try zip(others, own).polledReduce(0.0) { $0 + log($1.0 / $1.1) }
    return Double(x.shape[1]) / Double(n) * sum + log(Double(m) / Double(n - 1))
  }

  /// Of each row of x to the k-th nearest of some points.
  private static func distances(_ x: Tensor, in points: Tensor, _ k: Int) throws -> [Double] {
    try Nearest.find(x, in: points, k).0.slice(axis: 1, k - 1..<k).doubles()
  }
}
