import Catalog
import Glibc
import Tensors

/// A part of a law on the line (d = 1) that has its own interval, moved there to where numbers are
/// dense: what quadratures run over, at a cost that does not grow with the distance between parts.
package struct LinePart {
  /// The share of the whole law.
  package let weight: Double
  package let law: any Distribution
  /// Intervals that hold all but next to nothing, each with the length over which the density changes.
  package let pieces: [(range: ClosedRange<Double>, scale: Double)]
  /// The standard deviation where the part is one normal law.
  package let std: Double?
}

extension Distribution {
  package func lineParts() throws -> [LinePart] {
    let reach = try reach()
    let extra = (reach.upperBound - reach.lowerBound) / 4
    let range = reach.lowerBound - extra...reach.upperBound + extra
    return [
      LinePart(weight: 1, law: self, pieces: [(range, try finestScale())], std: nil)
    ]
  }

  /// By the trapezoidal rule on both sides of the range, as far as the law reaches.
  package func mass(outside range: ClosedRange<Double>) throws -> Double {
    let reach = try reach()
    let sides = [
      (reach.lowerBound, min(range.lowerBound, reach.upperBound)),
      (max(range.upperBound, reach.lowerBound), reach.upperBound),
    ]
    return try sides.reduce(0) { total, side in
      guard side.0 < side.1 else { return total }
      let count = 2000
      let step = (side.1 - side.0) / Double(count)
      let x = try Tensor((0...count).map { side.0 + step * Double($0) }, shape: [count + 1, 1])
      let p = try logDensity(x).doubles().map { exp($0) }
      return total + (p.reduce(0, +) - (p[0] + p[count]) / 2) * step
    }
  }
}
