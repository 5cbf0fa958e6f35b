import Catalog
import Runtime

// Comparisons by element. Two floating-point tensors meet in float64, which holds both exactly; where
// an int64 takes part nothing is rounded either.

public enum Comparison: String, CaseIterable {
  case less, lessEqual = "less_equal", greater, greaterEqual = "greater_equal", equal
  case notEqual = "not_equal"

  @inline(__always)
  package func holds<T: Comparable>(_ a: T, _ b: T) -> Bool {
    switch self {
    case .less: a < b
    case .lessEqual: a <= b
    case .greater: a > b
    case .greaterEqual: a >= b
    case .equal: a == b
    case .notEqual: a != b
    }
  }
}

extension Tensor {
  /// A bool tensor; operands broadcast. The common pairs of types are compared as they are; others, as
  /// booleans, become float64 first.
  public func compared(with other: Tensor, _ comparison: Comparison) throws -> Tensor {
    if let recording = Recording.current {
      return try recorded(recording, other, comparison, Shape.broadcast(shape, other.shape))
    }
    switch (dtype, other.dtype) {
    case (.float32, .float32):
      return try paired(Alike<Float>.self, other, comparison)
    case (.float64, .float64):
      return try paired(Alike<Double>.self, other, comparison)
    case (.float32, .float64):
      return try paired(FloatAndDouble.self, other, comparison)
    case (.float64, .float32):
      return try paired(DoubleAndFloat.self, other, comparison)
    case (.int64, .int64):
      return try paired(Alike<Int64>.self, other, comparison)
    case (.int64, .float32), (.int64, .float64):
      return try paired(IntegerAndDouble.self, other.converted(to: .float64), comparison)
    case (.float32, .int64), (.float64, .int64):
      return try converted(to: .float64).paired(DoubleAndInteger.self, other, comparison)
    case (.int64, .bool), (.bool, .int64):
      return try converted(to: .int64).compared(with: other.converted(to: .int64), comparison)
    case (.bool, _), (_, .bool):
      return try converted(to: .float64).compared(with: other.converted(to: .float64), comparison)
    }
  }

  /// Floating-point numbers and booleans as an elementwise operation on float64, integers apart.
  private func recorded(
    _ recording: Recording, _ other: Tensor, _ comparison: Comparison, _ target: Shape
  ) throws -> Tensor {
    if dtype == .int64 || other.dtype == .int64 {
      return try recording.note(
        general: comparison.rawValue, [self, other],
        one: { try $0[0].compared(with: $0[1], comparison) })
    }
    let a = try converted(to: .float64).broadcast(to: target)
    let b = try other.converted(to: .float64).broadcast(to: target)
    return try recording.note(.compare(comparison), [a, b]) { try a.compared(with: b, comparison) }
  }

  /// A loop of its own for each comparison: a choice inside would cost more than the rest.
  private func paired<Pair: ComparedPair>(
    _ pair: Pair.Type, _ other: Tensor, _ comparison: Comparison
  ) throws -> Tensor {
    switch comparison {
    case .less: try condition(pair, Less.self, other)
    case .lessEqual: try condition(pair, LessEqual.self, other)
    case .greater: try condition(pair, Greater.self, other)
    case .greaterEqual: try condition(pair, GreaterEqual.self, other)
    case .equal: try condition(pair, Equal.self, other)
    case .notEqual: try condition(pair, NotEqual.self, other)
    }
  }

  private func condition<Pair: ComparedPair, Order: ElementOrder>(
    _ pair: Pair.Type, _ order: Order.Type, _ other: Tensor
  ) throws -> Tensor {
    let result = try Tensor(uninitialized: Shape.broadcast(shape, other.shape), .bool)
    try combineElements(self, other, into: result) { x, xStep, y, yStep, z, n in
      compareRow(pair, order, x, xStep, y, yStep, z, n)
    }
    return result
  }
}

/// Elements of two types, and what they become to be compared.
private protocol ComparedPair {
  associatedtype A: Element
  associatedtype B: Element
  associatedtype Common: Comparable
  static func common(_ a: A, _ b: B) -> (Common, Common)
}

private enum Alike<T: Element & Comparable>: ComparedPair {
  static func common(_ a: T, _ b: T) -> (T, T) { (a, b) }
}

private enum FloatAndDouble: ComparedPair {
  static func common(_ a: Float, _ b: Double) -> (Double, Double) { (Double(a), b) }
}

private enum DoubleAndFloat: ComparedPair {
  static func common(_ a: Double, _ b: Float) -> (Double, Double) { (a, Double(b)) }
}

private enum IntegerAndDouble: ComparedPair {
  static func common(_ a: Int64, _ b: Double) -> (Double, Double) { (order(a, b), 0) }
}

private enum DoubleAndInteger: ComparedPair {
  static func common(_ a: Double, _ b: Int64) -> (Double, Double) { (0, order(b, a)) }
}

private protocol ElementOrder {
  static func holds<T: Comparable>(_ a: T, _ b: T) -> Bool
}

private enum Less: ElementOrder {
  static func holds<T: Comparable>(_ a: T, _ b: T) -> Bool { a < b }
}

private enum LessEqual: ElementOrder {
  static func holds<T: Comparable>(_ a: T, _ b: T) -> Bool { a <= b }
}

private enum Greater: ElementOrder {
  static func holds<T: Comparable>(_ a: T, _ b: T) -> Bool { a > b }
}

private enum GreaterEqual: ElementOrder {
  static func holds<T: Comparable>(_ a: T, _ b: T) -> Bool { a >= b }
}

private enum Equal: ElementOrder {
  static func holds<T: Comparable>(_ a: T, _ b: T) -> Bool { a == b }
}

private enum NotEqual: ElementOrder {
  static func holds<T: Comparable>(_ a: T, _ b: T) -> Bool { a != b }
}

/// One row, each operand with a step of 0 or 1.
private func compareRow<Pair: ComparedPair, Order: ElementOrder>(
  _ pair: Pair.Type, _ order: Order.Type, _ x: UnsafePointer<Pair.A>, _ xStep: Int,
  _ y: UnsafePointer<Pair.B>, _ yStep: Int, _ z: UnsafeMutablePointer<Bool>, _ n: Int
) {
  @inline(__always) func holds(_ a: Pair.A, _ b: Pair.B) -> Bool {
    let (a, b) = Pair.common(a, b)
    return Order.holds(a, b)
  }
  if xStep == 1, yStep == 1 {
    for i in 0..<n { z[i] = holds(x[i], y[i]) }
  } else if xStep == 1 {
    let b = y[0]
    for i in 0..<n { z[i] = holds(x[i], b) }
  } else if yStep == 1 {
    let a = x[0]
    for i in 0..<n { z[i] = holds(a, y[i]) }
  } else {
    let value = holds(x[0], y[0])
    for i in 0..<n { z[i] = value }
  }
}

/// −1, 0 or 1 as an integer lies below, at or above a number; NaN beside NaN. Nothing is rounded.
private func order(_ a: Int64, _ b: Double) -> Double {
  if b.isNaN { return .nan }
  if b >= 0x1p63 { return -1 }
  if b < -0x1p63 { return 1 }
  let below = b.rounded(.down)
  let whole = Int64(below)
  if a != whole { return a < whole ? -1 : 1 }
  return below < b ? -1 : 0
}
