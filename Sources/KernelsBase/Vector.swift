/// Vectors of the kernels: 512 bits, which the compiler cuts into what the CPU level has.
///
/// Whole rows run through the same vector code, tails included, so that an element's value never
/// depends on its place in the row.

typealias F16 = SIMD16<Float>
typealias D8 = SIMD8<Double>
typealias I16 = SIMD16<Int32>
typealias W16 = SIMD16<UInt32>
typealias L8 = SIMD8<Int64>
typealias Q8 = SIMD8<UInt64>

/// a·b + c: one rounding where the level has FMA, two where it has not (there it would be a call).
@inline(__always) func fma(_ a: F16, _ b: F16, _ c: F16) -> F16 {
  #if KERNELS_V3 || KERNELS_V4
    fused(a, b, c)
  #else
    a * b + c
  #endif
}

@inline(__always) func fma(_ a: D8, _ b: D8, _ c: D8) -> D8 {
  #if KERNELS_V3 || KERNELS_V4
    fused(a, b, c)
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

// Parts of a vector go through registers, in runs of 8, 4, 2 and 1 elements: a call to copy them
// through memory costs more than a whole row of a hundred.

/// The first `n` < 16 elements, the rest `padding`.
@inline(__always) func loadPart(_ p: UnsafePointer<Float>, _ n: Int, _ padding: Float = 0) -> F16 {
  let (pad, bytes) = (SIMD8<Float>(repeating: padding), UnsafeRawPointer(p))
  var two = pad.lowHalf.lowHalf
  if n & 1 != 0 { two[0] = p[n &- 1] }
  var four = SIMD4(lowHalf: two, highHalf: pad.lowHalf.lowHalf)
  if n & 2 != 0 {
    let run = (bytes + 4 &* (n & 12)).loadUnaligned(as: SIMD2<Float>.self)
    four = SIMD4(lowHalf: run, highHalf: two)
  }
  var eight = SIMD8(lowHalf: four, highHalf: pad.lowHalf)
  if n & 4 != 0 {
    let run = (bytes + 4 &* (n & 8)).loadUnaligned(as: SIMD4<Float>.self)
    eight = SIMD8(lowHalf: run, highHalf: four)
  }
  if n & 8 == 0 { return F16(lowHalf: eight, highHalf: pad) }
  return F16(lowHalf: bytes.loadUnaligned(as: SIMD8<Float>.self), highHalf: eight)
}

@inline(__always) func loadPart(_ p: UnsafePointer<Double>, _ n: Int, _ padding: Double = 0) -> D8 {
  let (pad, bytes) = (SIMD4<Double>(repeating: padding), UnsafeRawPointer(p))
  var two = pad.lowHalf
  if n & 1 != 0 { two[0] = p[n &- 1] }
  var four = SIMD4(lowHalf: two, highHalf: pad.lowHalf)
  if n & 2 != 0 {
    let run = (bytes + 8 &* (n & 4)).loadUnaligned(as: SIMD2<Double>.self)
    four = SIMD4(lowHalf: run, highHalf: two)
  }
  if n & 4 == 0 { return D8(lowHalf: four, highHalf: pad) }
  return D8(lowHalf: bytes.loadUnaligned(as: SIMD4<Double>.self), highHalf: four)
}

/// Writes the first `n` < 16 elements.
@inline(__always) func storePart(_ v: F16, _ p: UnsafeMutablePointer<Float>, _ n: Int) {
  let bytes = UnsafeMutableRawPointer(p)
  var eight = v.lowHalf
  if n & 8 != 0 {
    bytes.storeBytes(of: eight, as: SIMD8<Float>.self)
    eight = v.highHalf
  }
  var four = eight.lowHalf
  if n & 4 != 0 {
    (bytes + 4 &* (n & 8)).storeBytes(of: four, as: SIMD4<Float>.self)
    four = eight.highHalf
  }
  var two = four.lowHalf
  if n & 2 != 0 {
    (bytes + 4 &* (n & 12)).storeBytes(of: two, as: SIMD2<Float>.self)
    two = four.highHalf
  }
  if n & 1 != 0 { p[n &- 1] = two[0] }
}

/// Writes the first `n` < 8 elements.
@inline(__always) func storePart(_ v: D8, _ p: UnsafeMutablePointer<Double>, _ n: Int) {
  let bytes = UnsafeMutableRawPointer(p)
  var four = v.lowHalf
  if n & 4 != 0 {
    bytes.storeBytes(of: four, as: SIMD4<Double>.self)
    four = v.highHalf
  }
  var two = four.lowHalf
  if n & 2 != 0 {
    (bytes + 8 &* (n & 4)).storeBytes(of: two, as: SIMD2<Double>.self)
    two = four.highHalf
  }
  if n & 1 != 0 { p[n &- 1] = two[0] }
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

// A row shorter than a vector runs on a copy that is one, so that what runs on long rows is nothing but
// loads, `f` and stores: with more around it the compiler stops inlining `f`.

/// The elements of a vector in memory.
@inline(__always) private func withElements(
  of v: inout F16, _ body: (UnsafeMutablePointer<Float>) -> Void
) {
  withUnsafeMutablePointer(to: &v) {
    body(UnsafeMutableRawPointer($0).assumingMemoryBound(to: Float.self))
  }
}

@inline(__always) private func withElements(
  of v: inout D8, _ body: (UnsafeMutablePointer<Double>) -> Void
) {
  withUnsafeMutablePointer(to: &v) {
    body(UnsafeMutableRawPointer($0).assumingMemoryBound(to: Double.self))
  }
}

@inline(never) private func copyPart(
  _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, _ n: Int
) { storePart(loadPart(source, n), target, n) }

@inline(never) private func copyPart(
  _ source: UnsafePointer<Double>, _ target: UnsafeMutablePointer<Double>, _ n: Int
) { storePart(loadPart(source, n), target, n) }

/// y[i] = f(x[i]). The last vector overlaps the one before it and is read first, so x may be y.
/// `f` stands in one place, so that it is inlined.
@inline(__always) func map(
  _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int, _ f: (F16) -> F16
) {
  if n <= 0 { return }
  var part = F16()
  withElements(of: &part) { part in
    let isPart = n < 16
    if isPart { copyPart(x, part, n) }
    let (x, z) = isPart ? (UnsafePointer(part), part) : (x, y)
    let last = isPart ? 0 : n &- 16
    let tail = load(x, last)
    var i = 0
    while true {
      let v = f(i < last ? load(x, i) : tail)
      store(v, z, min(i, last))
      i &+= 16
      if i >= last &+ 16 { break }
    }
    if isPart { copyPart(UnsafePointer(part), y, n) }
  }
}

@inline(__always) func map(
  _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ n: Int, _ f: (D8) -> D8
) {
  if n <= 0 { return }
  var part = D8()
  withElements(of: &part) { part in
    let isPart = n < 8
    if isPart { copyPart(x, part, n) }
    let (x, z) = isPart ? (UnsafePointer(part), part) : (x, y)
    let last = isPart ? 0 : n &- 8
    let tail = load(x, last)
    var i = 0
    while true {
      let v = f(i < last ? load(x, i) : tail)
      store(v, z, min(i, last))
      i &+= 8
      if i >= last &+ 8 { break }
    }
    if isPart { copyPart(UnsafePointer(part), y, n) }
  }
}

/// y[i] = f(a[i], b[i]).
@inline(__always) func map(
  _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int,
  _ f: (F16, F16) -> F16
) {
  if n <= 0 { return }
  var (partA, partB) = (F16(), F16())
  withElements(of: &partA) { partA in
    withElements(of: &partB) { partB in
      let isPart = n < 16
      if isPart {
        copyPart(a, partA, n)
        copyPart(b, partB, n)
      }
      let (a, b, z) = isPart ? (UnsafePointer(partA), UnsafePointer(partB), partA) : (a, b, y)
      let last = isPart ? 0 : n &- 16
      let (tailA, tailB) = (load(a, last), load(b, last))
      var i = 0
      while true {
        let v = f(i < last ? load(a, i) : tailA, i < last ? load(b, i) : tailB)
        store(v, z, min(i, last))
        i &+= 16
        if i >= last &+ 16 { break }
      }
      if isPart { copyPart(UnsafePointer(partA), y, n) }
    }
  }
}

@inline(__always) func map(
  _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>,
  _ n: Int,
  _ f: (D8, D8) -> D8
) {
  if n <= 0 { return }
  var (partA, partB) = (D8(), D8())
  withElements(of: &partA) { partA in
    withElements(of: &partB) { partB in
      let isPart = n < 8
      if isPart {
        copyPart(a, partA, n)
        copyPart(b, partB, n)
      }
      let (a, b, z) = isPart ? (UnsafePointer(partA), UnsafePointer(partB), partA) : (a, b, y)
      let last = isPart ? 0 : n &- 8
      let (tailA, tailB) = (load(a, last), load(b, last))
      var i = 0
      while true {
        let v = f(i < last ? load(a, i) : tailA, i < last ? load(b, i) : tailB)
        store(v, z, min(i, last))
        i &+= 8
        if i >= last &+ 8 { break }
      }
      if isPart { copyPart(UnsafePointer(partA), y, n) }
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
