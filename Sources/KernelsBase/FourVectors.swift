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
    let outer = interleaved(v0, v2)
    let inner = interleaved(v1, v3)
    let first = interleaved(outer.lowHalf, inner.lowHalf)
    let second = interleaved(outer.highHalf, inner.highHalf)
    let bytes = UnsafeMutableRawPointer(out)
    bytes.storeBytes(of: first, as: SIMD32<Float>.self)
    (bytes + 128).storeBytes(of: second, as: SIMD32<Float>.self)
  }

  /// Reads 16 rows of four numbers.
  @inline(__always) static func loadInterleaved(_ rows: FloatIn) -> FourVectors {
    let bytes = UnsafeRawPointer(rows)
    let first = bytes.loadUnaligned(as: SIMD32<Float>.self)
    let second = (bytes + 128).loadUnaligned(as: SIMD32<Float>.self)
    let even = SIMD32(lowHalf: first.evenHalf, highHalf: second.evenHalf)
    let odd = SIMD32(lowHalf: first.oddHalf, highHalf: second.oddHalf)
    return FourVectors(
      v0: even.evenHalf, v1: odd.evenHalf, v2: even.oddHalf, v3: odd.oddHalf)
  }
}

/// a₀ b₀ a₁ b₁ …
@inline(__always) private func interleaved(_ a: F16, _ b: F16) -> SIMD32<Float> {
  var result = SIMD32<Float>()
  result.evenHalf = a
  result.oddHalf = b
  return result
}
