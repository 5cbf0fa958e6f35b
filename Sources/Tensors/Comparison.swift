import Catalog

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
  /// A bool tensor; operands broadcast.
  public func compared(with other: Tensor, _ comparison: Comparison) throws -> Tensor {
    let target = try Shape.broadcast(shape, other.shape)
    if let recording = Recording.current {
      return try recorded(recording, other, comparison, target)
    }
    let a = try broadcast(to: target)
    let b = try other.broadcast(to: target)
    switch (dtype == .int64, other.dtype == .int64) {
    case (true, false) where other.dtype.isFloatingPoint:
      return try a.paired(Int64.self, with: b.converted(to: .float64), Double.self) {
        comparison.holds(order($0, $1), 0)
      }
    case (false, true) where dtype.isFloatingPoint:
      return try a.converted(to: .float64).paired(Double.self, with: b, Int64.self) {
        comparison.holds(0, order($1, $0))
      }
    case (false, false):
      return try a.converted(to: .float64).paired(
        Double.self, with: b.converted(to: .float64), Double.self, comparison.holds)
    default:
      return try a.converted(to: .int64).paired(
        Int64.self, with: b.converted(to: .int64), Int64.self, comparison.holds)
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

  /// A condition on the elements of two tensors of one shape.
  private func paired<A: Element, B: Element>(
    _ first: A.Type, with other: Tensor, _ second: B.Type, _ holds: (A, B) -> Bool
  ) throws -> Tensor {
    let a = try densified()
    let b = try other.densified()
    let result = try Tensor(uninitialized: shape, .bool)
    let x = a.pointer(A.self)
    let y = b.pointer(B.self)
    let z = result.pointer(Bool.self)
    for i in 0..<elementCount { z[i] = holds(x[i], y[i]) }
    return result
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
