/// Four vectors that stand for rows of four numbers, and their way to and from memory.
///
/// Lanes are named one by one: the half and even/odd accessors of SIMD32 and SIMD64 would leave
/// specialisations of the standard library behind, see Vector.swift.
#if KERNELS_V3 || KERNELS_V4
  import KernelsBase
#endif

/// 16 rows of four floats, column by column.
struct FourVectors {
  var v0: F16
  var v1: F16
  var v2: F16
  var v3: F16

  /// Writes them row by row: 64 numbers.
  @inline(__always) func storeInterleaved(_ out: FloatOut) {
    // columns 0 and 1, and 2 and 3, side by side in 64 bits, of even and of odd rows
    let left = pairs(v0, v1)
    let right = pairs(v2, v3)
    let (left0, left1) = interleaved(left.even, left.odd)
    let (right0, right1) = interleaved(right.even, right.odd)
    let (a, b) = interleaved(left0, right0)
    let (c, d) = interleaved(left1, right1)
    let bytes = UnsafeMutableRawPointer(out)
    bytes.storeBytes(of: a, as: Q8.self)
    (bytes + 64).storeBytes(of: b, as: Q8.self)
    (bytes + 128).storeBytes(of: c, as: Q8.self)
    (bytes + 192).storeBytes(of: d, as: Q8.self)
  }

  /// Reads 16 rows of four numbers.
  @inline(__always) static func loadInterleaved(_ rows: FloatIn) -> FourVectors {
    FourVectors(v0: column(rows), v1: column(rows + 1), v2: column(rows + 2), v3: column(rows + 3))
  }
}

@inline(__always) private func column(_ p: FloatIn) -> F16 {
  F16(
    p[0], p[4], p[8], p[12], p[16], p[20], p[24], p[28], p[32], p[36], p[40], p[44], p[48], p[52],
    p[56], p[60])
}

@inline(__always) private func pairs(_ a: F16, _ b: F16) -> (even: Q8, odd: Q8) {
  let low: UInt64 = 0xFFFF_FFFF
  let a = unsafeBitCast(a, to: Q8.self)
  let b = unsafeBitCast(b, to: Q8.self)
  return ((a & low) | (b &<< 32), (a &>> 32) | (b & ~low))
}

/// a₀ b₀ a₁ b₁ …
@inline(__always) private func interleaved(_ a: Q8, _ b: Q8) -> (Q8, Q8) {
  (
    Q8(a[0], b[0], a[1], b[1], a[2], b[2], a[3], b[3]),
    Q8(a[4], b[4], a[5], b[5], a[6], b[6], a[7], b[7])
  )
}

/// Four vectors that stand for 8 rows of two doubles and 8 more.
struct FourDoubleVectors {
  var v0: D8
  var v1: D8
  var v2: D8
  var v3: D8

  /// Writes them row by row: 32 numbers.
  @inline(__always) func storeInterleaved(_ out: DoubleOut) {
    let (a, b) = interleaved(bits(v0), bits(v1))
    let (c, d) = interleaved(bits(v2), bits(v3))
    let bytes = UnsafeMutableRawPointer(out)
    bytes.storeBytes(of: a, as: Q8.self)
    (bytes + 64).storeBytes(of: b, as: Q8.self)
    (bytes + 128).storeBytes(of: c, as: Q8.self)
    (bytes + 192).storeBytes(of: d, as: Q8.self)
  }

  @inline(__always) private func bits(_ v: D8) -> Q8 { unsafeBitCast(v, to: Q8.self) }
}
