import Glibc

/// A piece of a curve in the plane, u ↦ c(u), with the density of u on it.
struct Arc {
  /// Its share of the law.
  let weight: Double
  let range: ClosedRange<Double>
  let place: (_ u: Double) -> SIMD2<Double>
  /// The density of u, with integral 1 over the range.
  let density: (_ u: Double) -> Double
  /// u from a draw of U(0, 1).
  let quantile: (_ share: Double) -> Double
  /// ‖c′(u)‖ at most.
  let speed: Double
  /// The longest interval of u over which c and the density are polynomials of degree 15 to rounding.
  let longestPanel: Double

  /// u uniform on its range.
  static func uniform(
    weight: Double, _ range: ClosedRange<Double>, speed: Double, longestPanel: Double = 0.5,
    _ place: @escaping (_ u: Double) -> SIMD2<Double>
  ) -> Arc {
    let length = range.upperBound - range.lowerBound
    return Arc(
      weight: weight, range: range, place: place, density: { _ in 1 / length },
      quantile: { range.lowerBound + length * $0 }, speed: speed, longestPanel: longestPanel)
  }

  static func circle(weight: Double, radius: Double) -> Arc {
    uniform(weight: weight, 0...2 * Double.pi, speed: radius) {
      SIMD2(radius * cos($0), radius * sin($0))
    }
  }

  /// r = a u from a first angle to a last, moved round by `turn`.
  ///
  /// - Parameter isEven: by the length of the curve, as far as u² counts; else u is uniform.
  static func spiral(
    weight: Double, _ range: ClosedRange<Double>, a: Double, turn: Double, isEven: Bool
  ) -> Arc {
    let (first, last) = (range.lowerBound, range.upperBound)
    let speed = a * (1 + last * last).squareRoot()
    let place = { (u: Double) in SIMD2(a * u * cos(u + turn), a * u * sin(u + turn)) }
    guard isEven else { return uniform(weight: weight, range, speed: speed, place) }
    let squares = last * last - first * first
    return Arc(
      weight: weight, range: range, place: place, density: { 2 * $0 / squares },
      quantile: { (first * first + squares * $0).squareRoot() }, speed: speed, longestPanel: 0.5)
  }
}
