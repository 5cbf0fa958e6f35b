/// A Swift type that can be read from a Lua value.
public protocol Argument {
  /// With its article, as an error says it: `a number`.
  static var expectation: String { get }
  /// As the editor stubs write it (LuaCATS): `number`, `integer?`, `tensor`.
  static var luaType: String { get }
  /// Reads the slot; throws `Mismatch` where it holds something else. Never raises a Lua error.
  static func read(_ frame: Frame, _ index: Int32) throws -> Self
  /// How a default value is printed in help.
  var literal: String { get }
  /// As Lua sees an option that an object was made with: `model.width`.
  var luaValue: Value { get }
  /// As a file holds it; what Lua sees where that is plain.
  var storedValue: Value { get }
  /// From what a file holds of it; nil where that is something else.
  static func restored(_ value: Value) -> Self?
  /// What every value must satisfy, for parameters that say nothing narrower.
  static var ownDomain: Domain<Self>? { get }
}

extension Argument {
  public var literal: String { "\(self)" }
  public var luaValue: Value { .none }
  public var storedValue: Value { luaValue }
  public static func restored(_ value: Value) -> Self? { nil }
  public static var ownDomain: Domain<Self>? { nil }
}

extension Double: Argument {
  public static var expectation: String { "a number" }
  public static var luaType: String { "number" }
  public var literal: String { formatNumber(self) }

  @inlinable
  public static func read(_ frame: Frame, _ index: Int32) throws -> Double {
    guard frame.type(at: index) == LuaType.number else { throw Mismatch(expected: expectation) }
    return frame.number(at: index)
  }

  public var luaValue: Value { .number(self) }
  public static func restored(_ value: Value) -> Double? { value.asNumber }
}

extension Int: Argument {
  public static var expectation: String { "an integer" }
  public static var luaType: String { "integer" }

  public static func read(_ frame: Frame, _ index: Int32) throws -> Int {
    guard frame.type(at: index) == LuaType.number, let value = frame.integer(at: index) else {
      throw Mismatch(expected: expectation)
    }
    return value
  }

  public var luaValue: Value { .integer(self) }
  public static func restored(_ value: Value) -> Int? {
    if case .integer(let number) = value { number } else { nil }
  }
}

extension Bool: Argument {
  public static var expectation: String { "true or false" }
  public static var luaType: String { "boolean" }

  public static func read(_ frame: Frame, _ index: Int32) throws -> Bool {
    guard frame.type(at: index) == LuaType.boolean else { throw Mismatch(expected: expectation) }
    return frame.host.pointee.boolean(frame.state, index) != 0
  }

  public var luaValue: Value { .boolean(self) }
  public static func restored(_ value: Value) -> Bool? {
    if case .boolean(let truth) = value { truth } else { nil }
  }
}

extension String: Argument {
  public static var expectation: String { "a string" }
  public static var luaType: String { "string" }
  public var literal: String { "\"\(self)\"" }

  public static func read(_ frame: Frame, _ index: Int32) throws -> String {
    guard let text = try frame.text(at: index) else { throw Mismatch(expected: expectation) }
    return text
  }

  public var luaValue: Value { .string(self) }
  public static func restored(_ value: Value) -> String? {
    if case .string(let text) = value { text } else { nil }
  }
}

extension Optional: Argument where Wrapped: Argument {
  public static var expectation: String { Wrapped.expectation }
  public static var luaType: String { Wrapped.luaType + "?" }
  public var literal: String { map(\.literal) ?? "nil" }

  public static func read(_ frame: Frame, _ index: Int32) throws -> Wrapped? {
    frame.isMissing(at: index) ? nil : try Wrapped.read(frame, index)
  }

  public var luaValue: Value { map(\.luaValue) ?? .none }
  public var storedValue: Value { map(\.storedValue) ?? .none }
  public static func restored(_ value: Value) -> Wrapped?? {
    if case .none = value { return .some(nil) }
    return Wrapped.restored(value).map { .some($0) }
  }
  public static var ownDomain: Domain<Wrapped?>? { Wrapped.ownDomain?.orAbsent() }
}

