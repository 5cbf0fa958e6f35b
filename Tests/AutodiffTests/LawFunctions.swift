import Glibc

/// Distribution functions, and how far a sample is from one.
enum LawFunctions {
  /// √n sup |F_n − F| (Kolmogorov & Smirnov); above 2.7 with probability 2 e^(−2·2.7²) < 1e-6.
  static func distance(_ sample: [Double], _ law: (Double) -> Double) -> Double {
    let n = Double(sample.count)
    var worst = 0.0
    for (i, x) in sample.sorted().enumerated() {
      let f = law(x)
      worst = max(worst, abs(f - Double(i) / n), abs(Double(i + 1) / n - f))
    }
    return worst * n.squareRoot()
  }

  /// The same for a law on the integers, given by P(X ≤ k); the true probability is smaller.
  static func distance(ofIntegers sample: [Double], _ law: (Double) -> Double) -> Double {
    let n = Double(sample.count)
    var counts: [Double: Int] = [:]
    for k in sample { counts[k, default: 0] += 1 }
    var (below, worst, last) = (0, 0.0, -1.0)
    for k in counts.keys.sorted() {
      // Just before k the sample's distribution is still flat, the law's has risen to P(X ≤ k − 1).
      if k - 1 > last { worst = max(worst, abs(law(k - 1) - Double(below) / n)) }
      below += counts[k] ?? 0
      worst = max(worst, abs(law(k) - Double(below) / n))
      last = k
    }
    return worst * n.squareRoot()
  }

  /// P(X ≤ k) of the Poisson law, 1 − P(k + 1, μ) (Abramowitz & Stegun 26.4.21); for large means, where
  /// the series is long, the normal law with the first correction for skewness.
  static func poisson(_ mean: Double, _ k: Double) -> Double {
    if k < 0 { return 0 }
    if mean < 1e4 { return 1 - gamma(k + 1, mean) }
    let z = (k + 0.5 - mean) / mean.squareRoot()
    let density = exp(-z * z / 2) / (2 * Double.pi).squareRoot()
    return normal(z) - density * (z * z - 1) / (6 * mean.squareRoot())
  }

  /// P(a, x), the gamma law: its series below a + 1, else one minus its continued fraction by the
  /// method of Lentz (Abramowitz & Stegun 6.5.29, 6.5.31).
  static func gamma(_ a: Double, _ x: Double) -> Double {
    if x <= 0 { return 0 }
    let factor = exp(a * log(x) - x - lgamma(a))
    if x < a + 1 {
      var (term, total, k) = (1 / a, 1 / a, a)
      while abs(term) > 1e-17 * total {
        k += 1
        term *= x / k
        total += term
      }
      return factor * total
    }
    var b = x + 1 - a
    var (c, d) = (1e300, 1 / b)
    var h = d
    for i in 1...500 {
      let an = -Double(i) * (Double(i) - a)
      b += 2
      d = 1 / (an * d + b)
      c = b + an / c
      h *= d * c
      if abs(d * c - 1) < 1e-16 { break }
    }
    return 1 - factor * h
  }

  /// I_x(a, b), the beta law, by its continued fraction (Abramowitz & Stegun 26.5.8).
  static func beta(_ a: Double, _ b: Double, _ x: Double) -> Double {
    if x <= 0 { return 0 }
    if x >= 1 { return 1 }
    if x > (a + 1) / (a + b + 2) { return 1 - beta(b, a, 1 - x) }
    let factor = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    var (c, d) = (1.0, 1 / (1 - (a + b) * x / (a + 1)))
    var h = d
    for i in 1...500 {
      let m = Double(i)
      let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      for term in [even, odd] {
        d = 1 / (1 + term * d)
        c = 1 + term / c
        h *= d * c
      }
      if abs(d * c - 1) < 1e-16 { break }
    }
    return factor * h
  }

  /// Student's t with ν degrees of freedom.
  static func student(_ nu: Double, _ t: Double) -> Double {
    let tail = 0.5 * beta(nu / 2, 0.5, nu / (nu + t * t))
    return t > 0 ? 1 - tail : tail
  }

  static func normal(_ x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }
}
