/// Sums over the rows of matrices.
///
/// A column's sum is that of groups of 4 to 32 rows, each group added in pairs (Higham 2002, section
/// 4.2), or pair after pair. Columns fewer than a vector are read with what follows them in memory, as
/// long as there is enough of it; what the other lanes hold is dropped.
///
/// How many rows go together follows the memory: eight of long rows are read at once, of short ones
/// two, because more streams a few hundred bytes apart defeat the prefetching.

#if KERNELS_V3 || KERNELS_V4
  import KernelsBase
#endif

extension Kernels {
  public static func sumRows(
    _ x: FloatIn, _ y: FloatOut, count: Int, rows: Int, columns n: Int
  ) {
    if count <= 0 || n <= 0 { return }
    let isNarrow = n < 16
    let wideX = isNarrow ? wideRows(count &* rows, step: n, n, width: 16) : count &* rows
    let wideY = isNarrow ? wideRows(count, step: n, n, width: 16) : count
    for c in 0..<count {
      let wide = max(min(rows, wideX &- c &* rows), 0)
      var next = 0
      while next < n {
        let j = isNarrow ? 0 : min(next, n &- 16)
        let (low, high) = stripSum(x + (c &* rows &* n &+ j), n, rows, wide: wide, n)
        let v = F16(lowHalf: narrowed(low), highHalf: narrowed(high))
        if c < wideY { store(v, y, c &* n &+ j) } else { storePart(v, y + c &* n, n) }
        next &+= 16
      }
    }
  }

  public static func sumRows(
    _ x: DoubleIn, _ y: DoubleOut, count: Int, rows: Int, columns n: Int
  ) {
    if count <= 0 || n <= 0 { return }
    let isNarrow = n < 8
    let wideX = isNarrow ? wideRows(count &* rows, step: n, n, width: 8) : count &* rows
    let wideY = isNarrow ? wideRows(count, step: n, n, width: 8) : count
    for c in 0..<count {
      let wide = max(min(rows, wideX &- c &* rows), 0)
      var next = 0
      while next < n {
        let j = isNarrow ? 0 : min(next, n &- 8)
        let v = stripSum(x + (c &* rows &* n &+ j), n, rows, wide: wide, n)
        if c < wideY { store(v, y, c &* n &+ j) } else { storePart(v, y + c &* n, n) }
        next &+= 8
      }
    }
  }

  public static func addRows(
    _ x: FloatIn, step: Int, _ total: DoubleOut, rows: Int, columns n: Int
  ) {
    let whole = n & ~15
    @inline(__always) func add(_ r: Int, _ group: (FloatIn) -> F16) {
      var j = 0
      while j < whole {
        addWidened(group(x + (r &* step &+ j)), total, j)
        j &+= 16
      }
    }
    var r = whole == 0 ? rows : 0
    if whole <= 128 {
      while r &+ 32 <= rows {
        addPairs(x + r &* step, step, total, whole)
        r &+= 32
      }
    }
    while r &+ 8 <= rows {
      add(r) { four($0, step) + four($0 + 4 &* step, step) }
      r &+= 8
    }
    while r &+ 4 <= rows {
      add(r) { four($0, step) }
      r &+= 4
    }
    while r < rows {
      add(r) { load($0, 0) }
      r &+= 1
    }
    let rest = n &- whole
    if rest == 0 { return }
    let wide = wideRows(rows, step: step, rest, width: 16)
    let (low, high) = stripSum(x + whole, step, rows, wide: min(wide, rows), rest)
    for j in 0..<rest { total[whole &+ j] += j < 8 ? low[j] : high[j &- 8] }
  }

  public static func addRows(
    _ x: DoubleIn, step: Int, _ total: DoubleOut, rows: Int, columns n: Int
  ) {
    let whole = n & ~7
    @inline(__always) func add(_ r: Int, _ group: (DoubleIn) -> D8) {
      var j = 0
      while j < whole {
        store(load(total, j) + group(x + (r &* step &+ j)), total, j)
        j &+= 8
      }
    }
    var r = whole == 0 ? rows : 0
    if whole <= 64 {
      while r &+ 2 <= rows {
        add(r) { load($0, 0) + load($0, step) }
        r &+= 2
      }
    }
    while r &+ 8 <= rows {
      add(r) { four($0, step) + four($0 + 4 &* step, step) }
      r &+= 8
    }
    while r &+ 4 <= rows {
      add(r) { four($0, step) }
      r &+= 4
    }
    while r < rows {
      add(r) { load($0, 0) }
      r &+= 1
    }
    let rest = n &- whole
    if rest == 0 { return }
    let wide = wideRows(rows, step: step, rest, width: 8)
    let sum = stripSum(x + whole, step, rows, wide: min(wide, rows), rest)
    for j in 0..<rest { total[whole &+ j] += sum[j] }
  }
}

