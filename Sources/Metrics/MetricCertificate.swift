import Autodiff
import Catalog
import Models
import Processes
import Targets
import Tensors

/// A metric held to what it claims: each property on samples of laws that are known, and the coverage of its
/// interval.
package struct MetricCertificate {
  package private(set) var flaws: [String] = []
  /// Of 200 intervals at n = 100, the share that holds the value of large samples.
  package private(set) var coverage: Double?

  package init(_ metric: Metric) throws {
    var driver = MetricDriver(
      MeasureOptions(), isNonNegative: metric.properties.contains(.nonNegative))
    driver.interval = metric.interval
    try self.init(
      metric.properties, metric.body, driver, metric.dimension, largest: metric.largest)
  }

  package init(
    _ properties: [MetricProperty], _ body: MetricBody, _ driver: MetricDriver,
    _ dimension: Int = 2, largest: Int = 3000
  ) throws {
    switch body {
    case .samples(let body):
      let trial = SampleTrial(body, dimension: dimension, largest: largest)
      for property in properties {
        if let flaw = try trial.flaw(property) { flaws.append("\(property.rawValue): \(flaw)") }
      }
      guard [.influence, .bootstrap, .subsampling].contains(driver.interval) else { return }
      let share = try trial.coverage(driver)
      coverage = share
      if share < 0.9 {
        flaws.append("interval: \(shortNumber(share)) of the intervals hold the value, not 0.95")
      }
    case .model(let body):
      for property in properties {
        if let flaw = try MetricCertificate.flaw(property, body) {
          flaws.append("\(property.rawValue): \(flaw)")
        }
      }
    }
  }

  package var value: Value {
    var pairs: [(key: String, value: Value)] = [
      ("passed", .boolean(flaws.isEmpty)), ("flaws", .list(flaws.map { .string($0) })),
    ]
    if let coverage { pairs.append(("coverage", .number(coverage))) }
    return .named(pairs)
  }

  /// What a metric of models has of a property: on the exact score of a mixture, and on that of another.
  private static func flaw(
    _ property: MetricProperty,
    _ body: (ScoreModel, Target, Int) throws -> Estimate
  ) throws -> String? {
    func mixture(_ mean: Double) throws -> Target {
      Target(
        try GaussianMixture(
          means: Tensor([-mean, mean], shape: [2, 1]), stds: [1], weights: [0.5, 0.5]))
    }
    let (truth, other) = (try mixture(2), try mixture(2.5))
    func value(_ learned: Target) throws -> Double {
      try body(ScoreModel(exactScoreOf: learned, SDE(VP())), truth, 1).value
    }
    let (same, different) = (try value(truth), try value(other))
    switch property {
    case .nonNegative:
      return min(same, different) >= 0 ? nil : "got \(shortNumber(min(same, different)))"
    case .zeroOnItself:
      return abs(same) < 1e-6 ? nil : "got \(shortNumber(same)) for the exact score"
    case .zeroIffEqual:
      return abs(same) < 1e-6 && different > 1e-3
        ? nil
        : "got \(shortNumber(same)) for the exact score, \(shortNumber(different)) for another"
    default: return "is a property of metrics of two samples"
    }
  }
}

/// Trials of a metric of two samples. Laws: N(0, I), and three that differ from it by a shift, by their spread, or
/// in shape alone, with the same mean and covariance.
private struct SampleTrial {
  private enum Law: CaseIterable { case normal, shifted, wide, split }

  let body: MetricDriver.Body
  let dimension: Int
  /// Points of large samples.
  let largest: Int

  init(_ body: @escaping MetricDriver.Body, dimension: Int, largest: Int) {
    (self.body, self.dimension, self.largest) = (body, dimension, largest)
  }

  /// - Parameter trial: tells one sample from another.
  private func sample(_ law: Law, _ n: Int, _ trial: Int) throws -> Tensor {
    let z = try RandomStream(seed: trial, purpose: .metric).normal([n, dimension], .float64)
    switch law {
    case .normal: return z
    case .shifted: return try z.combined(with: 1.5, .add)
    case .wide: return try z.combined(with: 1.5, .multiply)
    case .split:
      // z = ±0.95 + √(1 − 0.95²) z′ in the first coordinate.
      let numbers = z.pointer(Double.self)
      for i in 0..<n {
        let number = numbers[i * dimension]
        let side = (number * 1e6).rounded().truncatingRemainder(dividingBy: 2) == 0 ? 0.95 : -0.95
        numbers[i * dimension] = side + (1 - 0.9025).squareRoot() * number
      }
      return z
    }
  }

