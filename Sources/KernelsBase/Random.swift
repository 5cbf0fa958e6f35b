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

/// One number a row: the first of block 0, from words 0 and 1. The words of 128 rows are made before
/// their numbers: each of the two is a long chain of operations, and in a short loop of its own the
/// processor works on several turns at once.
@inline(__always) private func generateColumn(
  _ out: FloatOut, _ place: RandomPlace, _ first: (W16, W16) -> F16
) {
  let high = place.firstRow >> 32
  let column = PhiloxColumn(block: 0, highRow: high, step: place.step, key: place.key)
  withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 64) { buffer in
    guard let words = buffer.baseAddress else { return }
    var start = 0
    while start < place.rows {
      let count = min(128, place.rows &- start)
      var r = 0
      while r < count {
        let row = place.firstRow &+ UInt64(start &+ r)
        let (w0, w1) =
          (row &+ 15) >> 32 == high
          ? column.words(row) : wordsAcross(row, step: place.step, key: place.key)
        let target = words + 8 &* r
        target.storeBytes(of: w0, as: W16.self)
        (target + 64).storeBytes(of: w1, as: W16.self)
        r &+= 16
      }
      r = 0
      while r < count {
        let source = words + 8 &* r
        let v = first(source.load(as: W16.self), (source + 64).load(as: W16.self))
        let left = count &- r
        if left >= 16 { store(v, out, start &+ r) } else { storePart(v, out + (start &+ r), left) }
        r &+= 16
      }
      start &+= 128
    }
  }
}

/// The same words where the high halves of 16 rows differ.
@inline(never) private func wordsAcross(_ row: UInt64, step: UInt32, key: UInt64) -> (W16, W16) {
  let words = PhiloxCounters(rows: row, block: 0, step: step, .alternating).scrambled(key: key)
    .words
  return (words.w0, words.w1)
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
  _ out: FloatOut, _ place: RandomPlace, first: (W16, W16) -> F16,
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
