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
    _ out: FloatOut, rows: Int, columns: Int, key: UInt64, step: UInt32, firstRow: UInt64,
    firstBlock: UInt64
  ) {
    let place = RandomPlace(
      rows: rows, columns: columns, key: key, step: step, firstRow: firstRow, firstBlock: firstBlock
    )
    generate(out, place, first: RandomValue.firstUniform, all: RandomValue.uniforms)
  }

  public static func normal(
    _ out: FloatOut, rows: Int, columns: Int, key: UInt64, step: UInt32, firstRow: UInt64,
    firstBlock: UInt64
  ) {
    let place = RandomPlace(
      rows: rows, columns: columns, key: key, step: step, firstRow: firstRow, firstBlock: firstBlock
    )
    generate(out, place, first: RandomValue.firstNormal, all: RandomValue.normals)
  }

  public static func words(
    _ out: UnsafeMutablePointer<UInt32>, rows: Int, columns: Int, key: UInt64, step: UInt32,
    firstRow: UInt64, firstBlock: UInt64
  ) {
    let place = RandomPlace(
      rows: rows, columns: columns, key: key, step: step, firstRow: firstRow, firstBlock: firstBlock
    )
    // the bits travel as floats; nothing computes with them
    let bits = UnsafeMutableRawPointer(out).assumingMemoryBound(to: Float.self)
    generate(bits, place, first: RandomValue.firstWord, all: RandomValue.words)
  }

  public static func uniform(
    _ out: DoubleOut, rows: Int, columns: Int, key: UInt64, step: UInt32, firstRow: UInt64,
    firstBlock: UInt64
  ) {
    let place = RandomPlace(
      rows: rows, columns: columns, key: key, step: step, firstRow: firstRow, firstBlock: firstBlock
    )
    generate(out, place, first: RandomValue.firstUniform, all: RandomValue.uniforms)
  }

  public static func normal(
    _ out: DoubleOut, rows: Int, columns: Int, key: UInt64, step: UInt32, firstRow: UInt64,
    firstBlock: UInt64
  ) {
    let place = RandomPlace(
      rows: rows, columns: columns, key: key, step: step, firstRow: firstRow, firstBlock: firstBlock
    )
    generate(out, place, first: RandomValue.firstNormal, all: RandomValue.normals)
  }
}

/// What is asked for.
struct RandomPlace {
  var rows: Int
  var columns: Int
  var key: UInt64
  var step: UInt32
  var firstRow: UInt64
  var firstBlock: UInt64
}

/// One number a row: the first of block 0.
@inline(__always) private func generateColumn(
  _ out: FloatOut, _ place: RandomPlace, _ first: (PhiloxCounters) -> F16
) {
  var r = 0
  while r < place.rows {
    let counters = PhiloxCounters(
      rows: place.firstRow &+ UInt64(r), block: 0, step: place.step, .alternating)
    let v = first(counters.scrambled(key: place.key))
    let count = place.rows &- r
    if count >= 16 { store(v, out, r) } else { storePart(v, out + r, count) }
    r &+= 16
  }
}

@inline(__always) private func generateColumn(
  _ out: DoubleOut, _ place: RandomPlace, _ first: (PhiloxCounters) -> (D8, D8)
) {
  var r = 0
  while r < place.rows {
    let counters = PhiloxCounters(
      rows: place.firstRow &+ UInt64(r), block: 0, step: place.step, .consecutive)
    let (low, high) = first(counters.scrambled(key: place.key))
    let count = place.rows &- r
    if count >= 16 {
      store(low, out, r)
      store(high, out, r &+ 8)
    } else {
      if count >= 8 { store(low, out, r) } else { storePart(low, out + r, count) }
      if count > 8 { storePart(high, out + (r &+ 8), count &- 8) }
    }
    r &+= 16
  }
}

/// Fills rows × columns floats, 16 blocks of four at a time.
@inline(__always) private func generate(
  _ out: FloatOut, _ place: RandomPlace, first: (PhiloxCounters) -> F16,
  all: (PhiloxCounters) -> FourVectors
) {
  let columns = place.columns
  if place.rows <= 0 || columns <= 0 { return }
  if columns == 1, place.firstBlock == 0 { return generateColumn(out, place, first) }

  let blocks = (columns &+ 3) / 4
  let total = place.rows &* blocks
  let whole = columns % 4 == 0
  var (row, block) = (0, 0)
  var item = 0
  while item < total {
    let absolute = place.firstRow &+ UInt64(row)
    let sameRow = block &+ 16 <= blocks
    let counters =
      sameRow
      ? PhiloxCounters(
        row: absolute, blocks: place.firstBlock &+ UInt64(block), step: place.step, .alternating)
      : PhiloxCounters(
        row: absolute, block: place.firstBlock &+ UInt64(block),
        blocksPerRow: place.firstBlock &+ UInt64(blocks), step: place.step,
        .alternating)
    let values = all(counters.scrambled(key: place.key))
    let count = min(16, total &- item)
    if count == 16 && (whole || (sameRow && (block &+ 16) &* 4 <= columns)) {
      values.storeInterleaved(out + (row &* columns &+ block &* 4))
      block &+= 16
      while block >= blocks {
        block &-= blocks
        row &+= 1
      }
    } else {
      var buffer = (F16(), F16(), F16(), F16())
      withUnsafeMutablePointer(to: &buffer) { pointer in
        let numbers = UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: Float.self)
        values.storeInterleaved(numbers)
        for lane in 0..<count {
          let column = block &* 4
          let target = out + (row &* columns &+ column)
          for k in 0..<min(4, columns &- column) { target[k] = numbers[lane &* 4 &+ k] }
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

/// Fills rows × columns doubles, 16 blocks of two at a time.
@inline(__always) private func generate(
  _ out: DoubleOut, _ place: RandomPlace, first: (PhiloxCounters) -> (D8, D8),
  all: (PhiloxCounters) -> FourDoubleVectors
) {
  let columns = place.columns
  if place.rows <= 0 || columns <= 0 { return }
  if columns == 1, place.firstBlock == 0 { return generateColumn(out, place, first) }

  let blocks = (columns &+ 1) / 2
  let total = place.rows &* blocks
  let whole = columns % 2 == 0
  var (row, block) = (0, 0)
  var item = 0
  while item < total {
    let absolute = place.firstRow &+ UInt64(row)
    let sameRow = block &+ 16 <= blocks
    let counters =
      sameRow
      ? PhiloxCounters(
        row: absolute, blocks: place.firstBlock &+ UInt64(block), step: place.step, .consecutive)
      : PhiloxCounters(
        row: absolute, block: place.firstBlock &+ UInt64(block),
        blocksPerRow: place.firstBlock &+ UInt64(blocks), step: place.step,
        .consecutive)
    let values = all(counters.scrambled(key: place.key))
    let count = min(16, total &- item)
    if count == 16 && (whole || (sameRow && (block &+ 16) &* 2 <= columns)) {
      values.storeInterleaved(out + (row &* columns &+ block &* 2))
      block &+= 16
      while block >= blocks {
        block &-= blocks
        row &+= 1
      }
    } else {
      var buffer = (D8(), D8(), D8(), D8())
      withUnsafeMutablePointer(to: &buffer) { pointer in
        let numbers = UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: Double.self)
        values.storeInterleaved(numbers)
        for lane in 0..<count {
          let column = block &* 2
          let target = out + (row &* columns &+ column)
          for k in 0..<min(2, columns &- column) { target[k] = numbers[lane &* 2 &+ k] }
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
