/// Arithmetic of the kernels' vectors, each operator one instruction of the compiler's.
///
/// The standard library's operators on vectors of floats are loops over lanes, which the compiler does not
/// always make vectors of again. These are found first, being of concrete types.
import Builtin

typealias F8 = SIMD8<Float>
typealias F4 = SIMD4<Float>
typealias D4 = SIMD4<Double>

/// Asks for the cache line of p[at], to be read soon; any address is allowed.
@inline(__always) func prefetchLine(_ p: UnsafePointer<Float>, _ at: Int) {
  let reads = Int32(0), nearest = Int32(3), isData = Int32(1)
  Builtin.int_prefetch_RawPointer(
    (p + at)._rawValue, reads._value, nearest._value, isData._value)
}

/// Asks for the cache line of p[at], to be written soon; any address is allowed.
@inline(__always) func prefetchForWriting(_ p: UnsafeMutablePointer<Float>, _ at: Int) {
  let writes = Int32(1), nearest = Int32(3), isData = Int32(1)
  Builtin.int_prefetch_RawPointer(
    (p + at)._rawValue, writes._value, nearest._value, isData._value)
}

// MARK: F16

@inline(__always) func + (a: F16, b: F16) -> F16 {
  unsafeBitCast(Builtin.fadd_Vec16xFPIEEE32(a._storage._value, b._storage._value), to: F16.self)
}
@inline(__always) func + (a: F16, b: Float) -> F16 { a + F16(repeating: b) }
@inline(__always) func + (a: Float, b: F16) -> F16 { F16(repeating: a) + b }
@inline(__always) func += (a: inout F16, b: F16) { a = a + b }
@inline(__always) func - (a: F16, b: F16) -> F16 {
  unsafeBitCast(Builtin.fsub_Vec16xFPIEEE32(a._storage._value, b._storage._value), to: F16.self)
}
@inline(__always) func - (a: F16, b: Float) -> F16 { a - F16(repeating: b) }
@inline(__always) func - (a: Float, b: F16) -> F16 { F16(repeating: a) - b }
@inline(__always) func -= (a: inout F16, b: F16) { a = a - b }
@inline(__always) func * (a: F16, b: F16) -> F16 {
  unsafeBitCast(Builtin.fmul_Vec16xFPIEEE32(a._storage._value, b._storage._value), to: F16.self)
}
@inline(__always) func * (a: F16, b: Float) -> F16 { a * F16(repeating: b) }
@inline(__always) func * (a: Float, b: F16) -> F16 { F16(repeating: a) * b }
@inline(__always) func *= (a: inout F16, b: F16) { a = a * b }
@inline(__always) func / (a: F16, b: F16) -> F16 {
  unsafeBitCast(Builtin.fdiv_Vec16xFPIEEE32(a._storage._value, b._storage._value), to: F16.self)
}
@inline(__always) func / (a: F16, b: Float) -> F16 { a / F16(repeating: b) }
@inline(__always) func / (a: Float, b: F16) -> F16 { F16(repeating: a) / b }
@inline(__always) func /= (a: inout F16, b: F16) { a = a / b }
@inline(__always) prefix func - (a: F16) -> F16 {
  unsafeBitCast(Builtin.fneg_Vec16xFPIEEE32(a._storage._value), to: F16.self)
}
/// a·b + c rounded once.
@inline(__always) func fused(_ a: F16, _ b: F16, _ c: F16) -> F16 {
  unsafeBitCast(
    Builtin.int_fma_Vec16xFPIEEE32(a._storage._value, b._storage._value, c._storage._value),
    to: F16.self)
}

// MARK: D8

