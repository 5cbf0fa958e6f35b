/// Elementary functions of 16 floats at a time, to about 1 ulp.
///
/// Range reduction after Cody & Waite 1980; the polynomials are minimax fits by the Remez exchange
/// algorithm, made for this file (relative error of each stated beside it).
/// Special values follow C: overflow gives ∞, underflow goes through the denormals to 0,
/// NaN stays NaN.
enum VectorMath {
  /// Largest |x| whose sine the vector code reduces itself.
  static var floatReach: Float { 10_000 }
  static var doubleReach: Double { 1_000_000 }
}

// ln 2 in two parts: the first times any exponent of a float is exact.
private let ln2High: Float = 0.693115234375
private let ln2Low: Float = 3.1946184945309415e-05
private let log2e: Float = 1.4426950408889634
/// 1.5·2²³: adding it rounds to an integer, which then stands in the low bits.
private let roundingShift: Float = 12_582_912

extension VectorMath {
  @inline(__always) static func bits(_ x: F16) -> I16 { unsafeBitCast(x, to: I16.self) }
  @inline(__always) static func float(_ bits: I16) -> F16 { unsafeBitCast(bits, to: F16.self) }

  @inline(__always) static func absolute(_ x: F16) -> F16 { float(bits(x) & 0x7FFF_FFFF) }
  /// |x| with the sign of `sign`.
  @inline(__always) static func copySign(_ x: F16, _ sign: F16) -> F16 {
    float((bits(x) & 0x7FFF_FFFF) | (bits(sign) & Int32.min))
  }

  /// Smaller and larger of x and a constant; NaN stays NaN.
  @inline(__always) static func atMost(_ x: F16, _ bound: Float) -> F16 {
    x.replacing(with: F16(repeating: bound), where: x .> bound)
  }
  @inline(__always) static func atLeast(_ x: F16, _ bound: Float) -> F16 {
    x.replacing(with: F16(repeating: bound), where: x .< bound)
  }

  /// x = n ln 2 + r: returns r, p with eʳ = 1 + p, and the integer n.
  @inline(__always) private static func expReduced(_ x: F16) -> (p: F16, n: I16) {
    let shifted = fma(x, F16(repeating: log2e), F16(repeating: roundingShift))
    let n = shifted - roundingShift
    let r = fma(n, F16(repeating: -ln2Low), fma(n, F16(repeating: -ln2High), x))
    var q = F16(repeating: 0.00019575127)  // (eʳ − 1 − r)/r², relative error 1.5e-10
    q = fma(q, r, F16(repeating: 0.0013942141))
    q = fma(q, r, F16(repeating: 0.0083339475))
    q = fma(q, r, F16(repeating: 0.041666355))
    q = fma(q, r, F16(repeating: 0.16666664))
    q = fma(q, r, F16(repeating: 0.5))
    let p = fma(r * r, q, r)
    return (p, bits(shifted) &- bits(F16(repeating: roundingShift)))
  }

  /// 2ⁿ for −126 ≤ n ≤ 127.
  @inline(__always) private static func power2(_ n: I16) -> F16 { float((n &+ 127) &<< 23) }

  @inline(__always) static func exp(_ x: F16) -> F16 {
    let (p, n) = expReduced(atLeast(atMost(x, 89), -104))
    let half = n &>> 1  // two factors, so that denormal and largest results come out right
    return fma(p, power2(half), power2(half)) * power2(n &- half)
  }

  @inline(__always) static func expm1(_ x: F16) -> F16 {
    let clamped = atLeast(atMost(x, 89), -20)
    let (p, n) = expReduced(clamped)
    let half = n &>> 1
    let scale = power2(half)
    let rest = power2(n &- half)
    // 2ⁿ p + (2ⁿ − 1), with 2ⁿ cut in two; for n = 0 this is p itself
    let y = fma(p, scale, scale - power2(half &- n)) * rest
    // keeps the sign of −0 and the denormals
    return y.replacing(with: x, where: absolute(x) .< 1e-7)
  }