extension Array: Argument where Element: Argument {
  public static var expectation: String { "a list, each element \(Element.expectation)" }
  public static var luaType: String { Element.luaType + "[]" }
  public var literal: String { "{" + map(\.literal).joined(separator: ", ") + "}" }

  public static func read(_ frame: Frame, _ index: Int32) throws -> [Element] {
    guard frame.type(at: index) == LuaType.table, frame.host.pointee.reserve(frame.state, 2) != 0
    else { throw Mismatch(expected: expectation) }
    let index = frame.host.pointee.absoluteIndex(frame.state, index)
    let count = frame.host.pointee.length(frame.state, index)
    switch frame.flaw(ofListAt: index, length: count) {
    case nil: break
    case .hole(let place)?:
      throw Mismatch(expected: expectation, got: "nil at position \(place)")
    case .key(let key)?: throw Mismatch(expected: expectation, got: "a list with the key \(key)")
    }
    // Shapes and indices are short, and read by every operation.
    if count > 8 { try frame.takeMemory(for: count, bytesEach: MemoryLayout<Element>.stride) }
    var elements: [Element] = []
    elements.reserveCapacity(count)
    for position in stride(from: 1, through: count, by: 1) {
      try frame.poll(position)
      _ = frame.host.pointee.getIndex(frame.state, index, position)
      defer { frame.pop() }
      do {
        elements.append(try Element.read(frame, -1))
      } catch let mismatch as Mismatch {
        throw Mismatch(
          expected: expectation,
          got: "\(mismatch.got ?? frame.describe(at: -1)) at position \(position)")
      }
    }
    return elements
  }

  public var luaValue: Value { .list(map(\.luaValue)) }
  public var storedValue: Value { .list(map(\.storedValue)) }
  public static func restored(_ value: Value) -> [Element]? {
    guard case .list(let values) = value else { return nil }
    let elements = values.compactMap { Element.restored($0) }
    return elements.count == values.count ? elements : nil
  }
}

/// Either of two kinds of argument, the first tried first: a number or a function, a tensor or a
/// number.
public enum OneOf<First: Argument, Second: Argument>: Argument {
  case first(First)
  case second(Second)

  public static var expectation: String { "\(First.expectation) or \(Second.expectation)" }
  public static var luaType: String { "\(First.luaType)|\(Second.luaType)" }
  public var literal: String {
    switch self {
    case .first(let value): value.literal
    case .second(let value): value.literal
    }
  }
  public var luaValue: Value {
    switch self {
    case .first(let value): value.luaValue
    case .second(let value): value.luaValue
    }
  }

  public var storedValue: Value {
    switch self {
    case .first(let value): value.storedValue
    case .second(let value): value.storedValue
    }
  }

  public static func restored(_ value: Value) -> OneOf? {
    First.restored(value).map { .first($0) } ?? Second.restored(value).map { .second($0) }
  }

  public static func read(_ frame: Frame, _ index: Int32) throws -> OneOf {
    if let value = try? First.read(frame, index) { return .first(value) }
    do { return .second(try Second.read(frame, index)) } catch let mismatch as Mismatch {
      if mismatch.sentence != nil || mismatch.got != nil { throw mismatch }
      throw Mismatch(expected: expectation)
    }
  }
}

/// All remaining arguments of a call.
public struct Rest<Element: Argument>: Argument {
  public let values: [Element]
  public static var expectation: String { Element.expectation }
  public static var luaType: String { Element.luaType }

  public static func read(_ frame: Frame, _ index: Int32) throws -> Rest {
    var values: [Element] = []
    for position in stride(from: index, through: frame.count, by: 1) {
      do { values.append(try Element.read(frame, position)) } catch let mismatch as Mismatch {
        throw Mismatch(
          expected: mismatch.expected, got: mismatch.got ?? frame.describe(at: position))
      }
    }
    return Rest(values: values)
  }
}
