import Glibc

/// The exponent p of error ≈ C hᵖ for h ∝ 1/steps, by least squares on logarithms.
///
/// One definition for the tests of all schemes, so that a claim of order means the same everywhere.
package func fittedOrder(steps: [Int], errors: [Double]) -> Double {
  let x = steps.map { -log(Double($0)) }
  let y = errors.map { log(abs($0)) }
  let meanX = x.reduce(0, +) / Double(x.count)
  let meanY = y.reduce(0, +) / Double(y.count)
  let covariance = zip(x, y).map { ($0 - meanX) * ($1 - meanY) }.reduce(0, +)
  return covariance / x.map { ($0 - meanX) * ($0 - meanX) }.reduce(0, +)
}
