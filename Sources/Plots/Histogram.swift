// Counting samples into bins.

import Catalog
import Glibc
import Runtime
import Tensors

package struct Histogram {
  package let edges: [Double]
  /// Samples a bin, or with `density` scaled so that the bars have total area 1.
  package let heights: [Double]

  /// Equal bins over the finite samples (or `range`; samples outside are left out). Without `bins`:
  /// as many as the width of Freedman and Diaconis (1981), 2 IQR n^(-1/3), asks for, but at least
  /// 2 n^(1/3) (Rice's rule; the IQR of two distant modes says nothing of their width), at most 200
  /// and at most what the numbers between the ends allow.
  package init(
    _ samples: [Double], bins: Int? = nil, range: ClosedRange<Double>? = nil, density: Bool = false
  ) throws {
    if let bins, !(1...100_000).contains(bins) {
      throw UserError("bins must be an integer from 1 to 100000, got \(bins)")
    }
    var kept = try samples.polledFilter { $0.isFinite }
    if let range { kept = try kept.polledFilter(range.contains) }
    kept = try kept.polledSort(by: <)
    guard var low = range?.lowerBound ?? kept.first, var high = range?.upperBound ?? kept.last
    else {
      (edges, heights) = ([], [])
      return
    }
    if EqualBins.room(from: low, to: high) < 4096, low.ulp > .leastNonzeroMagnitude {
      // Numbers that agree to twelve digits count as one.
      (low, high) = EqualBins.ends(around: low / 2 + high / 2)
    } else if low == high {
      (low, high) = EqualBins.ends(around: low)
    }
    // Edges must differ: at most so many bins lie between the ends.
    let room = max(EqualBins.room(from: low, to: high) / 4, 1)
    if let bins, Double(bins) > room {
      throw UserError(
        "bins must be at most \(formatNumber(room.rounded(.down))) between"
          + " \(formatNumber(low)) and \(formatNumber(high)), got \(bins)")
    }
    let asked = bins.map(Double.init) ?? Self.bins(sorted: kept, low, high)
    let equal = EqualBins(from: low, to: high, count: Int(clamping: min(asked, room)))
    var counts = [Double](repeating: 0, count: equal.edges.count - 1)
    for (number, value) in kept.enumerated() {
      if number & 0xFFFF == 0 { try Cancellation.check() }
      counts[equal.bin(of: value)] += 1
    }
    edges = equal.edges
    heights = density ? Self.densities(counts, edges) : counts
  }

  /// Samples between given edges, the last one included; what lies outside is left out.
  package init(_ samples: [Double], edges: [Double], density: Bool = false) throws {
    guard edges.count >= 2, edges.allSatisfy(\.isFinite) else {
      throw UserError("edges must be at least 2 finite numbers, got \(edges.count)")
    }
    for (a, b) in zip(edges, edges.dropFirst()) where !(a < b) {
      throw UserError("edges must increase, got \(formatNumber(a)) before \(formatNumber(b))")
    }
    var counts = [Double](repeating: 0, count: edges.count - 1)
    for (number, value) in samples.enumerated() {
      if number & 0xFFFF == 0 { try Cancellation.check() }
      guard value >= edges[0], value <= edges[edges.count - 1] else { continue }
      var (low, high) = (0, counts.count)
      while high - low > 1 {
        let middle = (low + high) / 2
        if edges[middle] <= value { low = middle } else { high = middle }
      }
      counts[low] += 1
    }
    self.edges = edges
    heights = density ? Self.densities(counts, edges) : counts
  }

  /// By halves: the width of a bin may be larger than any number.
  private static func densities(_ counts: [Double], _ edges: [Double]) -> [Double] {
    let total = counts.reduce(0, +)
    guard total > 0 else { return counts }
    return counts.indices.map { counts[$0] / total / 2 / (edges[$0 + 1] / 2 - edges[$0] / 2) }
  }

  private static func bins(sorted values: [Double], _ low: Double, _ high: Double) -> Double {
    guard values.count > 1 else { return 1 }
    func quantile(_ share: Double) -> Double {
      values[Int(clamping: share * Double(values.count - 1))]
    }
    // Halves again, and of both, so that their quotient is that of the wholes.
    let spread = quantile(0.75) / 2 - quantile(0.25) / 2
    let width = 2 * spread / cbrt(Double(values.count))
    let rice = 2 * cbrt(Double(values.count))
    let asked = width > 0 ? (high / 2 - low / 2) / width : rice
    return min(max(asked, rice).rounded(.up), 200)
  }
}
