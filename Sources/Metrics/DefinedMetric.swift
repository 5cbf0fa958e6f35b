import Autodiff
import Catalog
import Targets
import Tensors

/// A metric of the user's own, from a function in Lua of two samples.
package final class DefinedMetric: FunctionHolder, Callable {
  package static var typeName: String { "metric" }

  package struct Options: OptionGroup {
    package var name: String?
    package var body: Callback?
    package var properties: [String] = []
    package var interval = IntervalKind.subsampling.rawValue
    package var resamples = 200

    package init() {}

    package static let options: [Option<Options>] = [
      Option(required: "name", \.name, "how it is printed and named in errors"),
      Option(
        required: "body", \.body,
        "body(x, y, seed), of points [n, d] and [m, d]; returns a number, also in a tensor without axes"
      ),
      Option(
        "properties", \.properties, "what metric.certify holds it to",
        in: Domain("a list of names out of " + names.joined(separator: ", ")) {
          $0.allSatisfy(names.contains)
        }),
      Option(
        "interval", \.interval, "by which means",
        in: .oneOf(["subsampling", "bootstrap", "none"])),
      Option(
        "resamples", \.resamples, "samples drawn for the interval", in: .within(2...1_000_000)),
    ]

    static let names = MetricProperty.allCases.map(\.rawValue)
  }

  package let name: String
  let properties: [MetricProperty]
  let interval: IntervalKind
  private let resamples: Int
  private let function: Callback
  package var functions: [Callback] { [function] }

  init(_ options: Options) throws {
    name = try options.required(\.name, "name")
    function = try options.required(\.body, "body")
    properties = options.properties.compactMap { MetricProperty(rawValue: $0) }
    interval = IntervalKind(rawValue: options.interval) ?? .none
    resamples = options.resamples
  }

  package func describe() -> String { "metric(\(name))" }

  func body(_ x: Tensor, _ y: Tensor, _ seed: Int) throws -> Estimate {
    let result = try function.call(
      x, y, seed, returning: OneOf<Double, Tensor>.self, name: "body")
    switch result {
    case .first(let value): return Estimate(value)
    case .second(let tensor):
      guard tensor.rank == 0 else {
        throw UserError(
          "body of \(name) must return a number or a tensor without axes, got shape \(tensor.shape)"
        )
      }
      return Estimate(try tensor.constant("the result of body").item())
    }
  }

  func driver(_ options: MeasureOptions) -> MetricDriver {
    var driver = MetricDriver(options, isNonNegative: properties.contains(.nonNegative))
    (driver.interval, driver.resamples) = (interval, resamples)
    return driver
  }

  static let entries: [Entry] = [
    .function(
      "define", "A metric of your own, from a function of two samples.", .group(Options.self),
      returns:
        "a metric m, called as m(x, y, {…}) with the options that all metrics of samples share; "
        + "y may be a target",
      details: """
        The call adds interval, floor and reference. An interval by subsampling is the value ± the spread of \
        the values of random halves, times the normal quantile; one by bootstrap is between percentiles of \
        the values of samples drawn with replacement, and wrong where points that are drawn twice spoil the \
        value, as nearest neighbours do. Calls the body 1 + floors + resamples times: 204 at the defaults.
        """,
      source: "Shao & Wu 1989 (subsampling); Efron 1979 (bootstrap)",
      example: """
        gap = metric.define{name = "gap", properties = {"symmetric", "non_negative"},
          body = function(x, y) return (x:mean(1) - y:mean(1)):norm() end}
        mix = target.gaussian_mixture{means = {-3, 3}}
        return gap(mix:sample(100, {seed = 1}), mix, {seed = 1})
        """
    ) { (options: OptionsOf<Options>) in try DefinedMetric(options.values) },
    .metamethod(
      DefinedMetric.self, "__call", "m(x, y, {…})", "Measures two samples.", .arg("self"),
      .arg("x", PointClouds.summary), .arg("y"), .group(MeasureOptions.self)
    ) {
      (
        metric: DefinedMetric, x: Tensor, y: OneOf<Target, Tensor>,
        options: OptionsOf<MeasureOptions>
      ) in try metric.driver(options.values).measure(x, y, metric.body)
    },
    .function(
      "certify", "Holds a metric to what it claims, on laws that are known.",
      .arg("metric", "one of metric.define, or the name of one here"),
      returns: "{passed, flaws, coverage (of the interval, where it is from samples)}",
      details: """
        Each property that is claimed is tried on samples of two laws, in two dimensions or on the line: \
        symmetry and invariances to rounding, bias by the means of 400 values at n = 8 and of 8 at \
        n = 3000, limits at n = 50 and 2000. Coverage is the share of 200 intervals at n = 100, of laws that \
        differ, that hold the value of large samples; below 0.9 at a level of 0.95 is a flaw.
        """,
      example: "return metric.certify(\"energy_distance\").coverage"
    ) { (which: OneOf<DefinedMetric, String>) -> Value in
      switch which {
      case .first(let metric):
        return try MetricCertificate(
          metric.properties, .samples(metric.body), metric.driver(MeasureOptions())
        ).value
      case .second(let name):
        guard let metric = MetricModule.metrics.first(where: { $0.name == name }) else {
          throw UserError(unknownName("metric", name, known: MetricModule.metrics.map(\.name)))
        }
        return try MetricCertificate(metric).value
      }
    },
  ]
}
