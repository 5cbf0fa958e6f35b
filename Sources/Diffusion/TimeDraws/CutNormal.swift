import Catalog
import Glibc
import Tensors

/// N(mean, std²) cut to a range.
struct CutNormal {
  private let mean: Double
  private let std: Double
  /// −1 where the range is above the mean, so that nothing is lost in 1 − Φ.
  private let side: Double
  private let low: Double
  private let mass: Double

  init(_ mean: Double, _ std: Double, _ range: ClosedRange<Double>) throws {
    (self.mean, self.std) = (mean, std)
    var (a, b) = ((range.lowerBound - mean) / std, (range.upperBound - mean) / std)
    side = a + b > 0 ? -1 : 1
    if side < 0 { (a, b) = (-b, -a) }
    low = normalDistribution(a)
    mass = normalDistribution(b) - low
    guard mass > 1e-9 else {
      throw UserError(
        "mean of the draw must be such that ln σ/α lies from \(shortNumber(range.lowerBound)) to "
          + "\(shortNumber(range.upperBound)), the levels of training, got mean = \(formatNumber(mean)) and std = "
          + formatNumber(std))
    }
  }

  func quantile(_ u: Double) -> Double {
    let place = side > 0 ? u : 1 - u
    return mean + side * std * normalQuantile(low + mass * place)
  }

  func density(_ x: Double) -> Double { normalDensity((x - mean) / std) / (std * mass) }
}

/// exp(−z²/2)/√(2π).
func normalDensity(_ z: Double) -> Double { exp(-0.5 * z * z) * 0.398_942_280_401_432_7 }

/// Φ(z).
func normalDistribution(_ z: Double) -> Double { 0.5 * erfc(-z * 0.707_106_781_186_547_5) }

/// Φ⁻¹(p) for p between 0 and 1: a rational start (Abramowitz and Stegun 1964, 26.2.23, to 4.5e-4), then one step of
/// Halley's method, whose error is of the third power of that.
func normalQuantile(_ p: Double) -> Double {
  let tail = min(p, 1 - p)
  guard tail > 0 else { return p < 0.5 ? -.infinity : .infinity }
  let r = (-2 * log(tail)).squareRoot()
  let top = 2.515517 + r * (0.802853 + r * 0.010328)
  let bottom = 1 + r * (1.432788 + r * (0.189269 + r * 0.001308))
  // The lower tail, where Φ keeps its digits.
  let start = top / bottom - r
  let step = (normalDistribution(start) - tail) / normalDensity(start)
  let z = start - step / (1 + 0.5 * start * step)
  return p < 0.5 ? z : -z
}
