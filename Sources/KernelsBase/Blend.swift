/// Scaled sums, fills and conversions of rows.
#if KERNELS_V3 || KERNELS_V4
  import KernelsBase
#endif

extension Kernels {
  public static func axpy(_ alpha: Float, _ x: FloatIn, _ y: FloatOut, _ n: Int) {
    let alpha = F16(repeating: alpha)
    map(x, FloatIn(y), y, n) { fma(alpha, $0, $1) }
  }

  public static func axpy(_ alpha: Double, _ x: DoubleIn, _ y: DoubleOut, _ n: Int) {
    let alpha = D8(repeating: alpha)
    map(x, DoubleIn(y), y, n) { fma(alpha, $0, $1) }
  }

  public static func scale(_ alpha: Float, _ x: FloatIn, _ y: FloatOut, _ n: Int) {
    map(x, y, n) { $0 * alpha }
  }

  public static func scale(_ alpha: Double, _ x: DoubleIn, _ y: DoubleOut, _ n: Int) {
    map(x, y, n) { $0 * alpha }
  }

  public static func lerp(_ a: FloatOut, _ b: FloatIn, _ weight: Float, _ n: Int) {
    let weight = F16(repeating: weight)
    map(FloatIn(a), b, a, n) { fma(weight, $1 - $0, $0) }
  }

  public static func lerp(_ a: DoubleOut, _ b: DoubleIn, _ weight: Double, _ n: Int) {
    let weight = D8(repeating: weight)
    map(DoubleIn(a), b, a, n) { fma(weight, $1 - $0, $0) }
  }

  public static func fill(_ y: FloatOut, _ value: Float, _ n: Int) {
    var i = 0
    while i < n {
      y[i] = value
      i &+= 1
    }
  }

  public static func fill(_ y: DoubleOut, _ value: Double, _ n: Int) {
    var i = 0
    while i < n {
      y[i] = value
      i &+= 1
    }
  }

  public static func convert(_ x: FloatIn, _ y: DoubleOut, _ n: Int) {
    var i = 0
    while i < n {
      y[i] = Double(x[i])
      i &+= 1
    }
  }

  public static func convert(_ x: DoubleIn, _ y: FloatOut, _ n: Int) {
    var i = 0
    while i < n {
      y[i] = Float(x[i])
      i &+= 1
    }
  }
}
