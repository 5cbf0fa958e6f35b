import Catalog
import Glibc
import Tensors

/// A Gaussian process on the line, seen at some places: N(0, K) with K_ij = σ² k(|u_i − u_j|/ℓ).
///
/// One eigendecomposition (`CovarianceMixture`) gives density, score and posterior mean at all noise levels.
enum GaussianProcess {
  static let entry = Entry.function(
    "gaussian_process", "A Gaussian process on the line, seen at some places: random functions.",
    .option(
      "points", default: .first(32) as OneOf<Count, [Double]>,
      "how many places, equally spaced from 0 to 1, or a list of places", in: .places),
    .option(
      "kernel", default: "rbf", "rbf is smooth, exponential the Ornstein–Uhlenbeck process",
      in: .oneOf(kernels.map(\.name))),
    .option("length", default: 0.2, "ℓ, over which it varies", in: .positive),
    .option("std", default: 1, "σ, of each value", in: .positive),
    .option("noise", default: 0, "std of independent noise at each place", in: .nonNegative),
    returns: "a target with a coordinate for each place",
    details: """
      k(a) is exp(−a²/2) for rbf, exp(−a) for exponential, (1 + √3 a) exp(−√3 a) for matern32 and \
      (1 + √5 a + 5a²/3) exp(−√5 a) for matern52. The covariance of smooth kernels is singular to rounding: then \
      there is a density only under noise.
      """,
    source: "Rasmussen and Williams 2006, §4.2",
    example: "return target.gaussian_process{points = 64, length = 0.1}:sample(3, {seed = 1})"
  ) {
    (points: OneOf<Count, [Double]>, kernel: String, length: Double, std: Double, noise: Double) in
    let places: [Double]
    switch points {
    case .first(let count):
      places = (0..<count.value).map { Double($0) / Double(max(1, count.value - 1)) }
    case .second(let list): places = list
    }
    guard let k = kernels.first(where: { $0.name == kernel })?.value else {
      throw UserError("kernel must be one of the list")
    }
    let d = places.count
    let values = try (0..<d * d).polledMap { place in
      let (i, j) = (place / d, place % d)
      return std * std * k(abs(places[i] - places[j]) / length) + (i == j ? noise * noise : 0)
    }
    let covariance = try Covariance(Tensor(values, shape: [d, d]), name: "covariance")
    return Target(
      try CovarianceMixture(
        [covariance.component(Tensor.zeros([1, d], .float64))], weights: [1],
        name: "gaussian_process", shape: [d]))
  }

  private static let kernels: [(name: String, value: (Double) -> Double)] = [
    ("rbf", { exp(-$0 * $0 / 2) }),
    ("exponential", { exp(-$0) }),
    ("matern32", { (1 + 3.0.squareRoot() * $0) * exp(-3.0.squareRoot() * $0) }),
    ("matern52", { (1 + 5.0.squareRoot() * $0 + 5 * $0 * $0 / 3) * exp(-5.0.squareRoot() * $0) }),
  ]
}

extension Domain where Value == OneOf<Count, [Double]> {
  fileprivate static var places: Domain {
    Domain("an integer from 1 to 4096, or a list of as many finite numbers") { points in
      switch points {
      case .first(let count): count > 0 && count <= 4096
      case .second(let list):
        !list.isEmpty && list.count <= 4096 && list.allSatisfy { $0.isFinite }
      }
    }
  }
}
