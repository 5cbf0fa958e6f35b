/// Vectors of the kernels: 512 bits, which the compiler cuts into what the CPU level has.
///
/// Whole rows run through the same vector code, tails included, so that an element's value never
/// depends on its place in the row.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

typealias F16 = SIMD16<Float>
typealias D8 = SIMD8<Double>
typealias I16 = SIMD16<Int32>
typealias W16 = SIMD16<UInt32>
typealias L8 = SIMD8<Int64>
typealias Q8 = SIMD8<UInt64>

/// a·b + c: one rounding where the level has FMA, two where it has not (there it would be a call).
@inline(__always) func fma(_ a: F16, _ b: F16, _ c: F16) -> F16 {
  #if KERNELS_V3 || KERNELS_V4
    c.addingProduct(a, b)
  #else
    a * b + c
  #endif
}

@inline(__always) func fma(_ a: D8, _ b: D8, _ c: D8) -> D8 {
  #if KERNELS_V3 || KERNELS_V4
    c.addingProduct(a, b)
  #else
    a * b + c
  #endif
}

@inline(__always) func load(_ p: UnsafePointer<Float>, _ i: Int) -> F16 {
  UnsafeRawPointer(p + i).loadUnaligned(as: F16.self)
}

@inline(__always) func load(_ p: UnsafePointer<Double>, _ i: Int) -> D8 {
  UnsafeRawPointer(p + i).loadUnaligned(as: D8.self)
}

@inline(__always) func load(_ p: UnsafeMutablePointer<Float>, _ i: Int) -> F16 {
  UnsafeRawPointer(p + i).loadUnaligned(as: F16.self)
}

@inline(__always) func load(_ p: UnsafeMutablePointer<Double>, _ i: Int) -> D8 {
  UnsafeRawPointer(p + i).loadUnaligned(as: D8.self)
}

@inline(__always) func store(_ v: F16, _ p: UnsafeMutablePointer<Float>, _ i: Int) {
  UnsafeMutableRawPointer(p + i).storeBytes(of: v, as: F16.self)
}

@inline(__always) func store(_ v: D8, _ p: UnsafeMutablePointer<Double>, _ i: Int) {
  UnsafeMutableRawPointer(p + i).storeBytes(of: v, as: D8.self)
}

/// The first `n` < 16 elements, the rest `padding`.
@inline(__always) func loadPart(_ p: UnsafePointer<Float>, _ n: Int, _ padding: Float = 0) -> F16 {
  var v = F16(repeating: padding)
  memcpy(&v, p, n &* 4)
  return v
}

@inline(__always) func loadPart(_ p: UnsafePointer<Double>, _ n: Int, _ padding: Double = 0) -> D8 {
  var v = D8(repeating: padding)
  memcpy(&v, p, n &* 8)
  return v
}

@inline(__always) func storePart(_ v: F16, _ p: UnsafeMutablePointer<Float>, _ n: Int) {
  var v = v
  memcpy(p, &v, n &* 4)
}

@inline(__always) func storePart(_ v: D8, _ p: UnsafeMutablePointer<Double>, _ n: Int) {
  var v = v
  memcpy(p, &v, n &* 8)
}

// Conversions lane by lane: the generic initialisers would leave a specialisation of the standard
// library's code, compiled for this level, under a name that every level shares.

@inline(__always) func widened(_ v: SIMD8<Float>) -> D8 {
  D8(
    Double(v[0]), Double(v[1]), Double(v[2]), Double(v[3]), Double(v[4]), Double(v[5]),
    Double(v[6]), Double(v[7]))
}

@inline(__always) func narrowed(_ v: D8) -> SIMD8<Float> {
  SIMD8<Float>(
    Float(v[0]), Float(v[1]), Float(v[2]), Float(v[3]), Float(v[4]), Float(v[5]), Float(v[6]),
    Float(v[7]))
}

