/// Elementary functions of 8 doubles at a time, to about 1 ulp; methods as in FloatMath.swift.

private let ln2High: Double = 0.6931471803691238
private let ln2Low: Double = 1.9082149292705877e-10
private let log2e: Double = 1.4426950408889634
/// 1.5·2⁵².
private let roundingShift: Double = 6_755_399_441_055_744

extension VectorMath {
  @inline(__always) static func bits(_ x: D8) -> L8 { unsafeBitCast(x, to: L8.self) }
  @inline(__always) static func double(_ bits: L8) -> D8 { unsafeBitCast(bits, to: D8.self) }

  @inline(__always) static func absolute(_ x: D8) -> D8 { double(bits(x) & Int64.max) }
  @inline(__always) static func copySign(_ x: D8, _ sign: D8) -> D8 {
    double((bits(x) & Int64.max) | (bits(sign) & Int64.min))
  }
  @inline(__always) static func atMost(_ x: D8, _ bound: Double) -> D8 {
    x.replacing(with: D8(repeating: bound), where: x .> bound)
  }
  @inline(__always) static func atLeast(_ x: D8, _ bound: Double) -> D8 {
    x.replacing(with: D8(repeating: bound), where: x .< bound)
  }

  @inline(__always) private static func expReduced(_ x: D8) -> (p: D8, n: L8) {
    let shifted = fma(x, D8(repeating: log2e), D8(repeating: roundingShift))
    let n = shifted - roundingShift
    let r = fma(n, D8(repeating: -ln2Low), fma(n, D8(repeating: -ln2High), x))
    var q = D8(repeating: 2.4611605394538883e-08)  // (eʳ − 1 − r)/r², relative error 3e-17
    q = fma(q, r, D8(repeating: 2.7620927465947664e-07))
    q = fma(q, r, D8(repeating: 2.7558724156328655e-06))
    q = fma(q, r, D8(repeating: 2.480152038825617e-05))
    q = fma(q, r, D8(repeating: 0.00019841268391417664))
    q = fma(q, r, D8(repeating: 0.0013888888917063039))
    q = fma(q, r, D8(repeating: 0.008333333333900678))
    q = fma(q, r, D8(repeating: 0.041666666666625087))
    q = fma(q, r, D8(repeating: 0.16666666666665994))
    q = fma(q, r, D8(repeating: 0.5000000000000001))
    return (fma(r * r, q, r), bits(shifted) &- bits(D8(repeating: roundingShift)))
  }

  @inline(__always) private static func power2(_ n: L8) -> D8 { double((n &+ 1023) &<< 52) }

  /// n / 2 rounded down, for |n| < 2¹⁶, without the 64-bit arithmetic shift that AVX2 lacks.
  @inline(__always) private static func halved(_ n: L8) -> L8 { ((n &+ 65536) &>> 1) &- 32768 }

  @inline(__always) static func exp(_ x: D8) -> D8 {
    let (p, n) = expReduced(atLeast(atMost(x, 710), -746))
    let half = halved(n)
    return fma(p, power2(half), power2(half)) * power2(n &- half)
  }

  @inline(__always) static func expm1(_ x: D8) -> D8 {
    let (p, n) = expReduced(atLeast(atMost(x, 710), -40))
    let half = halved(n)
    let scale = power2(half)
    let y = fma(p, scale, scale - power2(half &- n)) * power2(n &- half)
    return y.replacing(with: x, where: absolute(x) .< 1e-16)
  }

  /// ln x for normal x > 0: x = 2ᵏ m, ln m = 2s + s³R(s²) with s = (m − 1)/(m + 1).
  @inline(__always) static func logNormal(_ x: D8, exponent: L8 = L8(), fused: Bool) -> D8 {
    @inline(__always) func madd(_ a: D8, _ b: D8, _ c: D8) -> D8 {
      fused ? fma(a, b, c) : a * b + c
    }
    let rootHalf: Int64 = 0x3FE6_A09E_667F_3BCD
    let offset = bits(x) &- rootHalf
    let k = (offset &>> 52) &+ exponent
    let m = double((offset & 0x000F_FFFF_FFFF_FFFF) &+ rootHalf)
    let f = m - 1
    let s = f / (f + 2)
    let z = s * s
    var q = D8(repeating: 0.14797507887340616)  // (ln m − 2s)/s³, relative error 3e-18
    q = madd(q, z, D8(repeating: 0.15313903225620146))
    q = madd(q, z, D8(repeating: 0.18183569740789435))
    q = madd(q, z, D8(repeating: 0.22222198475963328))
    q = madd(q, z, D8(repeating: 0.28571428743262955))
    q = madd(q, z, D8(repeating: 0.3999999999941109))
    q = madd(q, z, D8(repeating: 0.6666666666666735))
    let kf = double(k &+ bits(D8(repeating: roundingShift))) - roundingShift
    // 2s = f − s f, and f²/2 − s(f²/2) = s f: the leading term is f itself, which is exact
    let halfSquare = f * f * 0.5
    let low = madd(kf, D8(repeating: ln2Low), s * (halfSquare + z * q))
    return madd(kf, D8(repeating: ln2High), f - (halfSquare - low))
  }

