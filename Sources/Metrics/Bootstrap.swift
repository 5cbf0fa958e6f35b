import Autodiff
import Catalog
import Runtime
import Tensors

/// A confidence interval for a statistic by the percentile bootstrap: the statistic of many samples
/// drawn with replacement from the values, and their central interval (Efron 1979). Values that are nan
/// are left out and counted.
enum Bootstrap {
  static let entry = Entry.function(
    "bootstrap", "A confidence interval for the median or mean, by the percentile bootstrap.",
    .arg("values", "numbers or a tensor"),
    .option(
      "statistic", default: "median", "what the interval is for", in: .oneOf(["median", "mean"])),
    .option("level", default: 0.95, "confidence", in: .within(0...1)),
    .option(
      "resamples", default: 2000, "samples drawn with replacement", in: .within(1...(1 << 24))),
    .option("seed", default: nil, "any integer; the session's next where absent"),
    returns: "the statistic, low, high, and how many values were nan",
    details:
      "Draws resamples · n numbers of n values and sorts each sample: 2000 n at the defaults.",
    source: "Efron 1979", example: "return metric.bootstrap({1, 2, 3, 4, 5}, {seed = 1})"
  ) {
    (values: TensorSource, statistic: String, level: Double, resamples: Int, seed: Int?) in
    let (kept, dropped) = try Quantiles.numbers(values)
    guard !kept.isEmpty else { return Several(Double.nan, Double.nan, Double.nan, dropped) }
    let measure = statistic == "median" ? median : mean
    let stream = RandomStream(seed: seed ?? SessionSeed.next(), purpose: .bootstrap)
    let results = try (0..<resamples).map { _ in
      try measure(
        stream.integers(kept.count, 0...kept.count - 1).polledSort(by: <).polledMap { kept[$0] })
    }.sorted()
    return Several(
      measure(kept), Quantiles.quantile(results, (1 - level) / 2),
      Quantiles.quantile(results, (1 + level) / 2), dropped)
  }

  /// - Parameter sorted: rising.
  private static func median(_ sorted: [Double]) -> Double { Quantiles.quantile(sorted, 0.5) }

  private static func mean(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(values.count)
  }
}
