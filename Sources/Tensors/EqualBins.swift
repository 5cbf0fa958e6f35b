// Bins of equal width between two finite numbers, however far apart or near they are.

package struct EqualBins {
  /// One more than bins, from the first number to the last exactly.
  package let edges: [Double]
  private let low: Double
  private let step: Double
  /// A power of two, which changes no digit and keeps differences among the normal numbers.
  private let unit: Double

  /// - Precondition: `first` < `last`, both finite; `count` ≥ 1.
  package init(from first: Double, to last: Double, count: Int) {
    let unit = Self.unit(first, last)
    let (low, high) = (first * unit, last * unit)
    let step = (high - low) / Double(count)
    edges = (0...count).map { index in
      index == 0 ? first : index == count ? last : (low + Double(index) * step) / unit
    }
    (self.unit, self.low, self.step) = (unit, low, step)
  }

  /// The bin of a number between the ends; the last bin is closed.
  package func bin(of value: Double) -> Int {
    let most = edges.count - 2
    let bin = Int(clamping: min(max((value * unit - low) / step, 0), Double(most)))
    // Rounding may put a value next to its bin: the edges decide.
    if value < edges[bin], bin > 0 { return bin - 1 }
    return bin < most && value >= edges[bin + 1] ? bin + 1 : bin
  }

  /// `last` − `first` beside what it takes to tell their neighbours apart.
  package static func room(from first: Double, to last: Double) -> Double {
    let unit = unit(first, last)
    return (last * unit - first * unit) / (max(first.ulp, last.ulp) * unit)
  }

  /// Ends around numbers that are all alike: half to each side, or a millionth of them where that is
  /// more.
  package static func ends(around value: Double) -> (first: Double, last: Double) {
    let half = max(0.5, 1e-6 * abs(value))
    let greatest = Double.greatestFiniteMagnitude
    return (max(value - half, -greatest), min(value + half, greatest))
  }

  private static func unit(_ first: Double, _ last: Double) -> Double {
    let size = max(abs(first), abs(last))
    return size > 0x1p960 ? 0x1p-100 : size < 0x1p-960 ? 0x1p200 : 1
  }
}
