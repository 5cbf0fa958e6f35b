import Autodiff
import Catalog
import Glibc
import Tensors

/// The law of r x_0 + s z, x_0 from a density in one or two dimensions, by quadrature over it.
struct NoisedDensity: NoisedMarginal {
  let base: any QuadratureDensity
  let r: Double
  let s: Double

  var source: any Distribution { base }
  var summary: String { "by quadrature, d = \(dimension)" }
  var hasLogDensity: Bool { true }
  var hasScore: Bool { true }

  func noised(mean r: Double, std s: Double) throws -> any Distribution {
    let (r, s) = added(mean: r, std: s)
    return NoisedDensity(base: base, r: r, s: s)
  }

  func reach() throws -> ClosedRange<Double> {
    let reach = try base.reach()
    let ends = [reach.lowerBound * r, reach.upperBound * r].sorted()
    return ends[0] - 6 * s...ends[1] + 6 * s
  }

  /// One part, whose pieces are the cells of the table and what the noise adds at their ends.
  func lineParts() throws -> [LinePart] {
    let table = try base.densityTable()
    let cells = table.spans.filter { $0.logMass > table.logTotal - 45 }
      .map { r < 0 ? ($0.high[0] * r, $0.low[0] * r) : ($0.low[0] * r, $0.high[0] * r) }
      .sorted { $0.0 < $1.0 }
    let reach = 9 * s
    var pieces: [(range: ClosedRange<Double>, scale: Double)] = []
    func add(_ low: Double, _ high: Double, _ scale: Double) {
      if low < high { pieces.append((low...high, scale)) }
    }
    var end = -Double.infinity
    for (low, high) in cells {
      if low - end > 2 * reach {
        if end.isFinite { add(end, end + reach, s) }
        add(low - reach, low, s)
      } else {
        add(end, low, s)
      }
      let half = (high - low) / 2
      add(low, high, (half * half + s * s).squareRoot())
      end = high
    }
    add(end, end + reach, s)
    return [LinePart(weight: 1, law: self, pieces: pieces, std: nil)]
  }
}
