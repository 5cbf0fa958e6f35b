// Counting samples into bins.

import Catalog
import Glibc

public struct Histogram {
  public let edges: [Double]
  /// Samples a bin, or with `density` scaled so that the bars have total area 1.
  public let heights: [Double]

  /// Equal bins over the finite samples (or `range`; samples outside are left out). Without `bins`:
  /// as many as the width of Freedman and Diaconis (1981), 2 IQR n^(-1/3), asks for, but at least
  /// 2 n^(1/3) (Rice's rule; the IQR of two distant modes says nothing of their width), at most 200
  /// and at most what the numbers between the ends allow.
  public init(
    _ samples: [Double], bins: Int? = nil, range: ClosedRange<Double>? = nil, density: Bool = false
  ) throws {
    if let bins, !(1...100_000).contains(bins) {
      throw UserError("bins must be an integer from 1 to 100000, got \(bins)")
    }
    var kept = samples.filter { $0.isFinite }
    if let range { kept = kept.filter(range.contains) }
    kept.sort()
    guard var low = range?.lowerBound ?? kept.first, var high = range?.upperBound ?? kept.last
    else {
      (edges, heights) = ([], [])
      return
    }
    // A power of two changes no digit, and keeps differences in range whatever the samples are.
    let size = max(abs(low), abs(high))
    let unit = size > 0x1p960 ? 0x1p-100 : size < 0x1p-960 ? 0x1p200 : 1
    if high == low || high * unit - low * unit <= 1e-12 * (size * unit) {
      let half = max(0.5, 1e-6 * size)
      low = max(low - half, -.greatestFiniteMagnitude)
      high = min(high + half, .greatestFiniteMagnitude)
    }
    let span = high * unit - low * unit
    // Edges must differ: at most so many bins lie between the ends.
    let room = max(span / (4 * max(low.ulp, high.ulp) * unit), 1)
    if let bins, Double(bins) > room {
      throw UserError(
        "bins must be at most \(formatNumber(room.rounded(.down))) between"
          + " \(formatNumber(low)) and \(formatNumber(high)), got \(bins)")
    }
    let asked = bins.map(Double.init) ?? Self.bins(sorted: kept, unit, span)
    let count = Int(min(asked, room))
    let step = span / Double(count)
    edges = (0...count).map { index in
      index == 0
        ? low : index == count ? high : (low * unit + Double(index) * step) / unit
    }
    var counts = [Double](repeating: 0, count: count)
    for value in kept {
      let place = (value * unit - low * unit) / step
      counts[min(max(Int(place), 0), count - 1)] += 1
    }
    heights = density ? Self.densities(counts, edges, unit) : counts
  }

  /// Samples between given edges, the last one included; what lies outside is left out.
  public init(_ samples: [Double], edges: [Double], density: Bool = false) throws {
    guard edges.count >= 2, edges.allSatisfy(\.isFinite) else {
      throw UserError("edges must be at least 2 finite numbers, got \(edges.count)")
    }
    for (a, b) in zip(edges, edges.dropFirst()) where !(a < b) {
      throw UserError("edges must increase, got \(formatNumber(a)) before \(formatNumber(b))")
    }
    var counts = [Double](repeating: 0, count: edges.count - 1)
    for value in samples where value >= edges[0] && value <= edges[edges.count - 1] {
      var (low, high) = (0, counts.count)
      while high - low > 1 {
        let middle = (low + high) / 2
        if edges[middle] <= value { low = middle } else { high = middle }
      }
      counts[low] += 1
    }
    self.edges = edges
    heights = density ? Self.densities(counts, edges, 1) : counts
  }

  private static func densities(
    _ counts: [Double], _ edges: [Double], _ unit: Double
  ) -> [Double] {
    let total = counts.reduce(0, +)
    guard total > 0 else { return counts }
    return counts.indices.map {
      counts[$0] / total / (edges[$0 + 1] * unit - edges[$0] * unit) * unit
    }
  }

  private static func bins(sorted values: [Double], _ unit: Double, _ span: Double) -> Double {
    guard values.count > 1 else { return 1 }
    func quantile(_ share: Double) -> Double {
      values[Int(share * Double(values.count - 1))] * unit
    }
    let width = 2 * (quantile(0.75) - quantile(0.25)) / cbrt(Double(values.count))
    let rice = 2 * cbrt(Double(values.count))
    let asked = width > 0 ? span / width : rice
    return min(max(asked, rice).rounded(.up), 200)
  }
}
