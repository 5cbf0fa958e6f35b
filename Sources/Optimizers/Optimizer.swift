import Autodiff
import Catalog
import Tensors

/// How parameters move against a gradient. A rule is settings only; what it remembers between steps is
/// an `OptimizerState`, so that one rule serves many models.
public protocol UpdateRule {
  /// `sgd`.
  var name: String { get }
  /// The settings, for printing.
  var settings: [(String, Double)] { get }
  func makeState(count: Int) throws -> any OptimizerState
}

/// The memory of one rule on one model.
public protocol OptimizerState: AnyObject {
  /// Moves `parameters` by one step at the given learning rate.
  /// - Parameter step: 1 for the first one.
  func update(
    _ parameters: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>, rate: Double,
    step: Int)
}

/// The learning rate: a number, or a Lua function of the step (1 for the first).
public enum RateSchedule: Argument {
  case constant(Double)
  case function(Callback)

  public static var expectation: String { "a number of 0 or more, or a function of the step" }
  public static var luaType: String { "number|fun(step: integer): number" }
  public var literal: String {
    switch self {
    case .constant(let rate): formatNumber(rate)
    case .function: "function"
    }
  }

  public static func read(_ frame: Frame, _ index: Int32) throws -> RateSchedule {
    switch frame.type(at: index) {
    case LuaType.number:
      let rate = frame.number(at: index)
      guard rate >= 0, rate.isFinite else { throw Mismatch(expected: expectation) }
      return .constant(rate)
    case LuaType.function: return .function(try Callback.read(frame, index))
    default: throw Mismatch(expected: expectation)
    }
  }

  /// The rates of steps `first ..< first + count`, evaluated ahead.
  public func rates(from first: Int, count: Int) throws -> [Double] {
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
public final class Optimizer: FunctionHolder {
  public static var typeName: String { "optimizer" }
  public let rule: any UpdateRule
  public let rate: RateSchedule

  public init(_ rule: any UpdateRule, rate: RateSchedule) {
    self.rule = rule
    self.rate = rate
  }

  public var functions: [Callback] {
    if case .function(let function) = rate { [function] } else { [] }
  }

  public func describe() -> String {
    let settings = [("rate", rate.literal)] + rule.settings.map { ($0.0, formatNumber($0.1)) }
    return "optim.\(rule.name){\(settings.map { "\($0) = \($1)" }.joined(separator: ", "))}"
  }
}
