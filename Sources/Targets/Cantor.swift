import Catalog
import Glibc
import Runtime
import Tensors

/// Cantor's dust to a depth: a fractal whose every coordinate is at the middle of an interval that is left.
///
/// Of [−1, 1] the open middle third is taken out, and so on of what is left; to depth k there are 2^k intervals of length
/// 2/3^k. Between any two values is a gap: no part of the set is convex. Without an end to the depth its dimension is d ln 2/ln 3.
enum Cantor {
  /// At 17 neighbouring points are equal in float32.
  private static let mostDepth = 16

  static let entry = Entry.function(
    "cantor",
    "Cantor's dust: points of a fractal, each coordinate in what is left without middle thirds.",
    .option("dimension", default: 2 as Count, "d, the length of a data point", in: .positive),
    .option(
      "depth", default: 5, "k: how often middle thirds are taken out", in: .within(1...mostDepth)),
    returns: "a target of independent coordinates, each of 2^k points in [−1, 1], each as likely",
    details: """
      Its support is 2^(k d) points, the middles of intervals of length 2/3^k. Between any two values of a coordinate is a \
      gap, the widest 2/3 + 2/3^k. Score, posterior mean and density under noise are exact.
      """,
    source: "Cantor 1883",
    example: "return target.cantor{depth = 3}:sample(5, {seed = 1})"
  ) { (dimension: Count, depth: Int) in
    try Memory.request(dimension.value, of: Double.self)
    let points = try Tensor(middles(depth)).converted(to: .float32).expanded(axis: 1)
    let law = try EmpiricalDistribution(points, weights: nil, name: "cantor")
    return Target(ProductDistribution([law], repeated: dimension.value, name: "cantor"))
  }

  private static func middles(_ depth: Int) -> [Double] {
    var (points, reach) = ([0.0], 1.0)
    for _ in 0..<depth {
      reach /= 3
      points = points.flatMap { [$0 - 2 * reach, $0 + 2 * reach] }
    }
    return points
  }
}
