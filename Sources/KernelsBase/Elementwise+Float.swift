/// Elementwise functions of a row of floats.

#if KERNELS_V3 || KERNELS_V4
  import KernelsBase
#endif

extension Kernels {
  public static func negative(_ x: FloatIn, _ y: FloatOut, _ n: Int) {
    map(x, y, n) { -$0 }
  }

  public static func absolute(_ x: FloatIn, _ y: FloatOut, _ n: Int) {
    map(x, y, n) { VectorMath.absolute($0) }
  }

  public static func reciprocal(_ x: FloatIn, _ y: FloatOut, _ n: Int) {
    map(x, y, n) { 1 / $0 }
  }

  public static func square(_ x: FloatIn, _ y: FloatOut, _ n: Int) {
    map(x, y, n) { $0 * $0 }
  }

  public static func sqrt(_ x: FloatIn, _ y: FloatOut, _ n: Int) {
    map(x, y, n) { $0.squareRoot() }
  }

  public static func exp(_ x: FloatIn, _ y: FloatOut, _ n: Int) {
    map(x, y, n) { VectorMath.exp($0) }
  }

  public static func expm1(_ x: FloatIn, _ y: FloatOut, _ n: Int) {
    map(x, y, n) { VectorMath.expm1($0) }
  }

  public static func log(_ x: FloatIn, _ y: FloatOut, _ n: Int) {
    map(x, y, n) { VectorMath.log($0) }
  }

  public static func log1p(_ x: FloatIn, _ y: FloatOut, _ n: Int) {
    map(x, y, n) { VectorMath.log1p($0) }
  }

  public static func tanh(_ x: FloatIn, _ y: FloatOut, _ n: Int) {
    map(x, y, n) { VectorMath.tanh($0) }
  }

  public static func sigmoid(_ x: FloatIn, _ y: FloatOut, _ n: Int) {
    map(x, y, n) { VectorMath.sigmoid($0) }
  }

  public static func silu(_ x: FloatIn, _ y: FloatOut, _ n: Int) {
    map(x, y, n) { VectorMath.silu($0) }
  }

  public static func relu(_ x: FloatIn, _ y: FloatOut, _ n: Int) {
    map(x, y, n) { VectorMath.atLeast($0, 0) }
  }

  public static func sin(_ x: FloatIn, _ y: FloatOut, _ n: Int) {
    if VectorMath.reducible(x, n) {
      map(x, y, n) { VectorMath.sinCos($0).sin }
    } else {
      map(x, y, n) { v in
        var result = VectorMath.sinCos(v).sin
        for lane in 0..<16 where !(v[lane].magnitude <= VectorMath.floatReach) {
          result[lane] = LibM.sin(v[lane])
        }
        return result
      }
    }
  }

  public static func cos(_ x: FloatIn, _ y: FloatOut, _ n: Int) {
    if VectorMath.reducible(x, n) {
      map(x, y, n) { VectorMath.sinCos($0).cos }
    } else {
      map(x, y, n) { v in
        var result = VectorMath.sinCos(v).cos
        for lane in 0..<16 where !(v[lane].magnitude <= VectorMath.floatReach) {
          result[lane] = LibM.cos(v[lane])
        }
        return result
      }
    }
  }
}
