/// Four vectors that stand for 16 rows of four numbers.

#if KERNELS_V3 || KERNELS_V4
  import KernelsBase
#endif

struct FourVectors {
  var v0: F16
  var v1: F16
  var v2: F16
  var v3: F16

  /// Writes them row by row: 64 numbers.
  @inline(__always) func storeInterleaved(_ out: FloatOut) {
    var even = SIMD32<Float>()
    even.evenHalf = v0
    even.oddHalf = v2
    var odd = SIMD32<Float>()
    odd.evenHalf = v1
    odd.oddHalf = v3
    var all = SIMD64<Float>()
    all.evenHalf = even
    all.oddHalf = odd
    UnsafeMutableRawPointer(out).storeBytes(of: all, as: SIMD64<Float>.self)
  }
}
