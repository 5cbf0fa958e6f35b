import Catalog
import Glibc
import Models
import Runtime
import Tensors

/// The density whose score a one-dimensional model has at one time: q(x) ∝ exp ∫ s(x, t) dx on an
/// equally spaced grid. Li et al. 2023, Eq. 11.
///
/// The integral is Simpson's rule on a grid finer than the points, in float64; where it begins does not
/// matter, for the constant cancels. At the paper's settings ln q of the exact mixture score is within
/// 1e-8 of the closed form at mu = 3, and within 1e-4 at mu = 15, where the score turns over a length of
/// 0.04 (a test).
package struct ScoreDensity {
  package let x: [Double]
  /// ∫ s dx up to each point, less its maximum; nil where the score is not finite somewhere.
  let logDensity: [Double]?

  /// Fewest intervals of the fine grid over the whole range, unless told otherwise.
  package static let fewestIntervals = 3200
  private static let mostIntervals = 1 << 26

  /// - Parameter nodes: intervals of the fine grid from one point to the next, an even number, since
  ///   Simpson's rule takes two at a time.
  package init(
    _ model: ScoreModel, time: Double, range: ClosedRange<Double>, points: Int, nodes: Int? = nil
  ) throws {
    try model.process.check(time: time, name: "time")
    let segments = points - 1
    let fine = nodes ?? 2 * max(1, (Self.fewestIntervals / 2 + segments - 1) / segments)
    guard segments * fine <= Self.mostIntervals else {
      throw UserError(
        "points and nodes must make at most \(Self.mostIntervals) intervals, got \(segments * fine)"
      )
    }
    let step = (range.upperBound - range.lowerBound) / Double(segments * fine)
    let places = try (0...segments * fine).polledMap { range.lowerBound + step * Double($0) }
    x = try stride(from: 0, through: segments * fine, by: fine).polledMap { places[$0] }
    let scores = try model.constantScore(Tensor(places, shape: [places.count, 1]), at: time)
      .doubles()
    guard try scores.polledReduce(true, { $0 && $1.isFinite }) else {
      logDensity = nil
      return
    }
    var total = 0.0
    var integral = [0.0]
    for segment in 0..<segments {
      if segment & 0xFFF == 0 { try Cancellation.check() }
      let first = segment * fine
      for i in stride(from: first, to: first + fine, by: 2) {
        total += step / 3 * (scores[i] + 4 * scores[i + 1] + scores[i + 2])
      }
      integral.append(total)
    }
    let most = try integral.polledReduce(-Double.infinity) { max($0, $1) }
    // Finite scores can still overflow in the sum.
    let isFinite = try integral.polledReduce(true) { $0 && $1.isFinite }
    logDensity = isFinite ? try integral.polledMap { $0 - most } : nil
  }

  var step: Double { (x[x.count - 1] - x[0]) / Double(x.count - 1) }

  /// ln q at the points, normalised so that Σ q = 1 over them; nil as above.
  package func logWeights() throws -> [Double]? {
    guard let logDensity else { return nil }
    let total = log(try logDensity.polledReduce(0) { $0 + exp($1) })
    return try logDensity.polledMap { $0 - total }
  }

  /// ln q at the points, normalised so that the trapezoidal integral is 1; nil as above.
  func normalisedLogDensity() throws -> [Double]? {
    guard let logDensity else { return nil }
    let values = try logDensity.polledMap { exp($0) }
    let ends = (values[0] + values[values.count - 1]) / 2
    let total = log((try values.polledReduce(0, +) - ends) * step)
    return try logDensity.polledMap { $0 - total }
  }
}
