import Autodiff
import Catalog
import Glibc
import Targets
import Tensors

/// What a set of samples is to a law on finitely many points: how many are points of it, which of these are in
/// the training set, how many different ones there are.
///
/// Shares of the n samples have Wilson's interval, the share of the support that is covered the jackknife's: with
/// f_1 points seen exactly once, leaving out one sample takes one from the D different ones f_1 times, and
///   Var D ≈ (n − 1)/n · f_1 (1 − f_1/n)
/// (Efron and Stein 1981). Floors are what n draws of a uniform law on S points, T of them in the training set,
/// would have: covered 1 − (1 − 1/S)^n, memorized T/S.
package final class Ledger: NumberObject {
  package static var typeName: String { "ledger" }

  package struct Counts {
    var samples = 0
    var valid = 0
    var memorized = 0
    /// Different points among the valid samples, and those of them seen exactly once.
    var distinct = 0
    var single = 0
    /// Different points that are not in the training set.
    var distinctNovel = 0
    /// Different points of the training set; nil where there is none.
    var training: Int?
  }

  let counts: Counts
  let size: Double
  private let isUniform: Bool
  private let level: Double
  private let law: String

  init(_ counts: Counts, of support: any Support, level: Double) {
    (self.counts, self.level) = (counts, level)
    (size, isUniform) = (support.supportSize, support.isUniform)
    law = "\(support.name)(\(support.summary))"
  }

  private func share(_ count: Int, floor: Double?) -> Measurement {
    let value = Double(count) / Double(counts.samples)
    return Measurement(
      value, interval: wilsonInterval(value, counts.samples, level), level: level,
      floor: isUniform ? floor : nil, n: counts.samples, reference: law)
  }

  private var expectedDistinct: Double {
    size * -expm1(Double(counts.samples) * log1p(-1 / size))
  }
  /// T/S.
  private var known: Double? { counts.training.map { Double($0) / size } }

  var valid: Measurement { share(counts.valid, floor: 1) }
  var memorized: Measurement? { known.map { share(counts.memorized, floor: $0) } }
  var novel: Measurement? { known.map { share(counts.valid - counts.memorized, floor: 1 - $0) } }
  var duplicates: Measurement {
    share(
      counts.valid - counts.distinct, floor: 1 - expectedDistinct / Double(counts.samples))
  }
  var covered: Measurement {
    let (n, single) = (Double(counts.samples), Double(counts.single))
    let half =
      normalQuantile((1 + level) / 2)
      * ((n - 1) / n * single * (1 - single / n)).squareRoot()
    let distinct = Double(counts.distinct)
    return Measurement(
      distinct / size,
      interval: (max(0, distinct - half) / size, min(size, distinct + half) / size), level: level,
      floor: isUniform ? expectedDistinct / size : nil, n: counts.samples, reference: law)
  }

  /// The share of samples that are valid and not in the training set; of valid ones where there is none.
  package var number: Double { (novel ?? valid).value }

  private var shares: [(name: String, value: Measurement)] {
    let all: [(String, Measurement?)] = [
      ("valid", valid), ("novel", novel), ("memorized", memorized), ("covered", covered),
      ("duplicates", duplicates),
    ]
    return all.compactMap { name, value in value.map { (name, $0) } }
  }

  var countsValue: Value {
    var pairs: [(key: String, value: Value)] = [
      ("samples", .integer(counts.samples)), ("valid", .integer(counts.valid)),
      ("distinct", .integer(counts.distinct)),
      ("duplicates", .integer(counts.valid - counts.distinct)),
    ]
    if let training = counts.training {
      pairs += [
        ("memorized", .integer(counts.memorized)),
        ("novel", .integer(counts.valid - counts.memorized)),
        ("distinct_novel", .integer(counts.distinctNovel)), ("training", .integer(training)),
      ]
    }
    return .named(pairs)
  }

  package var fields: Value {
    .named(
      shares.map { ($0.name, $0.value.fields) } + [
        ("counts", countsValue), ("support", .number(size)),
      ])
  }

  package func describe() -> String {
    let parts = shares.map { name, value in "\(name) \(value.describeWithoutCount())" }
    return "ledger(\(counts.samples) samples: \(parts.joined(separator: ", ")))"
  }
}

extension Ledger {
  struct Options: OptionGroup {
    var target: Target?
    var training: Tensor?
    var tolerance = 0.1
    var level = 0.95

