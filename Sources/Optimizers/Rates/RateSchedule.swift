import Catalog

/// The learning rate of each step, 1 for the first: a number of 0 or more, one of the module `rate`, or a Lua function.
package enum RateSchedule: Argument {
  case constant(Double)
  case formula(Rate)
  case function(Callback)

  package static var expectation: String {
    "a number of 0 or more, a rate, or a function of the step"
  }
  package static var luaType: String { "number|rate|fun(step: integer): number" }
  package var literal: String {
    switch self {
    case .constant(let rate): formatNumber(rate)
    case .formula(let rate): rate.describe()
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
    case LuaType.userdata:
      guard let rate = try? Rate.read(frame, index) else { throw Mismatch(expected: expectation) }
      return .formula(rate)
    default: throw Mismatch(expected: expectation)
    }
  }

  package var luaValue: Value {
    switch self {
    case .constant(let rate): .number(rate)
    case .formula(let rate): .object(rate)
    case .function(let function): .function(function)
    }
  }

  /// `{"formula": "cosine", "steps": 1000}` of a formula.
  package var storedValue: Value {
    if case .formula(let rate) = self { rate.stored } else { luaValue }
  }

  package static func restored(_ value: Value) -> RateSchedule? {
    if case .map(let pairs) = value {
      return (try? RateModule.rate(restoring: pairs)).map { .formula($0) }
    }
    return value.asNumber.flatMap { $0 >= 0 && $0.isFinite ? .constant($0) : nil }
  }

  /// The Lua functions in it, which no file holds.
  package var functions: [Callback] {
    switch self {
    case .constant: []
    case .formula(let rate): rate.functions
    case .function(let function): [function]
    }
  }

  /// The rate of one step.
  package func rate(at step: Int) throws -> Double {
    switch self {
    case .constant(let rate): return rate
    case .formula(let rate): return try rate.formula.rate(at: step)
    case .function(let function):
      let rate = try function.call(step, returning: Double.self, name: "rate")
      guard rate.isFinite, rate >= 0 else {
        throw UserError(
          "rate must return a number of 0 or more, got \(formatNumber(rate)) at step \(step)")
      }
      return rate
    }
  }

  /// The rates of steps `first ..< first + count`, evaluated ahead.
  package func rates(from first: Int, count: Int) throws -> [Double] {
    if case .constant(let rate) = self { return Array(repeating: rate, count: count) }
    return try (first..<first + count).map { try rate(at: $0) }
  }
}
