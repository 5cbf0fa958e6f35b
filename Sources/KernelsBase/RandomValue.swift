/// Numbers from random words, by operations that round alike at every CPU level.
///
/// The normal transform is that of Box & Muller 1958; its angle is taken as an integer in units of
/// 2π·2⁻³² (2⁻⁶⁴), which makes the reduction to ±π/4 exact.
enum RandomValue {
  /// (k + ½) 2⁻²³ of the upper 23 bits: exact, and never 0 or 1.
  @inline(__always) static func uniform(_ w: W16) -> F16 {
    unsafeBitCast((w &>> 9) | 0x3F80_0000, to: F16.self) - 0.99999994
  }

  /// (k + ½) 2⁻⁵² of the upper 52 of two words' 64 bits.
  @inline(__always) static func uniform(_ w0: Q8, _ w1: Q8) -> D8 {
    let w = (w0 & PhiloxBlock.lowHalf) | (w1 &<< 32)
    return unsafeBitCast((w &>> 12) | 0x3FF0_0000_0000_0000, to: D8.self) - 0.99999999999999989
  }

  /// √(−2 ln u) (cos a, sin a), u = (w0/2 + ½) 2⁻³¹, a = 2π w1 2⁻³².
  @inline(__always) static func normals(_ w0: W16, _ w1: W16) -> (F16, F16) {
    let u = (converted(w0 &>> 1, minus: 0) + 0.5) * 4.656612873077393e-10
    let radius = (VectorMath.logNormal(u, fused: false) * -2).squareRoot()
    // a = k π/2 + r with r in [−π/4, π/4)
    let shifted = w1 &+ 0x2000_0000
    let k = unsafeBitCast(shifted &>> 30, to: I16.self)
    let unit: Float = 1.4629180792671596e-09  // 2π 2⁻³²
    let r = converted(shifted & 0x3FFF_FFFF, minus: 536_870_912) * unit
    let (sine, cosine) = VectorMath.turn(VectorMath.sinCosReduced(r, fused: false), k)
    return (radius * cosine, radius * sine)
  }

  /// The same in double: u from words 0 and 1, the angle from words 2 and 3.
  @inline(__always) static func normals(_ b: PhiloxBlock) -> (D8, D8) {
    let u = uniform(b.c0, b.c1)
    let radius = (VectorMath.logNormal(u, fused: false) * -2).squareRoot()
    let w = (b.c2 & PhiloxBlock.lowHalf) | (b.c3 &<< 32)
    let k = (w &+ 0x2000_0000_0000_0000) &>> 62
    // the signed rest, its lowest 11 bits dropped: |rest| < 2⁵⁰ fits a double's mantissa
    let rest = unsafeBitCast(w &- (k &<< 62), to: L8.self) &>> 11
    let shift: Double = 6_755_399_441_055_744
    let integer = VectorMath.double(rest &+ VectorMath.bits(D8(repeating: shift))) - shift
    let r = integer * 6.975736996017264e-16  // 2π 2⁻⁵³
    let (sine, cosine) = VectorMath.turn(
      VectorMath.sinCosReduced(r, fused: false), unsafeBitCast(k, to: L8.self))
    return (radius * cosine, radius * sine)
  }

  /// v − offset, rounded once, for v < 2³¹ and an offset that is a multiple of 2¹⁶: the two halves of v
  /// become the low bits of 2³⁹ and of 2²³.
  @inline(__always) private static func converted(_ v: W16, minus offset: Float) -> F16 {
    let high = unsafeBitCast((v &>> 16) | 0x5300_0000, to: F16.self)
    let low = unsafeBitCast((v & 0xFFFF) | 0x4B00_0000, to: F16.self)
    return (high - (549_764_202_496 + offset)) + low
  }
}

// All numbers of 16 scrambled blocks, and the first of each.
extension RandomValue {
  @inline(__always) static func firstWord(_ w0: W16, _ w1: W16) -> F16 {
    unsafeBitCast(w0, to: F16.self)
  }

  @inline(__always) static func words(_ b: PhiloxCounters) -> FourVectors {
    let w = b.words
    return FourVectors(
      v0: unsafeBitCast(w.w0, to: F16.self), v1: unsafeBitCast(w.w1, to: F16.self),
      v2: unsafeBitCast(w.w2, to: F16.self), v3: unsafeBitCast(w.w3, to: F16.self))
  }

  @inline(__always) static func firstUniform(_ w0: W16, _ w1: W16) -> F16 { uniform(w0) }

  @inline(__always) static func uniforms(_ b: PhiloxCounters) -> FourVectors {
    let w = b.words
    return FourVectors(v0: uniform(w.w0), v1: uniform(w.w1), v2: uniform(w.w2), v3: uniform(w.w3))
  }

  @inline(__always) static func firstNormal(_ w0: W16, _ w1: W16) -> F16 { normals(w0, w1).0 }

  @inline(__always) static func normals(_ b: PhiloxCounters) -> FourVectors {
    let w = b.words
    let (v0, v1) = normals(w.w0, w.w1)
    let (v2, v3) = normals(w.w2, w.w3)
    return FourVectors(v0: v0, v1: v1, v2: v2, v3: v3)
  }

  @inline(__always) static func firstUniform(_ b: PhiloxCounters) -> (D8, D8) {
    (uniform(b.a.c0, b.a.c1), uniform(b.b.c0, b.b.c1))
  }

  @inline(__always) static func uniforms(_ b: PhiloxCounters) -> FourDoubleVectors {
    FourDoubleVectors(
      v0: uniform(b.a.c0, b.a.c1), v1: uniform(b.a.c2, b.a.c3),
      v2: uniform(b.b.c0, b.b.c1), v3: uniform(b.b.c2, b.b.c3))
  }

  @inline(__always) static func firstNormal(_ b: PhiloxCounters) -> (D8, D8) {
    (normals(b.a).0, normals(b.b).0)
  }

  @inline(__always) static func normals(_ b: PhiloxCounters) -> FourDoubleVectors {
    let (v0, v1) = normals(b.a)
    let (v2, v3) = normals(b.b)
    return FourDoubleVectors(v0: v0, v1: v1, v2: v2, v3: v3)
  }
}
