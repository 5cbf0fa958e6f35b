import Catalog
import Processes
import Tensors

/// How training draws its times, chosen by name: `draw.log_normal{mean = -1.2, std = 1.2}`.
///
/// Each is a law that makes a time of a uniform number, t = Q(u); so that pairs u, 1 − u and one number in each of n
/// equal parts can be had of all of them. A new one is a file with its options and law, and its line in
/// `DrawModule.draws`.
package protocol TimeDraw: Configured {
  static var entry: Entry { get }
  init(_ options: Options) throws
  var sharing: DrawOptions { get }
  /// The law of the times of a process.
  func law(on process: any DiffusionProcess) throws -> TimeLaw
}

extension TimeDraw {
  static func constructorEntry(
    _ summary: String, details: String = "", source: String, example: String
  ) -> Entry {
    .function(
      constructor, summary, .group(Options.self), returns: "a draw, for the option time of train",
      details: details, source: source, example: example
    ) { (options: OptionsOf<Options>) in ChosenDraw(try Self(options.values)) }
  }
}

/// A law of times.
package struct TimeLaw {
  /// Q(u), increasing, for u between 0 and 1.
  package let quantile: (_ u: Double) -> Double
  /// The density in t; nil where there is none.
  package let density: ((_ t: Double) -> Double)?
}

/// What all draws have.
package struct DrawOptions: OptionGroup {
  package var isAntithetic = false
  package var isStratified = false
  package var importance = false
  package init() {}
  package static let options: [Option<DrawOptions>] = [
    Option(
      "antithetic", \.isAntithetic,
      "draws in pairs, t = Q(u) and Q(1 − u), with Q the inverse of the distribution function"),
    Option(
      "stratified", \.isStratified,
      "one draw in each of n equally likely parts of the law, n the rows of an update"),
    Option(
      "importance", \.importance,
      "divide the weights by the density, times that of uniform times: then the loss is that of uniform times where "
        + "the law reaches, and only its variance differs"),
  ]

  package func check() throws {
    guard isAntithetic, isStratified else { return }
    throw UserError("antithetic and stratified must not both be true")
  }
}

/// A draw as Lua holds it.
package final class ChosenDraw: FunctionHolder, HoldsOptions, StoredChoice {
  package static var typeName: String { "draw" }
  package let draw: any TimeDraw

  package init(_ draw: any TimeDraw) { self.draw = draw }

  package var functions: [Callback] { [] }
  package var optionFields: [(key: String, value: Value)] { draw.options.fields }
  package func describe() -> String { "draw.\(draw.call)" }
  package var choice: any Configured { draw }
}
