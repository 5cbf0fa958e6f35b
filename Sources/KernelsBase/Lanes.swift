/// The vector of the convolution kernels: one register of the CPU level, since a transform holds many.
#if KERNELS_V3 || KERNELS_V4
  import KernelsBase
#endif

#if KERNELS_V4
  typealias VF = F16
#elseif KERNELS_V3
  typealias VF = F8
#else
  typealias VF = F4
#endif

@inline(__always) var lanes: Int { VF.scalarCount }

@inline(__always) func fma(_ a: F8, _ b: F8, _ c: F8) -> F8 {
  #if KERNELS_V3 || KERNELS_V4
    fused(a, b, c)
  #else
    a * b + c
  #endif
}

@inline(__always) func fma(_ a: F4, _ b: F4, _ c: F4) -> F4 {
  #if KERNELS_V3 || KERNELS_V4
    fused(a, b, c)
  #else
    a * b + c
  #endif
}

@inline(__always) func vector(_ p: FloatIn, _ i: Int) -> VF {
  UnsafeRawPointer(p + i).loadUnaligned(as: VF.self)
}

@inline(__always) func vector(_ p: FloatOut, _ i: Int) -> VF {
  UnsafeRawPointer(p + i).loadUnaligned(as: VF.self)
}

@inline(__always) func put(_ v: VF, _ p: FloatOut, _ i: Int) {
  UnsafeMutableRawPointer(p + i).storeBytes(of: v, as: VF.self)
}

@inline(__always) func all(_ x: Float) -> VF { VF(repeating: x) }

/// max(v, floor); NaN stays.
@inline(__always) func atLeast(_ v: VF, _ floor: VF) -> VF {
  v.replacing(with: floor, where: v .< floor)
}

@inline(__always) func laneSum(_ v: F8) -> Float { laneSum(v.lowHalf + v.highHalf) }

@inline(__always) func laneSum(_ v: F4) -> Float { (v[0] + v[2]) + (v[1] + v[3]) }
