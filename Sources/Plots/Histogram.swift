// Counting samples into bins.

import Catalog
import Glibc

public struct Histogram {
  public let edges: [Double]
  /// Samples a bin, or with `density` scaled so that the bars have total area 1.
  public let heights: [Double]

  /// Equal bins over the finite samples (or `range`; samples outside are left out). Without `bins`:
  /// as many as the width of Freedman and Diaconis (1981), 2 IQR n^(-1/3), asks for, but at least
  /// 2 n^(1/3) (Rice's rule; the IQR of two distant modes says nothing of their width), at most 200.
  public init(
    _ samples: [Double], bins: Int? = nil, range: ClosedRange<Double>? = nil, density: Bool = false
  ) throws {
    if let bins, !(1...100_000).contains(bins) {
      throw UserError("bins must be an integer from 1 to 100000, got \(bins)")
    }
    var kept = samples.filter { $0.isFinite && abs($0) <= 1e300 }
    if let range { kept = kept.filter(range.contains) }
    kept.sort()
    guard var low = range?.lowerBound ?? kept.first, var high = range?.upperBound ?? kept.last
    else {
      (edges, heights) = ([], [])
      return
    }
    if high - low <= 1e-12 * max(abs(low), abs(high)) {
      let half = max(0.5, 1e-6 * abs(low))
      (low, high) = (low - half, high + half)
    }
    let count = bins ?? Self.bins(sorted: kept, range: high - low)
    let step = (high - low) / Double(count)
    var counts = [Double](repeating: 0, count: count)
    for value in kept { counts[min(max(Int((value - low) / step), 0), count - 1)] += 1 }
    edges = (0...count).map { $0 == count ? high : low + Double($0) * step }
    let unit = density && !kept.isEmpty ? 1 / (Double(kept.count) * step) : 1
    heights = counts.map { $0 * unit }
  }

  private static func bins(sorted values: [Double], range: Double) -> Int {
    guard values.count > 1 else { return 1 }
    func quantile(_ share: Double) -> Double { values[Int(share * Double(values.count - 1))] }
    let width = 2 * (quantile(0.75) - quantile(0.25)) / cbrt(Double(values.count))
    let rice = 2 * cbrt(Double(values.count))
    let asked = width > 0 ? range / width : rice
    return Int(min(max(asked, rice).rounded(.up), 200))
  }
}