  /// ln x for normal x > 0. `fused` must be false where all levels have to agree to the bit.
  @inline(__always) static func logNormal(_ x: F16, exponent: I16 = I16(), fused: Bool) -> F16 {
    @inline(__always) func madd(_ a: F16, _ b: F16, _ c: F16) -> F16 {
      fused ? fma(a, b, c) : a * b + c
    }
    // x = 2ᵏ m, m in [√½, √2)
    let offset = bits(x) &- 0x3F35_04F3
    let k = (offset &>> 23) &+ exponent
    let m = float((offset & 0x007F_FFFF) &+ 0x3F35_04F3)
    let f = m - 1
    var q = F16(repeating: 0.06915541)  // (ln(1 + f) − f + f²/2)/f³, relative error 7e-10
    q = madd(q, f, F16(repeating: -0.11789864))
    q = madd(q, f, F16(repeating: 0.118729256))
    q = madd(q, f, F16(repeating: -0.12384335))
    q = madd(q, f, F16(repeating: 0.14218664))
    q = madd(q, f, F16(repeating: -0.16669253))
    q = madd(q, f, F16(repeating: 0.20002227))
    q = madd(q, f, F16(repeating: -0.24999987))
    q = madd(q, f, F16(repeating: 0.3333331))
    let kf = float(k &+ bits(F16(repeating: roundingShift))) - roundingShift
    let square = f * f
    let low = madd(kf, F16(repeating: ln2Low), madd(square * f, q, square * -0.5))
    return madd(kf, F16(repeating: ln2High), low + f)
  }

  @inline(__always) static func log(_ x: F16) -> F16 {
    let tiny = x .< Float.leastNormalMagnitude
    let scaled = x.replacing(with: x * 8_388_608, where: tiny)
    let exponent = I16().replacing(with: I16(repeating: -23), where: tiny)
    var y = logNormal(scaled, exponent: exponent, fused: true)
    y = y.replacing(with: x, where: .!(x .< Float.infinity))  // ∞ and NaN
    y = y.replacing(with: F16(repeating: -Float.infinity), where: x .== 0)
    return y.replacing(with: F16(repeating: Float.nan), where: x .< 0)
  }

  @inline(__always) static func log1p(_ x: F16) -> F16 {
    let u = x + 1
    let lost = (x - (u - 1)) / u  // what rounding 1 + x dropped
    let correction = lost.replacing(
      with: F16(), where: (u .== 0) .| .!(absolute(u) .< Float.infinity))
    return (log(u) + correction).replacing(with: x, where: absolute(x) .< 1e-7)
  }

  /// σ(x) = 1/(1 + e⁻ˣ).
  @inline(__always) static func sigmoid(_ x: F16) -> F16 { 1 / (1 + exp(-x)) }

  /// σ(x) to 2e-7 absolute, by a shorter polynomial for 2ʳ.
  @inline(__always) static func quickSigmoid(_ x: F16) -> F16 {
    let y = atLeast(atMost(x * -log2e, 126), -126)
    let shifted = y + roundingShift
    let r = y - (shifted - roundingShift)
    var p = F16(repeating: 0.0013276472)  // 2ʳ, |r| ≤ ½, relative error 7.5e-8
    p = fma(p, r, F16(repeating: 0.009675541))
    p = fma(p, r, F16(repeating: 0.05550713))
    p = fma(p, r, F16(repeating: 0.2402212))
    p = fma(p, r, F16(repeating: 0.69314694))
    p = fma(p, r, F16(repeating: 1.0000001))
    return 1 / (1 + float(bits(p) &+ (bits(shifted) &<< 23)))
  }

  @inline(__always) static func silu(_ x: F16) -> F16 { x / (1 + exp(-x)) }

