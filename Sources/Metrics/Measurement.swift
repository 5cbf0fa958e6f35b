import Catalog
import Glibc
import Tensors

/// What a metric measured: the value with its interval, what it is for truth against truth, and against what.
///
/// It stands for its value in arithmetic, comparisons and the log of a run.
package final class Measurement: NumberObject {
  package static var typeName: String { "measurement" }

  package let value: Double
  /// The interval at `level`; nil where the metric has none.
  package let interval: (low: Double, high: Double)?
  package let level: Double
  /// What the metric is for truth against truth at the same n.
  package let floor: Double?
  /// Points that were measured; nil where none were.
  package let n: Int?
  package let seed: Int?
  /// What the value was measured against.
  package let reference: String

  package init(
    _ value: Double, interval: (low: Double, high: Double)? = nil, level: Double = 0.95,
    floor: Double? = nil, n: Int? = nil, seed: Int? = nil, reference: String
  ) {
    (self.value, self.interval, self.level) = (value, interval, level)
    (self.floor, self.n, self.seed, self.reference) = (floor, n, seed, reference)
  }

  package var number: Double { value }

  package var fields: Value {
    var pairs: [(key: String, value: Value)] = [("value", .number(value))]
    if let interval {
      pairs += [
        ("low", .number(interval.low)), ("high", .number(interval.high)),
        ("level", .number(level)),
      ]
    }
    if let floor { pairs.append(("floor", .number(floor))) }
    if let n { pairs.append(("n", .integer(n))) }
    if let seed { pairs.append(("seed", .integer(seed))) }
    return .named(pairs + [("reference", .string(reference))])
  }

  /// `0.123 [0.118, 0.130], floor 0.045 at n = 1000`.
  package func describe() -> String {
    describeWithoutCount() + (n.map { " at n = \($0)" } ?? "")
  }

  /// The same without n, where several measurements have one.
  func describeWithoutCount() -> String {
    var text = shown(value)
    if let interval { text += " [\(shown(interval.low)), \(shown(interval.high))]" }
    if let floor { text += ", floor \(shown(floor))" }
    return text
  }

  /// A number with the digits that the interval leaves: two of its half width. Without one, four.
  private func shown(_ number: Double) -> String {
    guard let interval, number.isFinite else { return shortNumber(number) }
    let half = (interval.high - interval.low) / 2
    guard half > 0, half.isFinite else { return shortNumber(number) }
    let decimals = Int(clamping: 1 - log10(half).rounded(.down))
    guard decimals <= 7, max(abs(value), abs(interval.low), abs(interval.high)) < 1e5 else {
      return shortNumber(number)
    }
    var buffer = [CChar](repeating: 0, count: 40)
    withVaList([Int32(max(decimals, 0)), number]) { _ = vsnprintf(&buffer, 40, "%.*f", $0) }
    let text = String(
      decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    return text.allSatisfy { "-0.".contains($0) } ? String(text.drop { $0 == "-" }) : text
  }
}

/// What metrics take that return plain numbers and tell more when asked.
struct InfoOptions: OptionGroup {
  var info = false
  var level = 0.95

  static let options: [Option<InfoOptions>] = [
    Option("info", \.info, "adds a last result: the value as a measurement"),
    Option("level", \.level, "confidence of its interval", in: .confidence),
  ]
}

/// Results, and a measurement behind them where one was asked for.
struct WithMeasurement<R: Results>: Results {
  let results: R
  let measurement: Measurement?

  init(_ results: R, _ measurement: Measurement?) {
    (self.results, self.measurement) = (results, measurement)
  }

  static var resultTypes: [String] { R.resultTypes + ["measurement?"] }

  func push(_ frame: Frame) -> Int32 {
    results.push(frame) + (measurement?.push(frame) ?? 0)
  }
}

/// A measurement or a number, beside an operator.
private typealias Side = OneOf<Measurement, Double>

extension OneOf<Measurement, Double> {
  fileprivate var number: Double {
    switch self {
    case .first(let measurement): measurement.value
    case .second(let number): number
    }
  }
}

extension Measurement {
  private static let example = """
    mix = target.gaussian_mixture{means = {-3, 3}}
    r = metric.energy_distance(mix:sample(100, {seed = 1}), mix:sample(100, {seed = 2}), {seed = 1})

    """

  static let entries: [Entry] =
    [
      .property(
        Measurement.self, "value", "What the metric is.", example: example + "return r.value"
      ) { (r: Measurement) in r.value },
      .property(Measurement.self, "low", "Lower end of the interval; nil where there is none.") {
        (r: Measurement) in r.interval?.low
      },
      .property(Measurement.self, "high", "Upper end of the interval; nil where there is none.") {
        (r: Measurement) in r.interval?.high
      },
      .property(Measurement.self, "level", "Confidence of the interval; nil where there is none.") {
        (r: Measurement) in r.interval.map { _ in r.level }
      },
      .property(
        Measurement.self, "floor",
        "What the metric is for truth against truth at the same n; nil where it was not asked for."
      ) { (r: Measurement) in r.floor },
      .property(Measurement.self, "n", "Points that were measured; nil where none were.") {
        (r: Measurement) in r.n
      },
      .property(Measurement.self, "seed", "Of what was drawn; nil where nothing was.") {
        (r: Measurement) in r.seed
      },
      .property(Measurement.self, "reference", "What the value was measured against.") {
        (r: Measurement) in r.reference
      },
      .metamethod(
        Measurement.self, "__unm", "-r", "Minus the value.", .arg("r"), .rest("unused")
      ) { (r: Measurement, _: Rest<Value>) in -r.value },
    ]
    + [
      operation("__add", "+", "The sum of the values.", { $0 + $1 }),
      operation("__sub", "-", "The difference of the values.", { $0 - $1 }),
      operation("__mul", "*", "The product of the values.", { $0 * $1 }),
      operation("__div", "/", "The ratio of the values.", { $0 / $1 }),
      operation("__lt", "<", "Compares the values.", { $0 < $1 }),
      operation("__le", "<=", "Compares the values.", { $0 <= $1 }),
    ]

  private static func operation<R: Results>(
    _ event: String, _ sign: String, _ summary: String, _ body: @escaping (Double, Double) -> R
  ) -> Entry {
    .metamethod(
      Measurement.self, event, "r \(sign) s", summary, .arg("r"), .arg("s"),
      example: example + "return r \(sign) 2"
    ) { (r: Side, s: Side) in body(r.number, s.number) }
  }
}
