import Catalog

/// A running average of parameters over their updates: θ̂ ← β_k θ̂ + (1 − β_k) θ_k, by the decay β_k of update k.
package protocol AverageRule: Configured {
  static var entry: Entry { get }
  init(_ options: Options) throws
  /// Whether the average begins as the initial parameters; else it is over θ_1 … θ_k alone, and the weights are divided
  /// by their sum 1 − Π β_j, as Adam corrects its means (Kingma and Ba 2015, section 3).
  var holdsInitial: Bool { get }
  /// - Parameters:
  ///   - update: k, from 1.
  ///   - examples: of an update.
  func decay(at update: Int, examples: Int) -> Double
  /// β_1 … β_k, multiplied.
  func product(through update: Int, examples: Int) -> Double
}

extension AverageRule {
  static func constructorEntry(
    _ summary: String, details: String, source: String, example: String
  ) -> Entry {
    .function(
      constructor, summary, .group(Options.self),
      returns: "an average, for the option ema of train",
      details: details, source: source, example: example
    ) { (options: OptionsOf<Options>) in Average(try Self(options.values)) }
  }
}

/// An average as Lua holds it.
package final class Average: Object, HoldsOptions {
  package static var typeName: String { "average" }
  package let rule: any AverageRule

  package init(_ rule: any AverageRule) { self.rule = rule }

  package var optionFields: [(key: String, value: Value)] { rule.options.fields }
  package func describe() -> String { "optim.\(rule.call)" }
}

/// What `train` is given as `ema`: a decay, or an average.
package enum AverageChoice: Argument {
  case decay(Double)
  case average(Average)

  package static var expectation: String { "a number from 0 to below 1, or an average" }
  package static var luaType: String { "number|average" }
  package var literal: String {
    switch self {
    case .decay(let decay): formatNumber(decay)
    case .average(let average): average.describe()
    }
  }

  package static func read(_ frame: Frame, _ index: Int32) throws -> AverageChoice {
    if frame.type(at: index) == LuaType.number {
      let decay = frame.number(at: index)
      guard decay >= 0, decay < 1 else { throw Mismatch(expected: expectation) }
      return .decay(decay)
    }
    guard let average = try? Average.read(frame, index) else {
      throw Mismatch(expected: expectation)
    }
    return .average(average)
  }

  package var luaValue: Value {
    switch self {
    case .decay(let decay): .number(decay)
    case .average(let average): .object(average)
    }
  }

  /// `{"average": "power_ema", "std": 0.1}` of an average.
  package var storedValue: Value {
    guard case .average(let average) = self else { return luaValue }
    let pairs: [(key: Value.Key, value: Value)] =
      if case .map(let pairs) = average.rule.options.stored { pairs } else { [] }
    let name = type(of: average.rule).constructor
    return .named([(Self.key, .string(name))] + pairs.map { ($0.key.text, $0.value) })
  }

  package static func restored(_ value: Value) -> AverageChoice? {
    guard case .map(let pairs) = value else {
      return value.asNumber.flatMap { $0 >= 0 && $0 < 1 ? .decay($0) : nil }
    }
    guard case .string(let name)? = pairs.first(where: { $0.key.text == key })?.value,
      let kind = OptimModule.averages.first(where: { $0.constructor == name }),
      let rule = try? restored(kind, .map(pairs.filter { $0.key.text != key }))
    else { return nil }
    return .average(Average(rule))
  }

  private static let key = "average"

  private static func restored<Rule: AverageRule>(_ kind: Rule.Type, _ stored: Value) throws
    -> any AverageRule
  {
    try Rule(Rule.Options(restoring: stored, place: key))
  }

  package func rule() throws -> any AverageRule {
    switch self {
    case .decay(let decay): try EMA(.init { $0.decay = decay })
    case .average(let average): average.rule
    }
  }
}
