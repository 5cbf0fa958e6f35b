import Autodiff
import Catalog
import Runtime
import Tensors

/// Quantiles of a list, linear between order statistics (Hyndman & Fan 1996, type 7: NumPy's default),
/// and intervals of them. Values that are nan are left out and counted: a diverged run must neither
/// vanish nor spoil the others.
enum Quantiles {
  static let entry = Entry.function(
    "quantiles", "Quantiles of the values that are not nan.",
    .arg("values", "numbers or a tensor"), .arg("probabilities", "numbers from 0 to 1"),
    returns: "a list, and how many values were nan; the list holds nan where all were",
    details: "Sorts the values once, and evaluates nothing.", source: "Hyndman & Fan 1996, type 7",
    example: "return metric.quantiles({1, 2, 3, 4}, {0.25, 0.5, 0.75})"
  ) { (values: TensorSource, probabilities: [Double]) in
    if let wrong = probabilities.first(where: { !(0...1).contains($0) }) {
      throw UserError("probabilities must be from 0 to 1, got \(formatNumber(wrong))")
    }
    let (kept, dropped) = try numbers(values)
    return Several(probabilities.map { quantile(kept, $0) }, dropped)
  }

  static let interval = Entry.function(
    "interval", "The median and the central interval of the values that are not nan.",
    .arg("values", "numbers or a tensor"),
    .option(
      "level", default: 0.5, "share inside; 0.5 is the inter-quartile range", in: .within(0...1)),
    returns: "median, low, high, and how many values were nan",
    details: "Sorts the values once, and evaluates nothing.",
    source: "Hyndman & Fan 1996, type 7", example: "return metric.interval({1, 2, 3, 4, 5})"
  ) { (values: TensorSource, level: Double) in
    let (kept, dropped) = try numbers(values)
    return Several(
      quantile(kept, 0.5), quantile(kept, (1 - level) / 2), quantile(kept, (1 + level) / 2), dropped
    )
  }

  /// The values that are not nan in rising order, and how many are.
  static func numbers(_ source: TensorSource) throws -> (sorted: [Double], nanCount: Int) {
    let all = try source.tensor(.float64).doubles()
    guard !all.isEmpty else { throw UserError("values must not be empty") }
    let kept = try all.polledFilter { !$0.isNaN }.polledSort(by: <)
    return (kept, all.count - kept.count)
  }

  /// - Parameter sorted: rising; nan where it is empty.
  static func quantile(_ sorted: [Double], _ probability: Double) -> Double {
    guard !sorted.isEmpty else { return .nan }
    let place = probability * Double(sorted.count - 1)
    let below = Int(clamping: place)
    let above = min(below + 1, sorted.count - 1)
    let share = place - Double(below)
    let (low, high) = (sorted[below], sorted[above])
    if share == 0 || low == high { return low }
    // Where the difference overflows or one is infinite: between −inf and inf lies nothing.
    let difference = high - low
    return difference.isFinite ? low + share * difference : low * (1 - share) + high * share
  }
}
