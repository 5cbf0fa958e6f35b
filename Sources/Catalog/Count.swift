/// A size or a number of things that a caller chose: a width, a number of steps, a length.
///
/// There is no arithmetic on it but what throws: a plain product of two options ends the process where it
/// overflows. None is above 2⁴⁸, more elements than memory can hold; so sums of a few values, and the
/// product of one with a small number, fit an `Int`.
public struct Count: Hashable, Comparable, ExpressibleByIntegerLiteral, CustomStringConvertible {
  public static let most = 1 << 48

  /// For loops, comparisons and shapes, which check their products themselves.
  public let value: Int

  /// - Throws: where the number is negative or above `most`.
  public init(_ value: Int) throws {
    guard value >= 0, value <= Count.most else {
      throw UserError("\(value) is no size from 0 to 2^48")
    }
    self.value = value
  }

  /// As it came from Lua; the domain of a parameter, or `ownDomain`, refuses what is negative.
  fileprivate init(read value: Int) { self.value = value }

  public init(integerLiteral value: Int) { self.value = value }

  public static func < (a: Count, b: Count) -> Bool { a.value < b.value }

  public static func * (a: Count, b: Count) throws -> Count {
    let (product, overflows) = a.value.multipliedReportingOverflow(by: b.value)
    guard !overflows, product <= Count.most else {
      throw UserError("\(a) times \(b) is more than 2^48")
    }
    return try Count(product)
  }

  public static func + (a: Count, b: Count) throws -> Count {
    let sum = a.value + b.value
    guard sum <= Count.most else { throw UserError("\(a) plus \(b) is more than 2^48") }
    return try Count(sum)
  }

  public var description: String { "\(value)" }
}

extension Count: Argument {
  public static var expectation: String { Int.expectation }
  public static var luaType: String { Int.luaType }
  public static var ownDomain: Domain<Count>? { .nonNegative }
  public var literal: String { "\(value)" }

  public static func read(_ frame: Frame, _ index: Int32) throws -> Count {
    let value = try Int.read(frame, index)
    guard value <= most else { throw Mismatch(sentence: "must be at most 2^48, got \(value)") }
    return Count(read: value)
  }

  public var luaValue: Value { .integer(value) }
  public static func restored(_ value: Value) -> Count? {
    guard case .integer(let number) = value else { return nil }
    return try? Count(number)
  }
}
