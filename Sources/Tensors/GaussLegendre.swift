import Glibc

/// Nodes and weights of Gauss–Legendre quadrature on an interval, exact for polynomials up to degree
/// 2 count − 1. Newton's method on the Legendre recurrence (Abramowitz & Stegun 25.4.29, 8.5.3).
package func gaussLegendre(_ count: Int, on range: ClosedRange<Double>) -> [(
  x: Double, weight: Double
)] {
  let middle = (range.lowerBound + range.upperBound) / 2
  let half = (range.upperBound - range.lowerBound) / 2
  return (0..<count).map { i in
    var x = -cos(Double.pi * (Double(i) + 0.75) / (Double(count) + 0.5))
    var slope = 1.0
    for _ in 0..<100 {
      // (k + 1) P_{k+1} = (2k + 1) x P_k − k P_{k−1}
      var (previous, value) = (1.0, x)
      for k in 1..<max(count, 1) {
        let k = Double(k)
        (previous, value) = (value, ((2 * k + 1) * x * value - k * previous) / (k + 1))
      }
      slope = Double(count) * (x * value - previous) / (x * x - 1)
      let change = value / slope
      x -= change
      if abs(change) < 1e-15 { break }
    }
    return (middle + half * x, 2 * half / ((1 - x * x) * slope * slope))
  }
}