/// y[i] = f(x[i]). The last vector overlaps the one before it and is read first, so x may be y.
/// `f` stands in one place, so that it is inlined.
@inline(__always) func map(
  _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int, _ f: (F16) -> F16
) {
  if n <= 0 { return }
  let last = n &- 16
  let tail = last >= 0 ? load(x, last) : loadPart(x, n)
  var i = 0
  while true {
    let whole = i < last
    let v = f(whole ? load(x, i) : tail)
    if whole {
      store(v, y, i)
      i &+= 16
    } else {
      if last >= 0 { store(v, y, last) } else { storePart(v, y, n) }
      return
    }
  }
}

@inline(__always) func map(
  _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ n: Int, _ f: (D8) -> D8
) {
  if n <= 0 { return }
  let last = n &- 8
  let tail = last >= 0 ? load(x, last) : loadPart(x, n)
  var i = 0
  while true {
    let whole = i < last
    let v = f(whole ? load(x, i) : tail)
    if whole {
      store(v, y, i)
      i &+= 8
    } else {
      if last >= 0 { store(v, y, last) } else { storePart(v, y, n) }
      return
    }
  }
}

/// y[i] = f(a[i], b[i]).
@inline(__always) func map(
  _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int,
  _ f: (F16, F16) -> F16
) {
  if n <= 0 { return }
  let last = n &- 16
  let tailA = last >= 0 ? load(a, last) : loadPart(a, n)
  let tailB = last >= 0 ? load(b, last) : loadPart(b, n)
  var i = 0
  while true {
    let whole = i < last
    let v = f(whole ? load(a, i) : tailA, whole ? load(b, i) : tailB)
    if whole {
      store(v, y, i)
      i &+= 16
    } else {
      if last >= 0 { store(v, y, last) } else { storePart(v, y, n) }
      return
    }
  }
}

@inline(__always) func map(
  _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>,
  _ n: Int,
  _ f: (D8, D8) -> D8
) {
  if n <= 0 { return }
  let last = n &- 8
  let tailA = last >= 0 ? load(a, last) : loadPart(a, n)
  let tailB = last >= 0 ? load(b, last) : loadPart(b, n)
  var i = 0
  while true {
    let whole = i < last
    let v = f(whole ? load(a, i) : tailA, whole ? load(b, i) : tailB)
    if whole {
      store(v, y, i)
      i &+= 8
    } else {
      if last >= 0 { store(v, y, last) } else { storePart(v, y, n) }
      return
    }
  }
}

/// y[i] = f(a[i], b[i], y[i]).
@inline(__always) func update(
  _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int,
  _ f: (F16, F16, F16) -> F16
) {
  if n <= 0 { return }
  let last = n &- 16
  let tailA = last >= 0 ? load(a, last) : loadPart(a, n)
  let tailB = last >= 0 ? load(b, last) : loadPart(b, n)
  let tailY = last >= 0 ? load(y, last) : loadPart(UnsafePointer<Float>(y), n)
  var i = 0
  while true {
    let whole = i < last
    let v = f(
      whole ? load(a, i) : tailA, whole ? load(b, i) : tailB, whole ? load(y, i) : tailY)
    if whole {
      store(v, y, i)
      i &+= 16
    } else {
      if last >= 0 { store(v, y, last) } else { storePart(v, y, n) }
      return
    }
  }
}

@inline(__always) func update(
  _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>,
  _ n: Int,
  _ f: (D8, D8, D8) -> D8
) {
  if n <= 0 { return }
  let last = n &- 8
  let tailA = last >= 0 ? load(a, last) : loadPart(a, n)
  let tailB = last >= 0 ? load(b, last) : loadPart(b, n)
  let tailY = last >= 0 ? load(y, last) : loadPart(UnsafePointer<Double>(y), n)
  var i = 0
  while true {
    let whole = i < last
    let v = f(
      whole ? load(a, i) : tailA, whole ? load(b, i) : tailB, whole ? load(y, i) : tailY)
    if whole {
      store(v, y, i)
      i &+= 8
    } else {
      if last >= 0 { store(v, y, last) } else { storePart(v, y, n) }
      return
    }
  }
}
