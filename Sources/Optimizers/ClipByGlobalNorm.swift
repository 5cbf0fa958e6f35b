import Tensors

/// Clipping by the global norm: g ← g · min(1, c/‖g‖₂), with the norm over all parameters (Pascanu,
/// Mikolov and Bengio 2013, Algorithm 1).
final class ClipByGlobalNorm: GradientTransform {
  private let bound: Double
  private let count: Int

  init(_ bound: Double, count: Int) {
    self.bound = bound
    self.count = count
  }

  func apply(_ gradient: UnsafeMutablePointer<Float>, step: Int) -> Bool {
    let norm = ClipByGlobalNorm.norm(gradient, count)
    guard norm > bound else { return true }
    let factor = Float(bound / norm)
    for i in 0..<count { gradient[i] *= factor }
    return true
  }

  /// ‖g‖₂ in double precision, in an order that the length alone decides.
  private static func norm(_ g: UnsafePointer<Float>, _ count: Int) -> Double {
    var sums = SIMD8<Double>(repeating: 0)
    let whole = count & ~7
    for i in stride(from: 0, to: whole, by: 8) {
      let part = SIMD8<Double>(
        UnsafeRawPointer(g + i).loadUnaligned(as: SIMD8<Float>.self))
      sums += part * part
    }
    var sum = sums.sum()
    for i in whole..<count { sum += Double(g[i]) * Double(g[i]) }
    return sum.squareRoot()
  }
}
