import Catalog

/// How a learning rate follows the step, by a formula whose options are listed once.
package protocol RateFormula: Configured {
  static var entry: Entry { get }
  init(_ options: Options) throws
  /// The rates that it is made of.
  var parts: [RateSchedule] { get }
  /// - Parameter step: 1 for the first update.
  func rate(at step: Int) throws -> Double
}

extension RateFormula {
  package var parts: [RateSchedule] { [] }

  static func constructorEntry(
    _ summary: String, details: String = "", source: String, example: String
  ) -> Entry {
    .function(
      constructor, summary, .group(Options.self), returns: "a rate, for every optimizer",
      details: details, source: source, example: example
    ) { (options: OptionsOf<Options>) in Rate(try Self(options.values)) }
  }
}

/// A formula as Lua holds it.
package final class Rate: FunctionHolder, HoldsOptions {
  package static var typeName: String { "rate" }
  package let formula: any RateFormula

  package init(_ formula: any RateFormula) { self.formula = formula }

  package var functions: [Callback] { formula.parts.flatMap(\.functions) }
  package var optionFields: [(key: String, value: Value)] { formula.options.fields }
  package func describe() -> String { "rate.\(formula.call)" }

  /// Its name and options; nothing where a Lua function is in it.
  var stored: Value {
    guard functions.isEmpty else { return .none }
    let pairs: [(key: Value.Key, value: Value)] =
      if case .map(let pairs) = formula.options.stored { pairs } else { [] }
    let name = type(of: formula).constructor
    return .named([(RateModule.key, .string(name))] + pairs.map { ($0.key.text, $0.value) })
  }
}
