import Glibc
import KernelsBase
import Runtime

extension RandomStream {
  /// Means beyond this one would leave the integers that a double counts without gaps.
  public static let largestPoissonMean = 1e15

  /// Independent Poisson numbers, P(k) = e^−μ μ^k / k!, for means from 0 to 1e15. As for the other
  /// laws the number at an element depends on its place alone.
  public func poisson(_ shape: Shape, _ mean: LawParameter) throws -> Tensor {
    let step = nextStep()
    // Two trials of each element are drawn ahead; one in a hundred needs more.
    let ahead = 2
    return try generated(shape, .int64) { range, out in
      withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * ahead * range.count) { memory in
        guard let u = memory.baseAddress else { return }
        let v = u + ahead * range.count
        trials(u, v, rows: range.count, columns: ahead, step, firstRow: range.lowerBound)
        for (place, i) in range.enumerated() {
          let first = ahead * place
          if mean[i] < 10 {
            out[place] = smallPoisson(mean[i], u[first])
          } else {
            let hat = PoissonHat(mean[i])
            out[place] =
              hat.firstTaken(0..<ahead, u + first, v + first)
              ?? laterTrial(hat, after: ahead, element: i, step)
          }
        }
      }
    }
  }

  /// The two uniform numbers of each trial: elements are rows, their trials columns.
  private func trials(
    _ u: UnsafeMutablePointer<Double>, _ v: UnsafeMutablePointer<Double>, rows: Int, columns: Int,
    _ step: UInt32, firstRow: Int
  ) {
    for (out, use) in [(u, LawKey.deviate), (v, LawKey.acceptance)] {
      kernels.uniform(
        out, rows: rows, columns: columns, key: lawKey(use, part: 3), step: step,
        firstRow: UInt64(firstRow))
    }
  }

  private func laterTrial(_ hat: PoissonHat, after tried: Int, element: Int, _ step: UInt32)
    -> Double
  {
    var columns = 16
    while columns < 1 << 20 {
      let found: Double? = withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * columns) {
        guard let u = $0.baseAddress else { return nil }
        trials(u, u + columns, rows: 1, columns: columns, step, firstRow: element)
        return hat.firstTaken(tried..<columns, u, u + columns)
      }
      if let found { return found }
      columns *= 4
    }
    return hat.mean.rounded()
  }
}

/// The least k with P(X ≤ k) ≥ u, by adding up the probabilities until they change nothing.
private func smallPoisson(_ mean: Double, _ u: Double) -> Double {
  var k = 0.0
  var term = exp(-mean)
  var total = term
  while total < u {
    term *= mean / (k + 1)
    if k > mean, total + term == total { break }
    k += 1
    total += term
  }
  return k
}

/// Transformed rejection for means of 10 and more: algorithm PTRS of Hörmann 1993, "The transformed
/// rejection method for generating Poisson random variables".
private struct PoissonHat {
  let mean: Double
  let a: Double
  let b: Double
  let inverseAlpha: Double
  let quickLimit: Double

  init(_ mean: Double) {
    self.mean = mean
    b = 0.931 + 2.53 * mean.squareRoot()
    a = -0.059 + 0.02483 * b
    inverseAlpha = 1.1239 + 1.1328 / (b - 3.4)
    quickLimit = 0.9277 - 3.6224 / (b - 2)
  }

  /// The number of the first trial that is taken.
  func firstTaken(_ trials: Range<Int>, _ u: UnsafePointer<Double>, _ v: UnsafePointer<Double>)
    -> Double?
  {
    for trial in trials {
      if let k = taken(u[trial], v[trial]) { return k }
    }
    return nil
  }

  /// The number that two uniform ones stand for, where it is taken.
  private func taken(_ uniform: Double, _ v: Double) -> Double? {
    let u = uniform - 0.5
    let us = 0.5 - abs(u)
    let k = ((2 * a / us + b) * u + mean + 0.43).rounded(.down)
    if us >= 0.07, v <= quickLimit { return k }
    if k < 0 || (us < 0.013 && v > us) { return nil }
    return log(v * inverseAlpha / (a / (us * us) + b)) <= logProbability(k) ? k : nil
  }

  /// ln(e^−μ μ^k / k!). From k = 16 on by Stirling's series and by d = k − μ, so that large numbers do
  /// not cancel: −[(μ + d) ln(1 + d/μ) − d] − ½ ln 2πk − 1/(12k) + 1/(360k³).
  private func logProbability(_ k: Double) -> Double {
    if k < 16 {
      return stride(from: 1, through: k, by: 1).reduce(-mean) { $0 + log(mean / $1) }
    }
    let d = k - mean
    let series = (1 / 12.0 - 1 / (360 * k * k)) / k
    return d - k * log1p(d / mean) - 0.5 * log(2 * .pi * k) - series
  }
}
