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
