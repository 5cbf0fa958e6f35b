import Autodiff
import Catalog
import Glibc
import Runtime
import Tensors

/// A finite set of points that a law lives on: which they are, how many, and which is nearest to any point.
///
/// A law on such a set conforms, and so gets membership, enumeration and a ledger of samples; `Target`'s methods and
/// `metric.ledger` need no more.
package protocol Support: Distribution {
  /// How many points; infinite where there are more than float64 can say.
  var supportSize: Double { get }
  /// Its logarithm to base 2, however many there are.
  var supportBits: Double { get }
  /// Whether each point has the same probability.
  var isUniform: Bool { get }
  /// The nearest point of the support to each row.
  ///
  /// - Parameter rows: shape [n, d], float64, dense.
  func nearest(_ rows: Tensor) throws -> NearestOfSupport
  /// All points, shape [count, d], float32, in a fixed order. Called where there are few enough.
  func enumerated() throws -> Tensor
  /// ln of the probability of the nearest point of the support to each row, likewise.
  func logProbabilities(_ rows: Tensor) throws -> [Double]
}

/// What the nearest points of a support are.
package struct NearestOfSupport {
  /// Shape [n, d], float64.
  package let points: Tensor
  /// Equal where the point is the same; nil of a row that is not finite.
  package let keys: [SupportKey?]

  package init(points: Tensor, keys: [SupportKey?]) { (self.points, self.keys) = (points, keys) }

  /// The largest difference of a coordinate between each row and its nearest point; nan of a row that is not finite.
  package func deviations(_ rows: Tensor) throws -> [Double] {
    let (x, y) = (rows.pointer(Double.self), points.pointer(Double.self))
    let d = rows.shape[1]
    return try keys.indices.polledMap { row in
      guard keys[row] != nil else { return .nan }
      return (row * d..<(row + 1) * d).reduce(0) { max($0, abs(x[$1] - y[$1])) }
    }
  }
}

/// Tells the points of one support apart.
package typealias SupportKey = [UInt64]

extension Distribution {
  package var support: (any Support)? { self as? any Support }

  package func requiredSupport() throws -> any Support {
    guard let support else { throw missing("support of finitely many known points") }
    return support
  }
}

extension Support {
  /// Of points that are equally likely.
  package func logProbabilities(_ rows: Tensor) throws -> [Double] {
    Array(repeating: -supportBits * log(2), count: rows.shape[0])
  }

  /// The most points that are listed.
  private static var mostPoints: Double { 0x1p24 }

  /// All points, shaped as points are.
  package func checkedEnumeration() throws -> Tensor {
    guard supportSize <= Self.mostPoints else {
      let size =
        supportSize.isFinite ? formatNumber(supportSize) : "2^\(formatNumber(supportBits))"
      throw UserError("target '\(name)' must have at most 2^24 points to list them, got \(size)")
    }
    return try points(ofRows: enumerated())
  }

  /// Rows of points in float64.
  package func supportRows(_ x: Tensor) throws -> Tensor {
    try x.value.converted(to: .float64).densified().reshaped(
      to: [x.shape[0], dimension])
  }
}

// MARK: - What laws on points share

extension Support {
  func missingWithoutNoise(_ part: String) -> UserError {
    missing("\(part) without noise; its noised marginals have")
  }

  func requireNoise(_ s: Tensor, _ part: String) throws {
    if try s.value.allKnown({ $0 > 0 }) { return }
    throw missing("\(part) without noise, where std(t) = 0; its noised marginals have")
  }

  /// A function of rows [n, d] in float64, of points of any shape and type.
  func inDoubles(_ x: Tensor, _ body: (Tensor) throws -> Tensor) throws -> Tensor {
    try onFlattenedPoints(x) { try convert(body(convert($0, to: .float64)), to: x.dtype) }
  }
}
