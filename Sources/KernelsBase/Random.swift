/// Uniform and normal arrays from Philox blocks.
///
/// Only operations that round alike at every CPU level appear here: no fused multiply-add, and the
/// logarithm, sine and cosine of VectorMath with `fused: false`.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif
#if KERNELS_V3 || KERNELS_V4
  import KernelsBase
#endif

extension Kernels {
  public static func uniform(
    _ out: FloatOut, rows: Int, columns: Int, key: UInt64, step: UInt32, firstRow: UInt64
  ) {
    let place = RandomPlace(rows: rows, columns: columns, key: key, step: step, firstRow: firstRow)
    generate(out, place, one: { RandomValue.uniform($0.w0) }) { w in
      FourVectors(
        v0: RandomValue.uniform(w.w0), v1: RandomValue.uniform(w.w1),
        v2: RandomValue.uniform(w.w2), v3: RandomValue.uniform(w.w3))
    }
  }

  public static func normal(
    _ out: FloatOut, rows: Int, columns: Int, key: UInt64, step: UInt32, firstRow: UInt64
  ) {
    let place = RandomPlace(rows: rows, columns: columns, key: key, step: step, firstRow: firstRow)
    generate(out, place, one: { RandomValue.normals($0.w0, $0.w1).0 }) { w in
      let (v0, v1) = RandomValue.normals(w.w0, w.w1)
      let (v2, v3) = RandomValue.normals(w.w2, w.w3)
      return FourVectors(v0: v0, v1: v1, v2: v2, v3: v3)
    }
  }

  public static func words(
    _ out: UnsafeMutablePointer<UInt32>, rows: Int, columns: Int, key: UInt64, step: UInt32,
    firstRow: UInt64
  ) {
    let place = RandomPlace(rows: rows, columns: columns, key: key, step: step, firstRow: firstRow)
    // the bits travel as floats; nothing computes with them
    let bits = UnsafeMutableRawPointer(out).assumingMemoryBound(to: Float.self)
    generate(bits, place, one: { unsafeBitCast($0.w0, to: F16.self) }) { w in
      FourVectors(
        v0: unsafeBitCast(w.w0, to: F16.self), v1: unsafeBitCast(w.w1, to: F16.self),
        v2: unsafeBitCast(w.w2, to: F16.self), v3: unsafeBitCast(w.w3, to: F16.self))
    }
  }

  public static func uniform(
    _ out: DoubleOut, rows: Int, columns: Int, key: UInt64, step: UInt32, firstRow: UInt64
  ) {
    let place = RandomPlace(rows: rows, columns: columns, key: key, step: step, firstRow: firstRow)
    generate(out, place) { b in
      (RandomValue.uniform(b.c0, b.c1), RandomValue.uniform(b.c2, b.c3))
    }
  }

  public static func normal(
    _ out: DoubleOut, rows: Int, columns: Int, key: UInt64, step: UInt32, firstRow: UInt64
  ) {
    let place = RandomPlace(rows: rows, columns: columns, key: key, step: step, firstRow: firstRow)
    generate(out, place) { b in RandomValue.normals(b) }
  }
}

/// What is asked for.
struct RandomPlace {
  var rows: Int
  var columns: Int
  var key: UInt64
  var step: UInt32
  var firstRow: UInt64
}

/// Fills rows × columns floats, 16 blocks of four at a time.
@inline(__always) private func generate(
  _ out: FloatOut, _ place: RandomPlace, one: (PhiloxWords) -> F16,
  four: (PhiloxWords) -> FourVectors
) {
  let columns = place.columns
  if place.rows <= 0 || columns <= 0 { return }
  if columns == 1 {
    var r = 0
    while r < place.rows {
      let counters = PhiloxCounters(
        rows: place.firstRow &+ UInt64(r), block: 0, step: place.step)
      let v = one(counters.words(key: place.key))
      let count = place.rows &- r
      if count >= 16 { store(v, out, r) } else { storePart(v, out + r, count) }
      r &+= 16
    }
    return
  }

  let blocks = (columns &+ 3) / 4
  let total = place.rows &* blocks
  let whole = columns & 3 == 0
  var buffer = SIMD64<Float>()
  var (row, block) = (0, 0)
  var item = 0
  while item < total {
    let counters: PhiloxCounters
    let sameRow = block &+ 16 <= blocks
    let first = place.firstRow &+ UInt64(row)
    if sameRow {
      counters = PhiloxCounters(row: first, blocks: UInt64(block), step: place.step)
    } else {
      counters = PhiloxCounters(
        row: first, block: UInt64(block), blocksPerRow: UInt64(blocks), step: place.step)
    }
    let values = four(counters.words(key: place.key))
    let start = row &* columns &+ block &* 4
    let count = min(16, total &- item)
    if count == 16 && (whole || (sameRow && block &* 4 &+ 64 <= columns)) {
      values.storeInterleaved(out + start)
      block &+= 16
      while block >= blocks {
        block &-= blocks
        row &+= 1
      }
    } else {
      withUnsafeMutablePointer(to: &buffer) { pointer in
        let numbers = UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: Float.self)
        values.storeInterleaved(numbers)
        for lane in 0..<count {
          let column = block &* 4
          memcpy(
            out + (row &* columns &+ column), numbers + 4 &* lane,
            4 &* min(4, columns &- column))
          block &+= 1
          if block == blocks {
            block = 0
            row &+= 1
          }
        }
      }
    }
    item &+= 16
  }
}

/// Fills rows × columns doubles, 8 blocks of two at a time.
@inline(__always) private func generate(
  _ out: DoubleOut, _ place: RandomPlace, two: (PhiloxBlock) -> (D8, D8)
) {
  let columns = place.columns
  if place.rows <= 0 || columns <= 0 { return }
  let blocks = (columns &+ 1) / 2
  let total = place.rows &* blocks
  var (row, block) = (0, 0)
  var item = 0
  while item < total {
    var counter = PhiloxBlock(
      c0: Q8(), c1: Q8(), c2: Q8(), c3: Q8(repeating: UInt64(place.step)))
    let (startRow, startBlock) = (row, block)
    for lane in 0..<8 {
      let r = place.firstRow &+ UInt64(row)
      counter.c0[lane] = UInt64(block)
      counter.c1[lane] = r
      counter.c2[lane] = r >> 32
      block &+= 1
      if block == blocks {
        block = 0
        row &+= 1
      }
    }
    let (first, second) = two(counter.scrambled(key: place.key))
    (row, block) = (startRow, startBlock)
    for lane in 0..<min(8, total &- item) {
      let start = row &* columns &+ block &* 2
      out[start] = first[lane]
      if block &* 2 &+ 1 < columns { out[start &+ 1] = second[lane] }
      block &+= 1
      if block == blocks {
        block = 0
        row &+= 1
      }
    }
    item &+= 8
  }
}
