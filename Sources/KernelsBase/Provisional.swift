import Glibc
public protocol KernelSet {
  static func negative(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int)
  static func absolute(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int)
  static func exp(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int)
  static func log(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int)
  static func sqrt(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int)
  static func square(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int)
  static func reciprocal(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int)
  static func sin(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int)
  static func cos(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int)
  static func tanh(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int)
  static func sigmoid(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int)
  static func silu(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int)
  static func relu(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int)
  static func expm1(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int)
  static func log1p(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int)
  static func add(
    _ a: UnsafePointer<Float>, _ s: Int, _ b: UnsafePointer<Float>, _ t: Int,
    _ y: UnsafeMutablePointer<Float>, _ n: Int)
  static func subtract(
    _ a: UnsafePointer<Float>, _ s: Int, _ b: UnsafePointer<Float>, _ t: Int,
    _ y: UnsafeMutablePointer<Float>, _ n: Int)
  static func multiply(
    _ a: UnsafePointer<Float>, _ s: Int, _ b: UnsafePointer<Float>, _ t: Int,
    _ y: UnsafeMutablePointer<Float>, _ n: Int)
  static func divide(
    _ a: UnsafePointer<Float>, _ s: Int, _ b: UnsafePointer<Float>, _ t: Int,
    _ y: UnsafeMutablePointer<Float>, _ n: Int)
  static func power(
    _ a: UnsafePointer<Float>, _ s: Int, _ b: UnsafePointer<Float>, _ t: Int,
    _ y: UnsafeMutablePointer<Float>, _ n: Int)
  static func maximum(
    _ a: UnsafePointer<Float>, _ s: Int, _ b: UnsafePointer<Float>, _ t: Int,
    _ y: UnsafeMutablePointer<Float>, _ n: Int)
  static func minimum(
    _ a: UnsafePointer<Float>, _ s: Int, _ b: UnsafePointer<Float>, _ t: Int,
    _ y: UnsafeMutablePointer<Float>, _ n: Int)
  static func sum(_ x: UnsafePointer<Float>, _ n: Int) -> Float
  static func maximum(_ x: UnsafePointer<Float>, _ n: Int) -> Float
  static func minimum(_ x: UnsafePointer<Float>, _ n: Int) -> Float
  static func uniform(
    _ out: UnsafeMutablePointer<Float>, rows: Int, columns: Int, key: UInt64, step: UInt32,
    firstRow: UInt64)
  static func normal(
    _ out: UnsafeMutablePointer<Float>, rows: Int, columns: Int, key: UInt64, step: UInt32,
    firstRow: UInt64)
  static func negative(_ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ n: Int)
  static func absolute(_ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ n: Int)
  static func exp(_ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ n: Int)
  static func log(_ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ n: Int)
  static func sqrt(_ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ n: Int)
  static func square(_ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ n: Int)
  static func reciprocal(_ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ n: Int)
  static func sin(_ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ n: Int)
  static func cos(_ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ n: Int)
  static func tanh(_ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ n: Int)
  static func sigmoid(_ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ n: Int)
  static func silu(_ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ n: Int)
  static func relu(_ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ n: Int)
  static func expm1(_ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ n: Int)
  static func log1p(_ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ n: Int)
  static func add(
    _ a: UnsafePointer<Double>, _ s: Int, _ b: UnsafePointer<Double>, _ t: Int,
    _ y: UnsafeMutablePointer<Double>, _ n: Int)
  static func subtract(
    _ a: UnsafePointer<Double>, _ s: Int, _ b: UnsafePointer<Double>, _ t: Int,
    _ y: UnsafeMutablePointer<Double>, _ n: Int)
  static func multiply(
    _ a: UnsafePointer<Double>, _ s: Int, _ b: UnsafePointer<Double>, _ t: Int,
    _ y: UnsafeMutablePointer<Double>, _ n: Int)
  static func divide(
    _ a: UnsafePointer<Double>, _ s: Int, _ b: UnsafePointer<Double>, _ t: Int,
    _ y: UnsafeMutablePointer<Double>, _ n: Int)
  static func power(
    _ a: UnsafePointer<Double>, _ s: Int, _ b: UnsafePointer<Double>, _ t: Int,
    _ y: UnsafeMutablePointer<Double>, _ n: Int)
  static func maximum(
    _ a: UnsafePointer<Double>, _ s: Int, _ b: UnsafePointer<Double>, _ t: Int,
    _ y: UnsafeMutablePointer<Double>, _ n: Int)
  static func minimum(
    _ a: UnsafePointer<Double>, _ s: Int, _ b: UnsafePointer<Double>, _ t: Int,
    _ y: UnsafeMutablePointer<Double>, _ n: Int)
  static func sum(_ x: UnsafePointer<Double>, _ n: Int) -> Double
  static func maximum(_ x: UnsafePointer<Double>, _ n: Int) -> Double
  static func minimum(_ x: UnsafePointer<Double>, _ n: Int) -> Double
  static func uniform(
    _ out: UnsafeMutablePointer<Double>, rows: Int, columns: Int, key: UInt64, step: UInt32,
    firstRow: UInt64)
  static func normal(
    _ out: UnsafeMutablePointer<Double>, rows: Int, columns: Int, key: UInt64, step: UInt32,
    firstRow: UInt64)
  static func convert(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Double>, _ n: Int)
  static func convert(_ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Float>, _ n: Int)
  static func words(
    _ out: UnsafeMutablePointer<UInt32>, count: Int, key: UInt64, step: UInt32, firstRow: UInt64)
}
public func mix(seed: UInt64, purpose: UInt64) -> UInt64 {
  var z = seed &+ (purpose &+ 1) &* 0x9E37_79B9_7F4A_7C15;
  z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9; z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB;
  return z ^ (z >> 31)
}
public enum Kernels: KernelSet {
  public static func negative(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int)
  { for i in 0..<n { let v = x[i]; y[i] = -v } }
  public static func absolute(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int)
  { for i in 0..<n { let v = x[i]; y[i] = Swift.abs(v) } }
  public static func exp(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
    for i in 0..<n { let v = x[i]; y[i] = Glibc.exp(v) }
  }
  public static func log(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
    for i in 0..<n { let v = x[i]; y[i] = Glibc.log(v) }
  }
  public static func sqrt(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
    for i in 0..<n { let v = x[i]; y[i] = v.squareRoot() }
  }
  public static func square(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
    for i in 0..<n { let v = x[i]; y[i] = v * v }
  }
  public static func reciprocal(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int
  ) { for i in 0..<n { let v = x[i]; y[i] = 1 / v } }
  public static func sin(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
    for i in 0..<n { let v = x[i]; y[i] = Glibc.sin(v) }
  }
  public static func cos(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
    for i in 0..<n { let v = x[i]; y[i] = Glibc.cos(v) }
  }
  public static func tanh(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
    for i in 0..<n { let v = x[i]; y[i] = Glibc.tanh(v) }
  }
  public static func sigmoid(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int)
  { for i in 0..<n { let v = x[i]; y[i] = 1 / (1 + Glibc.exp(-v)) } }
  public static func silu(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
    for i in 0..<n { let v = x[i]; y[i] = v / (1 + Glibc.exp(-v)) }
  }
  public static func relu(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
    for i in 0..<n { let v = x[i]; y[i] = v > 0 ? v : 0 }
  }
  public static func expm1(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
    for i in 0..<n { let v = x[i]; y[i] = Glibc.expm1(v) }
  }
  public static func log1p(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
    for i in 0..<n { let v = x[i]; y[i] = Glibc.log1p(v) }
  }
  public static func add(
    _ a: UnsafePointer<Float>, _ s: Int, _ b: UnsafePointer<Float>, _ t: Int,
    _ y: UnsafeMutablePointer<Float>, _ n: Int
  ) { for i in 0..<n { let p = a[i * s]; let q = b[i * t]; y[i] = p + q } }
  public static func subtract(
    _ a: UnsafePointer<Float>, _ s: Int, _ b: UnsafePointer<Float>, _ t: Int,
    _ y: UnsafeMutablePointer<Float>, _ n: Int
  ) { for i in 0..<n { let p = a[i * s]; let q = b[i * t]; y[i] = p - q } }
  public static func multiply(
    _ a: UnsafePointer<Float>, _ s: Int, _ b: UnsafePointer<Float>, _ t: Int,
    _ y: UnsafeMutablePointer<Float>, _ n: Int
  ) { for i in 0..<n { let p = a[i * s]; let q = b[i * t]; y[i] = p * q } }
  public static func divide(
    _ a: UnsafePointer<Float>, _ s: Int, _ b: UnsafePointer<Float>, _ t: Int,
    _ y: UnsafeMutablePointer<Float>, _ n: Int
  ) { for i in 0..<n { let p = a[i * s]; let q = b[i * t]; y[i] = p / q } }
  public static func power(
    _ a: UnsafePointer<Float>, _ s: Int, _ b: UnsafePointer<Float>, _ t: Int,
    _ y: UnsafeMutablePointer<Float>, _ n: Int
  ) { for i in 0..<n { let p = a[i * s]; let q = b[i * t]; y[i] = Glibc.pow(p, q) } }
  public static func maximum(
    _ a: UnsafePointer<Float>, _ s: Int, _ b: UnsafePointer<Float>, _ t: Int,
    _ y: UnsafeMutablePointer<Float>, _ n: Int
  ) { for i in 0..<n { let p = a[i * s]; let q = b[i * t]; y[i] = p > q || p.isNaN ? p : q } }
  public static func minimum(
    _ a: UnsafePointer<Float>, _ s: Int, _ b: UnsafePointer<Float>, _ t: Int,
    _ y: UnsafeMutablePointer<Float>, _ n: Int
  ) { for i in 0..<n { let p = a[i * s]; let q = b[i * t]; y[i] = p < q || p.isNaN ? p : q } }
  public static func sum(_ x: UnsafePointer<Float>, _ n: Int) -> Float {
    var s: Float = 0; for i in 0..<n { s += x[i] }; return s
  }
  public static func maximum(_ x: UnsafePointer<Float>, _ n: Int) -> Float {
    var s: Float = 0; for i in 0..<n { s = i == 0 ? x[0] : Swift.max(s, x[i]) }; return s
  }
  public static func minimum(_ x: UnsafePointer<Float>, _ n: Int) -> Float {
    var s: Float = 0; for i in 0..<n { s = i == 0 ? x[0] : Swift.min(s, x[i]) }; return s
  }
  public static func uniform(
    _ out: UnsafeMutablePointer<Float>, rows: Int, columns: Int, key: UInt64, step: UInt32,
    firstRow: UInt64
  ) {
    for r in 0..<rows {
      for c in 0..<columns {
        let u = draw(key, step, firstRow + UInt64(r), UInt64(2 * c));
        out[r * columns + c] = Float(u)
      }
    }
  }
  public static func normal(
    _ out: UnsafeMutablePointer<Float>, rows: Int, columns: Int, key: UInt64, step: UInt32,
    firstRow: UInt64
  ) {
    for r in 0..<rows {
      for c in 0..<columns {
        let u = draw(key, step, firstRow + UInt64(r), UInt64(2 * c));
        let w = draw(key, step, firstRow + UInt64(r), UInt64(2 * c + 1));
        out[r * columns + c] = Float(
          (-2 * Glibc.log(u)).squareRoot() * Glibc.cos(6.283185307179586 * w))
      }
    }
  }
  public static func negative(
    _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ n: Int
  ) { for i in 0..<n { let v = x[i]; y[i] = -v } }
  public static func absolute(
    _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ n: Int
  ) { for i in 0..<n { let v = x[i]; y[i] = Swift.abs(v) } }
  public static func exp(_ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ n: Int) {
    for i in 0..<n { let v = x[i]; y[i] = Glibc.exp(v) }
  }
  public static func log(_ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ n: Int) {
    for i in 0..<n { let v = x[i]; y[i] = Glibc.log(v) }
  }
  public static func sqrt(_ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ n: Int) {
    for i in 0..<n { let v = x[i]; y[i] = v.squareRoot() }
  }
  public static func square(_ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ n: Int)
  { for i in 0..<n { let v = x[i]; y[i] = v * v } }
  public static func reciprocal(
    _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ n: Int
  ) { for i in 0..<n { let v = x[i]; y[i] = 1 / v } }
  public static func sin(_ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ n: Int) {
    for i in 0..<n { let v = x[i]; y[i] = Glibc.sin(v) }
  }
  public static func cos(_ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ n: Int) {
    for i in 0..<n { let v = x[i]; y[i] = Glibc.cos(v) }
  }
  public static func tanh(_ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ n: Int) {
    for i in 0..<n { let v = x[i]; y[i] = Glibc.tanh(v) }
  }
  public static func sigmoid(
    _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ n: Int
  ) { for i in 0..<n { let v = x[i]; y[i] = 1 / (1 + Glibc.exp(-v)) } }
  public static func silu(_ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ n: Int) {
    for i in 0..<n { let v = x[i]; y[i] = v / (1 + Glibc.exp(-v)) }
  }
  public static func relu(_ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ n: Int) {
    for i in 0..<n { let v = x[i]; y[i] = v > 0 ? v : 0 }
  }
  public static func expm1(_ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ n: Int)
  { for i in 0..<n { let v = x[i]; y[i] = Glibc.expm1(v) } }
  public static func log1p(_ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ n: Int)
  { for i in 0..<n { let v = x[i]; y[i] = Glibc.log1p(v) } }
  public static func add(
    _ a: UnsafePointer<Double>, _ s: Int, _ b: UnsafePointer<Double>, _ t: Int,
    _ y: UnsafeMutablePointer<Double>, _ n: Int
  ) { for i in 0..<n { let p = a[i * s]; let q = b[i * t]; y[i] = p + q } }
  public static func subtract(
    _ a: UnsafePointer<Double>, _ s: Int, _ b: UnsafePointer<Double>, _ t: Int,
    _ y: UnsafeMutablePointer<Double>, _ n: Int
  ) { for i in 0..<n { let p = a[i * s]; let q = b[i * t]; y[i] = p - q } }
  public static func multiply(
    _ a: UnsafePointer<Double>, _ s: Int, _ b: UnsafePointer<Double>, _ t: Int,
    _ y: UnsafeMutablePointer<Double>, _ n: Int
  ) { for i in 0..<n { let p = a[i * s]; let q = b[i * t]; y[i] = p * q } }
  public static func divide(
    _ a: UnsafePointer<Double>, _ s: Int, _ b: UnsafePointer<Double>, _ t: Int,
    _ y: UnsafeMutablePointer<Double>, _ n: Int
  ) { for i in 0..<n { let p = a[i * s]; let q = b[i * t]; y[i] = p / q } }
  public static func power(
    _ a: UnsafePointer<Double>, _ s: Int, _ b: UnsafePointer<Double>, _ t: Int,
    _ y: UnsafeMutablePointer<Double>, _ n: Int
  ) { for i in 0..<n { let p = a[i * s]; let q = b[i * t]; y[i] = Glibc.pow(p, q) } }
  public static func maximum(
    _ a: UnsafePointer<Double>, _ s: Int, _ b: UnsafePointer<Double>, _ t: Int,
    _ y: UnsafeMutablePointer<Double>, _ n: Int
  ) { for i in 0..<n { let p = a[i * s]; let q = b[i * t]; y[i] = p > q || p.isNaN ? p : q } }
  public static func minimum(
    _ a: UnsafePointer<Double>, _ s: Int, _ b: UnsafePointer<Double>, _ t: Int,
    _ y: UnsafeMutablePointer<Double>, _ n: Int
  ) { for i in 0..<n { let p = a[i * s]; let q = b[i * t]; y[i] = p < q || p.isNaN ? p : q } }
  public static func sum(_ x: UnsafePointer<Double>, _ n: Int) -> Double {
    var s: Double = 0; for i in 0..<n { s += x[i] }; return s
  }
  public static func maximum(_ x: UnsafePointer<Double>, _ n: Int) -> Double {
    var s: Double = 0; for i in 0..<n { s = i == 0 ? x[0] : Swift.max(s, x[i]) }; return s
  }
  public static func minimum(_ x: UnsafePointer<Double>, _ n: Int) -> Double {
    var s: Double = 0; for i in 0..<n { s = i == 0 ? x[0] : Swift.min(s, x[i]) }; return s
  }
  public static func uniform(
    _ out: UnsafeMutablePointer<Double>, rows: Int, columns: Int, key: UInt64, step: UInt32,
    firstRow: UInt64
  ) {
    for r in 0..<rows {
      for c in 0..<columns {
        let u = draw(key, step, firstRow + UInt64(r), UInt64(2 * c));
        out[r * columns + c] = Double(u)
      }
    }
  }
  public static func normal(
    _ out: UnsafeMutablePointer<Double>, rows: Int, columns: Int, key: UInt64, step: UInt32,
    firstRow: UInt64
  ) {
    for r in 0..<rows {
      for c in 0..<columns {
        let u = draw(key, step, firstRow + UInt64(r), UInt64(2 * c));
        let w = draw(key, step, firstRow + UInt64(r), UInt64(2 * c + 1));
        out[r * columns + c] = Double(
          (-2 * Glibc.log(u)).squareRoot() * Glibc.cos(6.283185307179586 * w))
      }
    }
  }
  public static func convert(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Double>, _ n: Int)
  { for i in 0..<n { y[i] = Double(x[i]) } }
  public static func convert(_ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Float>, _ n: Int)
  { for i in 0..<n { y[i] = Float(x[i]) } }
  public static func words(
    _ out: UnsafeMutablePointer<UInt32>, count: Int, key: UInt64, step: UInt32, firstRow: UInt64
  ) {
    for i in 0..<count {
      out[i] = UInt32(
        truncatingIfNeeded: mix(
          seed: key ^ UInt64(step), purpose: firstRow &* 1_000_003 &+ UInt64(i)) >> 32)
    }
  }
}
func draw(_ key: UInt64, _ step: UInt32, _ row: UInt64, _ c: UInt64) -> Double {
  (Double(mix(seed: mix(seed: key, purpose: UInt64(step)), purpose: row &* 0x9E3779B1 &+ c) >> 11)
    + 0.5) / 9007199254740992
}
