/// Philox 4×32-10, the counter-based generator of Salmon, Moraes, Dror & Shaw 2011
/// ("Parallel random numbers: as easy as 1, 2, 3"), for 16 blocks of four words at a time.
///
/// A 32-bit word sits in the low half of a 64-bit lane, where the 32×32→64 product is one
/// instruction.

/// Four words of 8 blocks, each in the low half of its lane (the high half is not defined).
struct PhiloxBlock {
  var c0: Q8
  var c1: Q8
  var c2: Q8
  var c3: Q8

  @inline(__always) static var lowHalf: UInt64 { 0xFFFF_FFFF }

  /// Ten rounds.
  @inline(__always) func scrambled(key: UInt64) -> PhiloxBlock {
    var b = self
    var k0 = key & PhiloxBlock.lowHalf
    var k1 = key >> 32
    for _ in 0..<10 {
      let product0 = (b.c0 & PhiloxBlock.lowHalf) &* 0xD251_1F53
      let product1 = (b.c2 & PhiloxBlock.lowHalf) &* 0xCD9E_8D57
      b = PhiloxBlock(
        c0: (product1 &>> 32) ^ b.c1 ^ k0, c1: product1, c2: (product0 &>> 32) ^ b.c3 ^ k1,
        c3: product0)
      k0 = (k0 &+ 0x9E37_79B9) & PhiloxBlock.lowHalf
      k1 = (k1 &+ 0xBB67_AE85) & PhiloxBlock.lowHalf
    }
    return b
  }
}

/// Words 0 and 1 of blocks that differ in the low half of their rows alone: what is the same for all of
/// them is scrambled once, and words 2 and 3 are left out of the last round.
struct PhiloxColumn {
  // c1 after the first round and c3, scalars, with those of the next two rounds
  private let mask0: UInt64  // for c0 after round 1
  private let mask2: UInt64  // c2 after round 2
  private let c0Second: UInt64
  private let c1Second: UInt64
  private let key: UInt64

  @inline(__always) private static var multiplier0: UInt64 { 0xD251_1F53 }
  @inline(__always) private static var multiplier1: UInt64 { 0xCD9E_8D57 }

  @inline(__always) private static func keys(_ key: UInt64, round: UInt64) -> (UInt64, UInt64) {
    (
      (key &+ round &* 0x9E37_79B9) & PhiloxBlock.lowHalf,
      ((key >> 32) &+ round &* 0xBB67_AE85) & PhiloxBlock.lowHalf
    )
  }

  @inline(__always) init(block: UInt64, highRow: UInt64, step: UInt32, key: UInt64) {
    let low = PhiloxBlock.lowHalf
    let first = PhiloxColumn.keys(key, round: 0)
    let product0 = (block & low) &* PhiloxColumn.multiplier0
    let product1 = (highRow & low) &* PhiloxColumn.multiplier1
    mask0 = (product1 >> 32) ^ first.0
    let c1 = product1 & low
    let c2 = (product0 >> 32) ^ UInt64(step) ^ first.1
    let c3 = product0 & low
    let second = PhiloxColumn.keys(key, round: 1)
    let next = c2 &* PhiloxColumn.multiplier1
    c0Second = (next >> 32) ^ c1 ^ second.0
    c1Second = next & low
    mask2 = c3 ^ second.1
    self.key = key
  }

  /// Words 0 and 1 of the 16 rows from `first` on.
  @inline(__always) func words(_ first: UInt64) -> (W16, W16) {
    let order = PhiloxOrder.alternating
    let rows = order.first &+ first
    let (a, b) = (words(rows), words(rows &+ order.distance))
    return (merged(a.0, b.0), merged(a.1, b.1))
  }

  /// The same of eight rows; only the low half of a lane counts.
  @inline(__always) func words(_ rows: Q8) -> (Q8, Q8) {
    let low = PhiloxBlock.lowHalf
    // round 1 leaves c0 alone different, round 2 c2 and c3
    let product = ((rows ^ mask0) & low) &* PhiloxColumn.multiplier0
    let c2 = (product &>> 32) ^ mask2
    let third = PhiloxColumn.keys(key, round: 2)
    let product0 = c0Second &* PhiloxColumn.multiplier0
    let product1 = (c2 & low) &* PhiloxColumn.multiplier1
    var b = PhiloxBlock(
      c0: (product1 &>> 32) ^ (c1Second ^ third.0), c1: product1,
      c2: product ^ ((product0 >> 32) ^ third.1), c3: Q8(repeating: product0))
    for round in 3..<9 {
      let (k0, k1) = PhiloxColumn.keys(key, round: UInt64(truncatingIfNeeded: round))
      let product0 = (b.c0 & low) &* PhiloxColumn.multiplier0
      let product1 = (b.c2 & low) &* PhiloxColumn.multiplier1
      b = PhiloxBlock(
        c0: (product1 &>> 32) ^ b.c1 ^ k0, c1: product1, c2: (product0 &>> 32) ^ b.c3 ^ k1,
        c3: product0)
    }
    let last = PhiloxColumn.keys(key, round: 9)
    let end = (b.c2 & low) &* PhiloxColumn.multiplier1
    return ((end &>> 32) ^ b.c1 ^ last.0, end)
  }
}

