/// A condition on an argument beyond its type, with the words an error uses for it.
public struct Domain<Value> {
  /// With its article: `a positive integer`.
  public let text: String
  public let contains: (Value) -> Bool
  /// The names to choose from, where there is such a list.
  public let choices: [String]

  public init(_ text: String, choices: [String] = [], _ contains: @escaping (Value) -> Bool) {
    self.text = text
    self.choices = choices
    self.contains = contains
  }
}

// An integer without an upper bound is a `Count`.
extension Domain where Value == Count {
  public static var positive: Domain { Domain("a positive integer") { $0 > 0 } }
  public static var nonNegative: Domain { Domain("an integer of 0 or more") { $0 >= 0 } }
  public static func atLeast(_ least: Count) -> Domain {
    Domain("an integer of \(least) or more") { $0 >= least }
  }
}

extension Domain where Value == Int {
  public static func within(_ range: ClosedRange<Int>) -> Domain {
    Domain("an integer from \(range.lowerBound) to \(range.upperBound)") { range.contains($0) }
  }
}

extension Domain where Value == Double {
  public static var finite: Domain { Domain("a finite number") { $0.isFinite } }
  public static var positive: Domain { Domain("a positive number") { $0 > 0 && $0.isFinite } }
  public static var nonNegative: Domain {
    Domain("a number of 0 or more") { $0 >= 0 && $0.isFinite }
  }
  public static func within(_ range: ClosedRange<Double>) -> Domain {
    Domain(
      "a number from \(formatNumber(range.lowerBound)) to \(formatNumber(range.upperBound))"
    ) { range.contains($0) }
  }
  public static func within(_ range: Range<Double>) -> Domain {
    Domain(
      "a number from \(formatNumber(range.lowerBound)) to below \(formatNumber(range.upperBound))"
    ) { range.contains($0) }
  }
}

extension Domain where Value == String {
  public static func oneOf(_ choices: [String]) -> Domain {
    Domain(choices.map { "'\($0)'" }.joined(separator: " or "), choices: choices) {
      choices.contains($0)
    }
  }
}

extension Domain {
  /// The same condition on a value that may be absent.
  public func orAbsent() -> Domain<Value?> {
    Domain<Value?>(text, choices: choices) { $0.map(contains) ?? true }
  }
}