    static let options: [Option<Options>] = [
      Option(required: "target", \.target, "a law on finitely many known points"),
      Option("training", \.training, "points of the law that were trained on"),
      Option(
        "tolerance", \.tolerance,
        "a sample is valid where no coordinate is farther from the nearest point", in: .nonNegative),
      Option("level", \.level, "confidence of the intervals", in: .confidence),
    ]
  }

  private static let example = """
    t = target.dots{size = 4}
    x = t:sample(10, {seed = 1})
    r = metric.ledger(t:sample(100, {seed = 2}), {target = t, training = x})

    """

  static let entries: [Entry] = [
    .function(
      "ledger", "Which samples are points of a target's support, which are new, which copies.",
      .arg("samples", "shape [n, d] or [n] and the target's shape"), .group(Options.self),
      returns: "a ledger, which stands for its share of novel samples in logs",
      details: """
        A sample stands for the point of the support that is nearest to it, and is valid where no coordinate is \
        farther than the tolerance; one that is not finite is not. Each share is a measurement: its interval is \
        over samples, its floor what as many draws of the target would give, where all points are equally likely.
        """,
      source: "Wilson 1927; Efron and Stein 1981 (intervals)", example: example + "return r"
    ) { (samples: Tensor, options: OptionsOf<Options>) in
      let options = options.values
      guard let target = options.target else { throw UserError("target is required") }
      return try make(samples, target, options)
    },
    .property(Ledger.self, "valid", "The share of samples on the support.") { (r: Ledger) in r.valid
    },
    .property(
      Ledger.self, "novel",
      "The share on the support and not in the training set; nil without one.",
      example: example + "return r.novel"
    ) { (r: Ledger) in r.novel },
    .property(
      Ledger.self, "memorized", "The share of samples in the training set; nil without one."
    ) { (r: Ledger) in r.memorized },
    .property(
      Ledger.self, "covered", "The share of the support that the samples reach."
    ) { (r: Ledger) in r.covered },
    .property(
      Ledger.self, "duplicates", "The share of samples whose point an earlier sample has."
    ) { (r: Ledger) in r.duplicates },
    .property(
      Ledger.self, "counts",
      "Numbers of samples and of different points: samples, valid, memorized, novel, distinct, …",
      example: example + "return r.counts.distinct"
    ) { (r: Ledger) in r.countsValue },
    .property(Ledger.self, "support", "How many points the support has.") { (r: Ledger) in r.size },
  ]

  private static func make(_ samples: Tensor, _ target: Target, _ options: Options) throws -> Ledger
  {
    let support = try target.distribution.requiredSupport()
    let found = try places(samples, "samples", target, support, options.tolerance)
    guard !found.isEmpty else {
      throw UserError("samples must not be empty, got shape \(samples.shape)")
    }
    var known: Set<SupportKey>?
    if let training = options.training {
      let keys = try places(training, "training", target, support, options.tolerance)
      if let row = keys.firstIndex(where: { $0 == nil }) {
        throw UserError(
          "training must be points of \(target.describe()), got another in row \(row + 1)")
      }
      known = Set(keys.compactMap { $0 })
    }
    var counts = Counts(samples: found.count, training: known?.count)
    var seen: [SupportKey: Int] = [:]
    for case let key? in found {
      counts.valid += 1
      if known?.contains(key) == true { counts.memorized += 1 }
      seen[key, default: 0] += 1
    }
    counts.distinct = seen.count
    counts.single = seen.values.count { $0 == 1 }
    counts.distinctNovel = seen.keys.count { known?.contains($0) != true }
    return Ledger(counts, of: support, level: options.level)
  }

  /// The point of the support that each row stands for; nil where it stands for none.
  private static func places(
    _ x: Tensor, _ name: String, _ target: Target, _ support: any Support, _ tolerance: Double
  ) throws -> [SupportKey?] {
    let x = try x.constant(name)
    try requirePoints(x, shape: target.shape, name: name)
    guard x.dtype.isFloatingPoint else {
      throw UserError("\(name) must be a float32 or float64 tensor, got \(x.dtype.rawValue)")
    }
    // A copy of all rows in float64 is made block by block.
    var keys: [SupportKey?] = []
    keys.reserveCapacity(x.shape[0])
    let block = max(1, (1 << 22) / max(1, target.dimension))
    for first in stride(from: 0, to: x.shape[0], by: block) {
      let rows = try support.supportRows(
        x.slice(axis: 0, first..<min(first + block, x.shape[0])))
      let nearest = try support.nearest(rows)
      let deviations = try nearest.deviations(rows)
      keys += zip(nearest.keys, deviations).map { $1 <= tolerance ? $0 : nil }
    }
    return keys
  }
}
