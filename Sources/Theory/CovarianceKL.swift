import Catalog
import Glibc
import Tensors

/// How far a normal law with an estimated covariance is from the true one: with Σ̂ = Σ_i x_i x_iᵀ/N of N points of
/// N(0, I_d), a Wishart matrix over N,
///
/// E KL(N(0, I) ‖ N(0, Σ̂)) = ½ [E tr Σ̂⁻¹ − d + E ln det Σ̂],
/// E tr Σ̂⁻¹ = d N/(N − d − 1),   E ln det Σ̂ = Σ_{i=1}^d ψ((N − i + 1)/2) + d ln(2/N),
///
/// ψ the digamma function (Muirhead 1982, Theorems 3.2.15, 3.2.12). About d(d + 1)/4N for N ≫ d.
enum CovarianceKL {
  static let entry = Entry.function(
    "covariance_kl",
    "E KL(N(0, I_d) ‖ N(0, Σ̂)) for the covariance Σ̂ of N points: what the best linear denoiser of a data set loses.",
    .arg("dimension", "d", in: .positive),
    .arg("count", "N, above d + 1", in: .positive),
    returns: "the mean KL in nats",
    details: """
      The mean is known to be 0, so that Σ̂ = Σ x xᵀ/N. The linear denoiser that makes the loss on the data least is the \
      exact one of N(0, Σ̂).
      """,
    source: "Muirhead 1982, Theorems 3.2.12 and 3.2.15",
    example: "return theory.covariance_kl(10, 100)"
  ) { (dimension: Count, count: Count) in
    guard count.value - 1 > dimension.value else {
      throw UserError(
        "count must be above dimension + 1 = \(formatNumber(Double(dimension.value) + 1)), where the mean is finite, got "
          + "\(count)")
    }
    return try value(dimension: dimension.value, count: count.value)
  }

  static func value(dimension: Int, count: Int) throws -> Double {
    let (d, n) = (Double(dimension), Double(count))
    let halves = try Tensor((0..<dimension).polledMap { (n - Double($0)) / 2 })
    let logs = try halves.applying(.digamma).doubles().reduce(0, +)
    return (d * n / (n - d - 1) - d + logs + d * log(2 / n)) / 2
  }
}