@inline(__always) private func addWidened(_ v: F16, _ total: DoubleOut, _ j: Int) {
  store(load(total, j) + widened(v.lowHalf), total, j)
  store(load(total, j &+ 8) + widened(v.highHalf), total, j &+ 8)
}

/// Adds 32 rows of `n` ≤ 128 columns, whole vectors, pair after pair.
@inline(__always) private func addPairs(
  _ x: FloatIn, _ step: Int, _ total: DoubleOut, _ n: Int
) {
  var sums = (F16(), F16(), F16(), F16(), F16(), F16(), F16(), F16())
  withUnsafeMutablePointer(to: &sums) {
    let sum = UnsafeMutableRawPointer($0).assumingMemoryBound(to: Float.self)
    for pair in 0..<15 {
      let p = x + 2 &* pair &* step
      var j = 0
      while j < n {
        store(load(sum, j) + (load(p, j) + load(p, step &+ j)), sum, j)
        j &+= 16
      }
    }
    let p = x + 30 &* step
    var j = 0
    while j < n {
      addWidened(load(sum, j) + (load(p, j) + load(p, step &+ j)), total, j)
      j &+= 16
    }
  }
}

// The sum of 4 or 16 rows, one vector wide.

@inline(__always) private func four(_ p: FloatIn, _ step: Int) -> F16 {
  (load(p, 0) + load(p, step)) + (load(p, 2 &* step) + load(p, 3 &* step))
}

@inline(__always) private func sixteen(_ p: FloatIn, _ step: Int) -> F16 {
  (four(p, step) + four(p + 4 &* step, step))
    + (four(p + 8 &* step, step) + four(p + 12 &* step, step))
}

@inline(__always) private func four(_ p: DoubleIn, _ step: Int) -> D8 {
  (load(p, 0) + load(p, step)) + (load(p, 2 &* step) + load(p, 3 &* step))
}

@inline(__always) private func sixteen(_ p: DoubleIn, _ step: Int) -> D8 {
  (four(p, step) + four(p + 4 &* step, step))
    + (four(p + 8 &* step, step) + four(p + 12 &* step, step))
}

/// The sums of up to 16 columns over `rows` rows, `step` apart, of which the first `wide` may be read
/// as whole vectors; of the others `n` elements are read.
@inline(__always) private func stripSum(
  _ x: FloatIn, _ step: Int, _ rows: Int, wide: Int, _ n: Int
) -> (D8, D8) {
  var (low, high) = (D8(), D8())
  var r = 0
  while r &+ 16 <= wide {
    let v = sixteen(x + r &* step, step)
    low += widened(v.lowHalf)
    high += widened(v.highHalf)
    r &+= 16
  }
  while r &+ 4 <= wide {
    let v = four(x + r &* step, step)
    low += widened(v.lowHalf)
    high += widened(v.highHalf)
    r &+= 4
  }
  while r < rows {
    let v = r < wide ? load(x, r &* step) : loadPart(x + r &* step, n)
    low += widened(v.lowHalf)
    high += widened(v.highHalf)
    r &+= 1
  }
  return (low, high)
}

/// The same for up to 8 columns of doubles.
@inline(__always) private func stripSum(
  _ x: DoubleIn, _ step: Int, _ rows: Int, wide: Int, _ n: Int
) -> D8 {
  var sum = D8()
  var r = 0
  while r &+ 16 <= wide {
    sum += sixteen(x + r &* step, step)
    r &+= 16
  }
  while r &+ 4 <= wide {
    sum += four(x + r &* step, step)
    r &+= 4
  }
  while r < rows {
    sum += r < wide ? load(x, r &* step) : loadPart(x + r &* step, n)
    r &+= 1
  }
  return sum
}
