// Every metric holds what it declares, and what certifies them rejects metrics that do not.
import Metrics
import Tensors
import Testing

@Suite struct MetricCertificateTests {
  @Test(
    "each metric holds what it declares, and its intervals hold the value",
    arguments: MetricModule.metrics.map(\.name))
  func holds(name: String) throws {
    let metric = try #require(MetricModule.metrics.first { $0.name == name })
    let certificate = try MetricCertificate(metric)
    #expect(certificate.flaws == [])
    if metric.interval == .influence {
      let coverage = try #require(certificate.coverage)
      #expect(coverage >= 0.9 && coverage <= 0.99, "\(coverage)")
    }
  }

  private static func mean(_ x: Tensor) throws -> Double {
    try x.doubles().reduce(0, +) / Double(x.elementCount)
  }

  /// 2 E‖X − Y‖ − E‖X − X′‖ − E‖Y − Y′‖ with the pairs of a point and itself in the means: the V-statistic.
  private static func biased(_ x: Tensor, _ y: Tensor) throws -> Double {
    try 2 * mean(pairwiseDistances(x, y)) - mean(pairwiseDistances(x, x))
      - mean(pairwiseDistances(y, y))
  }

  /// A metric that claims a property it has not.
  struct Mistake: CustomTestStringConvertible, @unchecked Sendable {
    let claim: MetricProperty
    let body: MetricDriver.Body
    var testDescription: String { claim.rawValue }
  }

  static let mistakes: [Mistake] = [
    Mistake(claim: .symmetric) { x, y, _ in
      Estimate(try mean(x.applying(.square)) - 0.5 * mean(y.applying(.square)))
    },
    Mistake(claim: .unbiased) { x, y, _ in Estimate(try biased(x, y)) },
    Mistake(claim: .nonNegative) { x, y, _ in try EnergyDistance.estimate(x, y) },
    Mistake(claim: .zeroOnItself) { x, y, _ in try EnergyDistance.estimate(x, y) },
    Mistake(claim: .zeroIffEqual) { x, y, _ in Estimate(try abs(mean(x) - mean(y))) },
    Mistake(claim: .zeroIffEqual) { x, y, _ in Estimate(try mean(pairwiseDistances(x, y))) },
    Mistake(claim: .translationInvariant) { x, y, _ in
      Estimate(try mean(x.applying(.square)) - mean(y.applying(.square)))
    },
    Mistake(claim: .rotationInvariant) { x, y, _ in
      Estimate(try mean(pairwiseDistances(x, y, order: 1)))
    },
    Mistake(claim: .scaleInvariant) { x, y, _ in try EnergyDistance.estimate(x, y) },
    Mistake(claim: .homogeneous) { x, y, _ in
      Estimate(try mean(pairwiseDistances(x, y, squared: true)))
    },
  ]

  @Test("a metric that claims what it has not is found out", arguments: mistakes)
  func plantedProperty(mistake: Mistake) throws {
    var driver = MetricDriver(MeasureOptions(), isNonNegative: false)
    driver.interval = .none
    let flaws = try MetricCertificate([mistake.claim], .samples(mistake.body), driver).flaws
    #expect(flaws.count == 1 && flaws[0].hasPrefix(mistake.claim.rawValue), "\(flaws)")
  }

  @Test("intervals that are half as wide as they must be are found out")
  func plantedInterval() throws {
    let narrow: MetricDriver.Body = { x, y, _ in
      var estimate = try EnergyDistance.estimate(x, y)
      estimate.standardError = estimate.standardError.map { $0 / 2 }
      return estimate
    }
    let driver = MetricDriver(MeasureOptions(), isNonNegative: false)
    let certificate = try MetricCertificate([], .samples(narrow), driver)
    #expect(certificate.flaws.first?.hasPrefix("interval: ") == true)
    #expect(try #require(certificate.coverage) < 0.8)
  }

  @Test("random halves give an interval of the stated level without an error from the body")
  func subsampling() throws {
    var driver = MetricDriver(MeasureOptions(), isNonNegative: false)
    driver.interval = .subsampling
    driver.resamples = 100
    let body: MetricDriver.Body = { x, y, _ in Estimate(try EnergyDistance.estimate(x, y).value) }
    let coverage = try #require(try MetricCertificate([], .samples(body), driver).coverage)
    #expect(coverage >= 0.9 && coverage <= 0.99, "\(coverage)")
  }
}
