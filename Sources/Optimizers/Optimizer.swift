import Autodiff
import Catalog
import Tensors

/// How parameters move against a gradient, which passes `transforms` before. A rule is options only; what
/// it remembers between steps is an `OptimizerState`, so that one rule serves many models.
package protocol UpdateRule: Configured {
  static var entry: Entry { get }
  var rate: RateSchedule { get }
  var transforms: TransformOptions { get }
  init(_ options: Options) throws
  func makeState(count: Int) throws -> any OptimizerState
}

extension UpdateRule {
  static func constructorEntry(_ summary: String, source: String, example: String) -> Entry {
    .function(
      constructor, summary, .group(Options.self), returns: "an optimizer", source: source,
      example: example
    ) { (options: OptionsOf<Options>) in Optimizer(try Self(options.values)) }
  }
}

/// The memory of one rule on one model.
package protocol OptimizerState: AnyObject {
  /// All of it, by names that stay: `mean`, `square`.
  var tensors: [(name: String, tensor: Tensor)] { get }
  /// Moves `parameters` by one step at the given learning rate.
  /// - Parameter step: 1 for the first one.
  func update(
    _ parameters: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>, rate: Double,
    step: Int)
}

/// The learning rate: a number of 0 or more, or a Lua function of the step (1 for the first).
package enum RateSchedule: Argument {
  case constant(Double)
  case function(Callback)

  package static var expectation: String { "a number of 0 or more, or a function of the step" }
  package static var luaType: String { "number|fun(step: integer): number" }
  package var literal: String {
    switch self {
    case .constant(let rate): formatNumber(rate)
    case .function: "function"
    }
  }

  package static func read(_ frame: Frame, _ index: Int32) throws -> RateSchedule {
    switch frame.type(at: index) {
    case LuaType.number:
      let rate = frame.number(at: index)
      guard rate >= 0, rate.isFinite else { throw Mismatch(expected: expectation) }
      return .constant(rate)
    case LuaType.function: return .function(try Callback.read(frame, index))
    default: throw Mismatch(expected: expectation)
    }
  }

  package var luaValue: Value {
    switch self {
    case .constant(let rate): .number(rate)
    case .function(let function): .function(function)
    }
  }

  package static func restored(_ value: Value) -> RateSchedule? {
    value.asNumber.flatMap { $0 >= 0 && $0.isFinite ? .constant($0) : nil }
  }

  /// The rates of steps `first ..< first + count`, evaluated ahead.
  package func rates(from first: Int, count: Int) throws -> [Double] {
    switch self {
    case .constant(let rate): return Array(repeating: rate, count: count)
    case .function(let function):
      return try (first..<first + count).map { step in
        let rate = try function.call(step, returning: Double.self, name: "rate")
        guard rate.isFinite, rate >= 0 else {
          throw UserError(
            "rate must return a number of 0 or more, got \(formatNumber(rate)) at step \(step)")
        }
        return rate
      }
    }
  }
}

/// An update rule with its rate, as Lua holds it.
package final class Optimizer: FunctionHolder, HoldsOptions {
  package static var typeName: String { "optimizer" }
  package let rule: any UpdateRule

  package init(_ rule: any UpdateRule) { self.rule = rule }

  package var rate: RateSchedule { rule.rate }

  package var functions: [Callback] {
    if case .function(let function) = rate { [function] } else { [] }
  }

  package var optionFields: [(key: String, value: Value)] { rule.options.fields }

  package func describe() -> String { "optim.\(rule.call)" }
}
