import Autodiff
import Catalog
import Models
import Targets
import Tensors

/// What holds of a metric whatever it is given; `metric.certify` tries each.
package enum MetricProperty: String, CaseIterable {
  /// d(x, y) = d(y, x).
  case symmetric
  /// The mean over samples of any size is the value for infinitely many.
  case unbiased
  case nonNegative = "non_negative"
  /// Exactly 0 between a sample and itself, or for the exact score of the target.
  case zeroOnItself = "zero_on_itself"
  /// It goes to 0 for samples of one law, and not for those of two.
  case zeroIffEqual = "zero_iff_equal"
  /// d(x + a, y + a) = d(x, y).
  case translationInvariant = "translation_invariant"
  /// d(xQ, yQ) = d(x, y) for orthogonal Q.
  case rotationInvariant = "rotation_invariant"
  /// d(cx, cy) = d(x, y).
  case scaleInvariant = "scale_invariant"
  /// d(cx, cy) = |c| d(x, y).
  case homogeneous

  var words: String {
    switch self {
    case .symmetric: "symmetric"
    case .unbiased: "unbiased"
    case .nonNegative: "not negative"
    case .zeroOnItself: "0 for what equals the reference"
    case .zeroIffEqual: "0 in the limit for equal laws only"
    case .translationInvariant: "invariant under translations"
    case .rotationInvariant: "invariant under rotations"
    case .scaleInvariant: "invariant under a change of unit"
    case .homogeneous: "in the unit of the points"
    }
  }
}

/// How a metric comes by its interval, which depends on what it is.
package enum IntervalKind: String {
  /// From the influence of each point, which the body works out with the value (the delta method).
  case influence
  /// Wilson's interval of a share.
  case share
  /// From the values of samples drawn with replacement.
  case bootstrap
  /// From the spread of the values of random halves, where points that a bootstrap draws twice would spoil the
  /// value (Shao & Wu 1989).
  case subsampling
  /// From independent draws of the noise.
  case freshDraws = "fresh_draws"
  /// No sample is involved: a quadrature has no sampling error.
  case none
  /// The bias is larger than the spread, so that no interval about the value would be honest.
  case biased

  var words: String {
    switch self {
    case .influence: "from the influence of each point, normal"
    case .share: "Wilson's, of a share"
    case .bootstrap: "percentiles of a bootstrap"
    case .subsampling: "from the spread of random halves"
    case .freshDraws: "from independent draws of the noise"
    case .none: "none, since no sample is drawn"
    case .biased: "none, since the bias of few points is larger than their spread"
    }
  }
}

/// What a body gives: a value, and how far it may be off by chance.
package struct Estimate {
  package var value: Double
  /// nil where the driver makes the interval, or there is none.
  package var standardError: Double?

  package init(_ value: Double, standardError: Double? = nil) {
    (self.value, self.standardError) = (value, standardError)
  }
}

/// What a metric compares, with its default options; what certifies a metric calls it.
package enum MetricBody {
  /// Two samples, points as rows [n, d] and [m, d], and a seed.
  case samples((_ x: Tensor, _ y: Tensor, _ seed: Int) throws -> Estimate)
  /// A model with the target that it is to have learned.
  case model((_ model: ScoreModel, _ target: Target, _ seed: Int) throws -> Estimate)
}

/// A metric as the catalog and the certificate see it: what it computes and what it claims.
///
/// A new one is a file with a `Metric` and its line in `MetricModule.metrics`.
package struct Metric {
  package let entry: Entry
  package let properties: [MetricProperty]
  package let interval: IntervalKind
  package let body: MetricBody
  /// Of the points that certify it: 2, or 1 where it takes no others.
  package let dimension: Int
  /// Points of the largest samples that certify it; fewer where its time grows fast.
  package let largest: Int

  package var name: String { entry.name }

  /// A metric of two samples. The driver reads the samples, draws from a target, and adds interval, floor and
  /// reference.
  ///
  /// - Parameter options: the metric's own; each has a default. `body` receives them in order.
  package init<each A: Argument>(
    _ name: String, _ summary: String, _ options: repeat Parameter<each A>,
    dimension: Int = 2, largest: Int = 3000, properties: [MetricProperty],
    interval: IntervalKind, details: String,
    source: String, example: String,
    body: @escaping (_ x: Tensor, _ y: Tensor, _ seed: Int, repeat each A) throws -> Estimate
  ) {
    let isNonNegative = properties.contains(.nonNegative)
    let call:
      (Tensor, OneOf<Target, Tensor>, OptionsOf<MeasureOptions>, repeat each A) throws
        -> Measurement = {
          (
            x: Tensor, y: OneOf<Target, Tensor>, shared: OptionsOf<MeasureOptions>,
            own: repeat each A
          ) in
          var driver = MetricDriver(shared.values, isNonNegative: isNonNegative)
          driver.interval = interval
          return try driver.measure(x, y) { x, y, seed in try body(x, y, seed, repeat each own) }
        }
    entry = .function(
      name, summary, Parameter<Tensor>.arg("x", PointClouds.summary),
      Parameter<OneOf<Target, Tensor>>.arg("y", "points of the same shape, or a target"),
      Parameter<OptionsOf<MeasureOptions>>.group(MeasureOptions.self), repeat each options,
      returns: "a measurement: value, low, high, floor, n, seed, reference",
      details: details + "\n\n" + Metric.claims(properties, interval), source: source,
      example: example, body: call)
    self.body = .samples { x, y, seed in
      try body(x, y, seed, repeat (each options).requiredDefault())
    }
    (self.properties, self.interval) = (properties, interval)
    (self.dimension, self.largest) = (dimension, largest)
  }

  /// A metric whose entry returns more than a measurement, or takes other arguments.
  package init(
    _ entry: Entry, properties: [MetricProperty], interval: IntervalKind, body: MetricBody
  ) {
    (self.entry, self.properties) = (entry, properties)
    (self.interval, self.body, dimension, largest) = (interval, body, 2, 3000)
  }

  /// The sentences that help says of a metric.
  static func claims(_ properties: [MetricProperty], _ interval: IntervalKind) -> String {
    let words = properties.map(\.words).joined(separator: ", ")
    return (words.isEmpty ? "" : words.prefix(1).uppercased() + words.dropFirst() + ". ")
      + "Interval: \(interval.words)."
  }
}