  @inline(__always) static func log(_ x: D8) -> D8 {
    let tiny = x .< Double.leastNormalMagnitude
    let scaled = x.replacing(with: x * 4_503_599_627_370_496, where: tiny)
    let exponent = L8().replacing(with: L8(repeating: -52), where: tiny)
    var y = logNormal(scaled, exponent: exponent, fused: true)
    y = y.replacing(with: x, where: .!(x .< Double.infinity))
    y = y.replacing(with: D8(repeating: -Double.infinity), where: x .== 0)
    return y.replacing(with: D8(repeating: Double.nan), where: x .< 0)
  }

  @inline(__always) static func log1p(_ x: D8) -> D8 {
    let u = x + 1
    let lost = (x - (u - 1)) / u
    let correction = lost.replacing(
      with: D8(), where: (u .== 0) .| .!(absolute(u) .< Double.infinity))
    return (log(u) + correction).replacing(with: x, where: absolute(x) .< 1e-16)
  }

  @inline(__always) static func sigmoid(_ x: D8) -> D8 { 1 / (1 + exp(-x)) }

  @inline(__always) static func silu(_ x: D8) -> D8 { x / (1 + exp(-x)) }

  @inline(__always) static func tanh(_ x: D8) -> D8 {
    let t = expm1(atMost(absolute(x), 20) * 2)
    return copySign(t / (t + 2), x).replacing(with: x, where: x .!= x)
  }

  @inline(__always) static func sinCosReduced(_ r: D8, fused: Bool) -> (sin: D8, cos: D8) {
    @inline(__always) func madd(_ a: D8, _ b: D8, _ c: D8) -> D8 {
      fused ? fma(a, b, c) : a * b + c
    }
    let z = r * r
    var s = D8(repeating: 1.5896666501124488e-10)  // (sin r − r)/r³, relative error 3e-18
    s = madd(s, z, D8(repeating: -2.505075596126516e-08))
    s = madd(s, z, D8(repeating: 2.7557313678664547e-06))
    s = madd(s, z, D8(repeating: -0.00019841269829771162))
    s = madd(s, z, D8(repeating: 0.00833333333332237))
    s = madd(s, z, D8(repeating: -0.16666666666666632))
    var c = D8(repeating: -1.1359559329882763e-11)  // (cos r − 1 + r²/2)/r⁴, error 5e-20
    c = madd(c, z, D8(repeating: 2.0875721623655564e-09))
    c = madd(c, z, D8(repeating: -2.7557314340658475e-07))
    c = madd(c, z, D8(repeating: 2.4801587289443475e-05))
    c = madd(c, z, D8(repeating: -0.0013888888888874064))
    c = madd(c, z, D8(repeating: 0.0416666666666666))
    return (madd(s * z, r, r), madd(c * z, z, z * -0.5) + 1)
  }

  @inline(__always) static func turn(_ v: (sin: D8, cos: D8), _ k: L8) -> (sin: D8, cos: D8) {
    let swap = (bits(v.sin) ^ bits(v.cos)) & (0 &- (k & 1))  // where k is odd
    let s = bits(v.sin) ^ swap ^ ((k & 2) &<< 62)
    let c = bits(v.cos) ^ swap ^ (((k &+ 1) & 2) &<< 62)
    return (double(s), double(c))
  }

  /// Up to |x| = 10⁶ by subtracting k π/2 in three parts, beyond by the C library.
  @inline(__always) static func sinCos(_ x: D8) -> (sin: D8, cos: D8) {
    let shifted = fma(x, D8(repeating: 0.6366197723675814), D8(repeating: roundingShift))
    let k = shifted - roundingShift
    var r = fma(k, D8(repeating: -1.5707963267341256), x)
    r = fma(k, D8(repeating: -6.077100506303966e-11), r)
    r = fma(k, D8(repeating: -2.0222662487959506e-21), r)
    return turn(sinCosReduced(r, fused: true), bits(shifted))
  }

  /// 1 where |x| is beyond the reach of `sinCos`, or NaN; else 0.
  @inline(__always) private static func excess(_ x: D8) -> D8 {
    D8().replacing(with: D8(repeating: 1), where: .!(absolute(x) .<= doubleReach))
  }

  /// Whether every |x| is within the reach of `sinCos`.
  @inline(__always) static func reducible(_ x: UnsafePointer<Double>, _ n: Int) -> Bool {
    let w = 8
    var beyond = D8()
    var i = 0
    while i &+ w <= n {
      beyond += excess(load(x, i))
      i &+= w
    }
    if i < n { beyond += excess(loadPart(x + i, n &- i)) }
    return laneSum(beyond) == 0
  }
}
