/// Philox 4×32-10, the counter-based generator of Salmon, Moraes, Dror & Shaw 2011
/// ("Parallel random numbers: as easy as 1, 2, 3"), for 16 blocks of four words at a time.
///
/// A 32-bit word sits in the low half of a 64-bit lane, where the 32×32→64 product is one
/// instruction; `even` and `odd` hold blocks 0, 2, … 14 and 1, 3, … 15.

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

/// The counters of 16 blocks.
struct PhiloxCounters {
  var even: PhiloxBlock
  var odd: PhiloxBlock

  /// The same block of 16 rows that follow one another.
  @inline(__always) init(rows first: UInt64, block: UInt64, step: UInt32) {
    let rows = Q8(0, 2, 4, 6, 8, 10, 12, 14) &+ first
    let next = rows &+ 1
    let c0 = Q8(repeating: block)
    let c3 = Q8(repeating: UInt64(step))
    even = PhiloxBlock(c0: c0, c1: rows, c2: rows &>> 32, c3: c3)
    odd = PhiloxBlock(c0: c0, c1: next, c2: next &>> 32, c3: c3)
  }

  /// 16 blocks that follow one another in one row.
  @inline(__always) init(row: UInt64, blocks first: UInt64, step: UInt32) {
    let blocks = Q8(0, 2, 4, 6, 8, 10, 12, 14) &+ first
    let c1 = Q8(repeating: row)
    let c2 = Q8(repeating: row >> 32)
    let c3 = Q8(repeating: UInt64(step))
    even = PhiloxBlock(c0: blocks, c1: c1, c2: c2, c3: c3)
    odd = PhiloxBlock(c0: blocks &+ 1, c1: c1, c2: c2, c3: c3)
  }

  /// 16 (row, block) pairs in row-major order from the given one on.
  @inline(__always) init(row: UInt64, block: UInt64, blocksPerRow: UInt64, step: UInt32) {
    self.init(row: row, blocks: block, step: step)
    var (r, b) = (row, block)
    for lane in 0..<8 {
      for half in 0..<2 {
        if half == 0 {
          even.c0[lane] = b
          even.c1[lane] = r
          even.c2[lane] = r >> 32
        } else {
          odd.c0[lane] = b
          odd.c1[lane] = r
          odd.c2[lane] = r >> 32
        }
        b &+= 1
        if b == blocksPerRow {
          b = 0
          r &+= 1
        }
      }
    }
  }

  /// Word by word, 16 blocks in a vector.
  @inline(__always) func words(key: UInt64) -> PhiloxWords {
    let a = even.scrambled(key: key)
    let b = odd.scrambled(key: key)
    return PhiloxWords(
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