  /// An odd polynomial below |x| = 0.625, 1 − 2/(e^{2|x|} + 1) above.
  @inline(__always) static func tanh(_ x: F16) -> F16 {
    let size = absolute(x)
    let far = 1 - 2 / (exp(size * 2) + 1)
    let z = x * x
    var q = F16(repeating: -0.005704987)  // (tanh x − x)/x³, relative error of the whole 4e-9
    q = fma(q, z, F16(repeating: 0.020639088))
    q = fma(q, z, F16(repeating: -0.053739715))
    q = fma(q, z, F16(repeating: 0.13331442))
    q = fma(q, z, F16(repeating: -0.3333328))
    let near = fma(q * z, size, size)
    return copySign(far.replacing(with: near, where: size .< 0.625), x)
  }

  /// sin and cos of r, |r| ≤ π/4. `fused` as in `logNormal`.
  @inline(__always) static func sinCosReduced(_ r: F16, fused: Bool) -> (sin: F16, cos: F16) {
    @inline(__always) func madd(_ a: F16, _ b: F16, _ c: F16) -> F16 {
      fused ? fma(a, b, c) : a * b + c
    }
    let z = r * r
    var s = F16(repeating: -0.00019516978)  // (sin r − r)/r³, relative error 4e-9
    s = madd(s, z, F16(repeating: 0.008332176))
    s = madd(s, z, F16(repeating: -0.16666655))
    var c = F16(repeating: 2.4438092e-05)  // (cos r − 1 + r²/2)/r⁴, error 1e-10
    c = madd(c, z, F16(repeating: -0.0013887364))
    c = madd(c, z, F16(repeating: 0.041666646))
    let sine = madd(s * z, r, r)
    let cosine = madd(c * z, z, z * -0.5) + 1
    return (sine, cosine)
  }

  /// Sine and cosine of r + k π/2 from those of r.
  @inline(__always) static func turn(_ v: (sin: F16, cos: F16), _ k: I16) -> (sin: F16, cos: F16) {
    let swap = (bits(v.sin) ^ bits(v.cos)) & (0 &- (k & 1))  // where k is odd
    let s = bits(v.sin) ^ swap ^ ((k & 2) &<< 30)
    let c = bits(v.cos) ^ swap ^ (((k &+ 1) & 2) &<< 30)
    return (float(s), float(c))
  }

  /// Up to |x| = 10⁴ by subtracting k π/2 in three parts, beyond by the C library.
  @inline(__always) static func sinCos(_ x: F16) -> (sin: F16, cos: F16) {
    let shifted = fma(x, F16(repeating: 0.63661975), F16(repeating: roundingShift))
    let k = shifted - roundingShift
    var r = fma(k, F16(repeating: -1.5703125), x)
    r = fma(k, F16(repeating: -0.0004837512969970703), r)
    r = fma(k, F16(repeating: -7.549789954891882e-08), r)
    return turn(sinCosReduced(r, fused: true), bits(shifted))
  }

  /// sin and cos of 2π p, for any finite p below 2²².
  @inline(__always) static func sinCosTurns(_ p: F16) -> (sin: F16, cos: F16) {
    let fraction = p - ((p + roundingShift) - roundingShift)
    let shifted = fraction * 4 + roundingShift
    let r = (fraction - (shifted - roundingShift) * 0.25) * 6.2831853
    return turn(sinCosReduced(r, fused: true), bits(shifted))
  }

  /// 1 where |x| is beyond the reach of `sinCos`, or NaN; else 0.
  @inline(__always) private static func excess(_ x: F16) -> F16 {
    F16().replacing(with: F16(repeating: 1), where: .!(absolute(x) .<= floatReach))
  }

  /// Whether every |x| is within the reach of `sinCos`.
  @inline(__always) static func reducible(_ x: UnsafePointer<Float>, _ n: Int) -> Bool {
    let w = 16
    var beyond = F16()
    var i = 0
    while i &+ w <= n {
      beyond += excess(load(x, i))
      i &+= w
    }
    if i < n { beyond += excess(loadPart(x + i, n &- i)) }
    return laneSum(beyond) == 0
  }
}