@inline(__always) func + (a: D8, b: D8) -> D8 {
  unsafeBitCast(Builtin.fadd_Vec8xFPIEEE64(a._storage._value, b._storage._value), to: D8.self)
}
@inline(__always) func + (a: D8, b: Double) -> D8 { a + D8(repeating: b) }
@inline(__always) func + (a: Double, b: D8) -> D8 { D8(repeating: a) + b }
@inline(__always) func += (a: inout D8, b: D8) { a = a + b }
@inline(__always) func - (a: D8, b: D8) -> D8 {
  unsafeBitCast(Builtin.fsub_Vec8xFPIEEE64(a._storage._value, b._storage._value), to: D8.self)
}
@inline(__always) func - (a: D8, b: Double) -> D8 { a - D8(repeating: b) }
@inline(__always) func - (a: Double, b: D8) -> D8 { D8(repeating: a) - b }
@inline(__always) func -= (a: inout D8, b: D8) { a = a - b }
@inline(__always) func * (a: D8, b: D8) -> D8 {
  unsafeBitCast(Builtin.fmul_Vec8xFPIEEE64(a._storage._value, b._storage._value), to: D8.self)
}
@inline(__always) func * (a: D8, b: Double) -> D8 { a * D8(repeating: b) }
@inline(__always) func * (a: Double, b: D8) -> D8 { D8(repeating: a) * b }
@inline(__always) func *= (a: inout D8, b: D8) { a = a * b }
@inline(__always) func / (a: D8, b: D8) -> D8 {
  unsafeBitCast(Builtin.fdiv_Vec8xFPIEEE64(a._storage._value, b._storage._value), to: D8.self)
}
@inline(__always) func / (a: D8, b: Double) -> D8 { a / D8(repeating: b) }
@inline(__always) func / (a: Double, b: D8) -> D8 { D8(repeating: a) / b }
@inline(__always) func /= (a: inout D8, b: D8) { a = a / b }
@inline(__always) prefix func - (a: D8) -> D8 {
  unsafeBitCast(Builtin.fneg_Vec8xFPIEEE64(a._storage._value), to: D8.self)
}
/// a·b + c rounded once.
@inline(__always) func fused(_ a: D8, _ b: D8, _ c: D8) -> D8 {
  unsafeBitCast(
    Builtin.int_fma_Vec8xFPIEEE64(a._storage._value, b._storage._value, c._storage._value),
    to: D8.self)
}

// MARK: F8

@inline(__always) func + (a: F8, b: F8) -> F8 {
  unsafeBitCast(Builtin.fadd_Vec8xFPIEEE32(a._storage._value, b._storage._value), to: F8.self)
}
@inline(__always) func - (a: F8, b: F8) -> F8 {
  unsafeBitCast(Builtin.fsub_Vec8xFPIEEE32(a._storage._value, b._storage._value), to: F8.self)
}
@inline(__always) func * (a: F8, b: F8) -> F8 {
  unsafeBitCast(Builtin.fmul_Vec8xFPIEEE32(a._storage._value, b._storage._value), to: F8.self)
}
@inline(__always) func / (a: F8, b: F8) -> F8 {
  unsafeBitCast(Builtin.fdiv_Vec8xFPIEEE32(a._storage._value, b._storage._value), to: F8.self)
}
@inline(__always) prefix func - (a: F8) -> F8 {
  unsafeBitCast(Builtin.fneg_Vec8xFPIEEE32(a._storage._value), to: F8.self)
}
/// a·b + c rounded once.
@inline(__always) func fused(_ a: F8, _ b: F8, _ c: F8) -> F8 {
  unsafeBitCast(
    Builtin.int_fma_Vec8xFPIEEE32(a._storage._value, b._storage._value, c._storage._value),
    to: F8.self)
}

// MARK: F4

@inline(__always) func + (a: F4, b: F4) -> F4 {
  unsafeBitCast(Builtin.fadd_Vec4xFPIEEE32(a._storage._value, b._storage._value), to: F4.self)
}
@inline(__always) func - (a: F4, b: F4) -> F4 {
  unsafeBitCast(Builtin.fsub_Vec4xFPIEEE32(a._storage._value, b._storage._value), to: F4.self)
}
@inline(__always) func * (a: F4, b: F4) -> F4 {
  unsafeBitCast(Builtin.fmul_Vec4xFPIEEE32(a._storage._value, b._storage._value), to: F4.self)
}
@inline(__always) func / (a: F4, b: F4) -> F4 {
  unsafeBitCast(Builtin.fdiv_Vec4xFPIEEE32(a._storage._value, b._storage._value), to: F4.self)
}
@inline(__always) prefix func - (a: F4) -> F4 {
  unsafeBitCast(Builtin.fneg_Vec4xFPIEEE32(a._storage._value), to: F4.self)
}
/// a·b + c rounded once.
@inline(__always) func fused(_ a: F4, _ b: F4, _ c: F4) -> F4 {
  unsafeBitCast(
    Builtin.int_fma_Vec4xFPIEEE32(a._storage._value, b._storage._value, c._storage._value),
    to: F4.self)
}

