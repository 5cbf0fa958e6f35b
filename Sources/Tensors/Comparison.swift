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
      return try paired(other) { (a: Float, b: Float) in comparison.holds(a, b) }
    case (.float64, .float64):
      return try paired(other) { (a: Double, b: Double) in comparison.holds(a, b) }
    case (.float32, .float64):
      return try paired(other) { (a: Float, b: Double) in comparison.holds(Double(a), b) }
    case (.float64, .float32):
      return try paired(other) { (a: Double, b: Float) in comparison.holds(a, Double(b)) }
    case (.int64, .int64):
      return try paired(other) { (a: Int64, b: Int64) in comparison.holds(a, b) }
    case (.int64, .float32), (.int64, .float64):
      return try paired(other.converted(to: .float64)) { (a: Int64, b: Double) in
        comparison.holds(order(a, b), 0)
      }
    case (.float32, .int64), (.float64, .int64):
      return try converted(to: .float64).paired(other) { (a: Double, b: Int64) in
        comparison.holds(0, order(b, a))
      }
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

  /// A condition on the elements of two tensors, which broadcast.
  private func paired<A: Element, B: Element>(_ other: Tensor, _ holds: (A, B) -> Bool) throws
    -> Tensor
  {
    let target = try Shape.broadcast(shape, other.shape)
    let a = try wholeOrSingle(target)
    let b = try other.wholeOrSingle(target)
    let result = try Tensor(uninitialized: target, .bool)
    let x = a.pointer(A.self)
    let y = b.pointer(B.self)
    let z = result.pointer(Bool.self)
    let xStep = a.elementCount == 1 ? 0 : 1
    let yStep = b.elementCount == 1 ? 0 : 1
    try WorkerPool.shared.run(count: target.elementCount, grain: parallelGrain) { range in
      for i in range { z[i] = holds(x[i &* xStep], y[i &* yStep]) }
    }
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