  private func value(_ a: Law, _ b: Law, _ n: Int, _ trial: Int) throws -> Double {
    try body(sample(a, n, 2 * trial), sample(b, n, 2 * trial + 1), 1).value
  }

  private func values(_ a: Law, _ b: Law, _ n: Int, count: Int) throws -> [Double] {
    try (0..<count).map { try value(a, b, n, $0) }
  }

  /// What is wrong with a property; nil where it holds.
  func flaw(_ property: MetricProperty) throws -> String? {
    let (x, y) = (try sample(.normal, 40, 1), try sample(.shifted, 30, 2))
    let value = try body(x, y, 1).value
    func unlike(_ other: Double, _ expected: Double) -> String? {
      abs(other - expected) <= 1e-9 * max(1, abs(expected))
        ? nil : "got \(shortNumber(other)) where \(shortNumber(expected)) is right"
    }
    switch property {
    case .symmetric: return try unlike(body(y, x, 1).value, value)
    case .translationInvariant:
      return try unlike(body(x.combined(with: 2, .add), y.combined(with: 2, .add), 1).value, value)
    case .rotationInvariant: return try unlike(body(turned(x), turned(y), 1).value, value)
    case .scaleInvariant, .homogeneous:
      let scaled = try body(x.combined(with: 3, .multiply), y.combined(with: 3, .multiply), 1).value
      return unlike(scaled, property == .homogeneous ? 3 * value : value)
    case .zeroOnItself: return try unlike(body(x, x, 1).value, 0)
    case .nonNegative:
      let least = try (values(.normal, .normal, 8, count: 100) + [value]).min() ?? 0
      return least >= 0 ? nil : "got \(shortNumber(least))"
    case .unbiased: return try bias()
    case .zeroIffEqual: return try limits()
    }
  }

  /// Points turned by 0.7 in their first two coordinates; on the line, mirrored.
  private func turned(_ x: Tensor) throws -> Tensor {
    if dimension == 1 { return try x.combined(with: -1, .multiply) }
    var matrix = (0..<dimension * dimension).map { $0 % (dimension + 1) == 0 ? 1.0 : 0 }
    let (c, s) = (0.764842187284489, 0.644217687237691)
    (matrix[0], matrix[1], matrix[dimension], matrix[dimension + 1]) = (c, s, -s, c)
    return try x.matrixProduct(Tensor(matrix, shape: [dimension, dimension]))
  }

  private func mean(_ values: [Double]) -> (mean: Double, error: Double) {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean, (squares / (count - 1) / count).squareRoot())
  }

  private func bias() throws -> String? {
    let small = mean(try values(.normal, .shifted, 8, count: 400))
    let large = mean(try values(.normal, .shifted, largest, count: 8))
    let error = (small.error * small.error + large.error * large.error).squareRoot()
    let off = small.mean - large.mean
    if abs(off) <= 4.5 * error { return nil }
    return "the mean at n = 8 is off by \(shortNumber(off)), standard error \(shortNumber(error))"
  }

  private func limits() throws -> String? {
    let few = try values(.normal, .normal, 50, count: 20).map { abs($0) }
    let count = min(2000, largest)
    let many = try values(.normal, .normal, count, count: 6).map { abs($0) }
    if mean(many).mean > 0.5 * mean(few).mean {
      return "for equal laws \(shortNumber(mean(few).mean)) at n = 50 and "
        + "\(shortNumber(mean(many).mean)) at n = \(count)"
    }
    let most = many.max() ?? 0
    for law in Law.allCases where law != .normal {
      let value = try value(.normal, law, count, 1)
      if value <= 1.5 * most {
        return "\(shortNumber(value)) for laws that differ, \(shortNumber(most)) for equal ones"
      }
    }
    return nil
  }

  /// The share of 200 intervals at n = 100 that hold the value of large samples.
  func coverage(_ driver: MetricDriver) throws -> Double {
    let truth = mean(try values(.normal, .shifted, largest, count: 8)).mean
    var driver = driver
    driver.floorless(seed: 1)
    let held = try (0..<200).count { trial in
      let (x, y) = (
        try sample(.normal, 100, 2 * trial + 1000), try sample(.shifted, 100, 2 * trial + 1001)
      )
      guard let interval = try driver.measure(x, .second(y), body).interval else { return false }
      return interval.low <= truth && truth <= interval.high
    }
    return Double(held) / 200
  }
}