// MARK: D4

@inline(__always) func + (a: D4, b: D4) -> D4 {
  unsafeBitCast(Builtin.fadd_Vec4xFPIEEE64(a._storage._value, b._storage._value), to: D4.self)
}
@inline(__always) func - (a: D4, b: D4) -> D4 {
  unsafeBitCast(Builtin.fsub_Vec4xFPIEEE64(a._storage._value, b._storage._value), to: D4.self)
}
@inline(__always) func * (a: D4, b: D4) -> D4 {
  unsafeBitCast(Builtin.fmul_Vec4xFPIEEE64(a._storage._value, b._storage._value), to: D4.self)
}
@inline(__always) func / (a: D4, b: D4) -> D4 {
  unsafeBitCast(Builtin.fdiv_Vec4xFPIEEE64(a._storage._value, b._storage._value), to: D4.self)
}
@inline(__always) prefix func - (a: D4) -> D4 {
  unsafeBitCast(Builtin.fneg_Vec4xFPIEEE64(a._storage._value), to: D4.self)
}
/// a·b + c rounded once.
@inline(__always) func fused(_ a: D4, _ b: D4, _ c: D4) -> D4 {
  unsafeBitCast(
    Builtin.int_fma_Vec4xFPIEEE64(a._storage._value, b._storage._value, c._storage._value),
    to: D4.self)
}

extension SIMD16 where Scalar == Float {
  @inline(__always) func squareRoot() -> F16 {
    unsafeBitCast(Builtin.int_sqrt_Vec16xFPIEEE32(_storage._value), to: F16.self)
  }

  /// `other` where `mask` holds.
  @inline(__always) func replacing(with other: F16, where mask: SIMDMask<SIMD16<Int32>>) -> F16 {
    let holds = Builtin.cmp_slt_Vec16xInt32(
      mask._storage._storage._value, Builtin.zeroInitializer())
    return unsafeBitCast(
      Builtin.select_Vec16xInt1_Vec16xFPIEEE32(holds, other._storage._value, _storage._value),
      to: F16.self)
  }
}

extension SIMD8 where Scalar == Double {
  @inline(__always) func squareRoot() -> D8 {
    unsafeBitCast(Builtin.int_sqrt_Vec8xFPIEEE64(_storage._value), to: D8.self)
  }

  /// `other` where `mask` holds.
  @inline(__always) func replacing(with other: D8, where mask: SIMDMask<SIMD8<Int64>>) -> D8 {
    let holds = Builtin.cmp_slt_Vec8xInt64(mask._storage._storage._value, Builtin.zeroInitializer())
    return unsafeBitCast(
      Builtin.select_Vec8xInt1_Vec8xFPIEEE64(holds, other._storage._value, _storage._value),
      to: D8.self)
  }
}

extension SIMD8 where Scalar == Float {
  @inline(__always) func replacing(with other: F8, where mask: SIMDMask<SIMD8<Int32>>) -> F8 {
    let holds = Builtin.cmp_slt_Vec8xInt32(mask._storage._storage._value, Builtin.zeroInitializer())
    return unsafeBitCast(
      Builtin.select_Vec8xInt1_Vec8xFPIEEE32(holds, other._storage._value, _storage._value),
      to: F8.self)
  }
}

extension SIMD4 where Scalar == Float {
  @inline(__always) func replacing(with other: F4, where mask: SIMDMask<SIMD4<Int32>>) -> F4 {
    let holds = Builtin.cmp_slt_Vec4xInt32(mask._storage._storage._value, Builtin.zeroInitializer())
    return unsafeBitCast(
      Builtin.select_Vec4xInt1_Vec4xFPIEEE32(holds, other._storage._value, _storage._value),
      to: F4.self)
  }
}