/// How 16 blocks lie in two groups of eight lanes.
enum PhiloxOrder {
  /// Blocks 0, 2, … and 1, 3, …: merged pairs of words are then in order.
  case alternating
  /// Blocks 0 to 7 and 8 to 15.
  case consecutive

  @inline(__always) var first: Q8 {
    self == .alternating ? Q8(0, 2, 4, 6, 8, 10, 12, 14) : Q8(0, 1, 2, 3, 4, 5, 6, 7)
  }
  /// From a lane of the first group to the same lane of the second.
  @inline(__always) var distance: UInt64 { self == .alternating ? 1 : 8 }
  /// The place of block i among the lanes of both groups.
  @inline(__always) func lane(_ i: Int) -> Int {
    self == .alternating ? (i &>> 1) &+ 8 &* (i & 1) : i
  }
}

/// The counters of 16 blocks.
struct PhiloxCounters {
  var a: PhiloxBlock
  var b: PhiloxBlock

  /// The same block of 16 rows that follow one another.
  @inline(__always) init(rows first: UInt64, block: UInt64, step: UInt32, _ order: PhiloxOrder) {
    let rows = order.first &+ first
    let next = rows &+ order.distance
    let c0 = Q8(repeating: block)
    let c3 = Q8(repeating: UInt64(step))
    a = PhiloxBlock(c0: c0, c1: rows, c2: rows &>> 32, c3: c3)
    b = PhiloxBlock(c0: c0, c1: next, c2: next &>> 32, c3: c3)
  }

  /// 16 blocks that follow one another in one row.
  @inline(__always) init(row: UInt64, blocks first: UInt64, step: UInt32, _ order: PhiloxOrder) {
    let blocks = order.first &+ first
    let c1 = Q8(repeating: row)
    let c2 = Q8(repeating: row >> 32)
    let c3 = Q8(repeating: UInt64(step))
    a = PhiloxBlock(c0: blocks, c1: c1, c2: c2, c3: c3)
    b = PhiloxBlock(c0: blocks &+ order.distance, c1: c1, c2: c2, c3: c3)
  }

  /// 16 (row, block) pairs in row-major order from the given one on. The numbers go through memory:
  /// setting one lane of a vector after another would write the whole vector each time.
  @inline(__always) init(
    row: UInt64, block: UInt64, blocksPerRow: UInt64, step: UInt32, _ order: PhiloxOrder
  ) {
    var numbers = (Q8(), Q8(), Q8(), Q8())  // rows of both groups, blocks of both
    withUnsafeMutablePointer(to: &numbers) { pointer in
      let cell = UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: UInt64.self)
      var (r, b) = (row, block)
      for i in 0..<16 {
        let lane = order.lane(i)
        cell[lane] = r
        cell[lane &+ 16] = b
        b &+= 1
        if b == blocksPerRow {
          b = 0
          r &+= 1
        }
      }
    }
    let c3 = Q8(repeating: UInt64(step))
    a = PhiloxBlock(c0: numbers.2, c1: numbers.0, c2: numbers.0 &>> 32, c3: c3)
    b = PhiloxBlock(c0: numbers.3, c1: numbers.1, c2: numbers.1 &>> 32, c3: c3)
  }

  @inline(__always) func scrambled(key: UInt64) -> PhiloxCounters {
    var result = self
    result.a = a.scrambled(key: key)
    result.b = b.scrambled(key: key)
    return result
  }

  /// Word by word, 16 blocks in a vector, from the alternating order.
  @inline(__always) var words: PhiloxWords {
    PhiloxWords(
      w0: merged(a.c0, b.c0), w1: merged(a.c1, b.c1), w2: merged(a.c2, b.c2),
      w3: merged(a.c3, b.c3))
  }
}

/// Four words of 16 blocks.
struct PhiloxWords {
  var w0: W16
  var w1: W16
  var w2: W16
  var w3: W16
}

@inline(__always) private func merged(_ even: Q8, _ odd: Q8) -> W16 {
  unsafeBitCast((even & PhiloxBlock.lowHalf) | (odd &<< 32), to: W16.self)
}
