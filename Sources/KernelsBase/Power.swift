/// aᵇ elementwise.
///
/// Floats go through doubles, aᵇ = exp(b ln a), 8 at a time where all a are positive and finite;
/// other vectors, and doubles, go through the C library. A single exponent of −1, ½, 1, 2 or 3 is
/// done by the plain operation (as PyTorch does).
#if KERNELS_V3 || KERNELS_V4
  import KernelsBase
#endif

extension Kernels {
  public static func power(
    _ a: FloatIn, _ aStep: Int, _ b: FloatIn, _ bStep: Int, _ y: FloatOut, _ n: Int
  ) {
    if n <= 0 { return }
    if bStep == 0 && aStep != 0 {
      switch b.pointee {
      case -1: return reciprocal(a, y, n)
      case 0.5: return sqrt(a, y, n)
      case 1: return scale(1, a, y, n)
      case 2: return square(a, y, n)
      case 3: return map(a, y, n) { $0 * $0 * $0 }
      default: break
      }
    }
    broadcast(a, aStep, b, bStep, y, n) { powerVector($0, $1) }
  }

  public static func power(
    _ a: DoubleIn, _ aStep: Int, _ b: DoubleIn, _ bStep: Int, _ y: DoubleOut, _ n: Int
  ) {
    if n <= 0 { return }
    if bStep == 0 && aStep != 0 {
      switch b.pointee {
      case -1: return reciprocal(a, y, n)
      case 0.5: return sqrt(a, y, n)
      case 1: return scale(1, a, y, n)
      case 2: return square(a, y, n)
      case 3: return map(a, y, n) { $0 * $0 * $0 }
      default: break
      }
    }
    for i in 0..<n { y[i] = LibM.power(a[i &* aStep], b[i &* bStep]) }
  }
}

@inline(never) private func powerVector(_ a: F16, _ b: F16) -> F16 {
  let plain = (a .> 0) .& (a .< Float.infinity) .& (VectorMath.absolute(b) .< 1e30)
  var result = F16()
  if laneSum(F16().replacing(with: F16(repeating: 1), where: plain)) == 16 {
    let low = VectorMath.exp(widened(b.lowHalf) * VectorMath.log(widened(a.lowHalf)))
    let high = VectorMath.exp(widened(b.highHalf) * VectorMath.log(widened(a.highHalf)))
    result.lowHalf = narrowed(low)
    result.highHalf = narrowed(high)
  } else {
    for lane in 0..<16 { result[lane] = LibM.power(a[lane], b[lane]) }
  }
  return result
}
