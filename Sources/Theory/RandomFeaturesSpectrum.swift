import Catalog
import Glibc
import Processes

/// The spectrum of the covariance U of random features for d, n, p → ∞ (Bonnaire et al. 2025, Theorem 3.2), data
/// N(0, I): with Γ = α² + Δ,
///
/// a = E σ′(√Γ g),   b = √Δ a,   v² = E_u (E_z σ(α u + √Δ z))² − α² a²,   s² = E σ² − Γ a² − v².
///
/// Most eigenvalues are s²; a bulk ρ_1 of weight ψ_n/ψ_p lies on s² + v²(1 ± √(ψ_p/ψ_n))², and d large ones, of weight
/// 1/ψ_p and size ψ_p.
struct RandomFeaturesSpectrum {
  let a: Double
  let b: Double
  let v2: Double
  let s2: Double

  init(_ activation: HermiteSeries.Activation, alpha: Double, sigma: Double) {
    let (delta, gamma) = (sigma * sigma, alpha * alpha + sigma * sigma)
    let series = HermiteSeries(activation, count: 2, largest: gamma.squareRoot())
    let root = gamma.squareRoot()
    a = series.mean { activation(root * $0) * $0 } / root
    b = delta.squareRoot() * a
    let given = series.mean { u in
      let mean = series.mean { activation(alpha * u + sigma * $0) }
      return mean * mean
    }
    v2 = given - alpha * alpha * a * a
    s2 = series.mean { activation(root * $0) * activation(root * $0) } - gamma * a * a - v2
  }

  /// The ends of ρ_1.
  func bulk(psiP: Double, psiN: Double) -> ClosedRange<Double> {
    let root = (psiP / psiN).squareRoot()
    return s2 + v2 * (1 - root) * (1 - root)...s2 + v2 * (1 + root) * (1 + root)
  }

  /// Between what the d large eigenvalues lie: they are those of (Wᵀ W/d)(α² a² C + b²) with C the covariance of the
  /// data, whose factors have the ends of Marchenko and Pastur.
  func large(alpha: Double, psiP: Double, psiN: Double) -> ClosedRange<Double> {
    func end(_ sign: Double) -> Double {
      let (w, c) = (psiP.squareRoot() + sign, 1 + sign / psiN.squareRoot())
      return w * w * (alpha * alpha * a * a * c * c + b * b)
    }
    return end(-1)...end(1)
  }

  static let entry = Entry.function(
    "random_features_spectrum",
    "Where the eigenvalues of random features lie for large d, n and p, and when they memorize.",
    .option("psi_p", "p/d, features for each dimension", in: .positive),
    .option("psi_n", "n/d, points for each dimension", in: .positive),
    .option("sde", "the diffusion"),
    .option("time", default: 0.1, "the one time t of the score", in: .nonNegative),
    .option(
      "activation", default: "tanh", "nonlinearity σ", in: .oneOf(["tanh", "silu"])),
    returns: """
      a table: a, b, v2, s2; bulk = {lower, upper} of ρ_1; large = {lower, upper}, between which the d large \
      eigenvalues lie; weights of s2, bulk and large; tau_mem
      """,
    details: """
      For data N(0, I). The bulk and its weight hold for psi_p > psi_n. tau_mem = psi_p/(Δ λ_min) with the lower end \
      of the bulk is the time at which the slowest mode that the data set drives has relaxed by 1 − e^−2: rates are \
      2Δλ/psi_p, and the paper's estimate leaves out the 2.
      """,
    source: "Bonnaire et al. 2025, Theorem 3.2 and §4",
    example:
      "return theory.random_features_spectrum{psi_p = 64, psi_n = 8, sde = sde.ou(), time = 0.1}"
  ) { (psiP: Double, psiN: Double, sde: SDE, time: Double, activation: String) -> Value in
    try sde.process.check(time: time, name: "time")
    let (alpha, sigma) = (sde.process.alpha(at: time), sde.process.sigma(at: time))
    guard sigma > 0, sigma.isFinite else {
      throw UserError(
        "time must be where the noise is finite and above 0, got std = \(formatNumber(sigma))")
    }
    let spectrum = RandomFeaturesSpectrum(
      activation == "tanh" ? .tanh : .silu, alpha: alpha, sigma: sigma)
    let bulk = spectrum.bulk(psiP: psiP, psiN: psiN)
    let large = spectrum.large(alpha: alpha, psiP: psiP, psiN: psiN)
    func ends(_ range: ClosedRange<Double>) -> Value {
      .list([.number(range.lowerBound), .number(range.upperBound)])
    }
    return .named([
      ("a", .number(spectrum.a)), ("b", .number(spectrum.b)), ("v2", .number(spectrum.v2)),
      ("s2", .number(spectrum.s2)), ("bulk", ends(bulk)), ("large", ends(large)),
      (
        "weights",
        .named([
          ("s2", .number(max(0, 1 - (1 + psiN) / psiP))), ("bulk", .number(psiN / psiP)),
          ("large", .number(1 / psiP)),
        ])
      ),
      ("tau_mem", .number(psiP / (sigma * sigma * bulk.lowerBound))),
    ])
  }
}
