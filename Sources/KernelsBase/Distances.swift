/// Distances of points, from the differences of their coordinates: exact near 0, where |x|² + |y|² − 2xy
/// would keep no digit.
///
/// Four rows of x meet a panel of points, the coordinates of two vectors of points one after the other,
/// and the sums stay in registers. Long sums are cut into runs, which keeps their rounding small.

#if KERNELS_V3 || KERNELS_V4
  import KernelsBase
#endif

/// Coordinates that are summed before the sum is added to those before it.
private let sumLength = 128

extension Kernels {
  public static func distances(
    _ measure: DistanceMeasure, _ x: FloatIn, rows: Int, _ panel: FloatIn, inner: Int,
    _ out: FloatOut,
    outRow: Int, columns: Int
  ) {
    switch measure {
    case .squares:
      tiles(x, rows, panel, inner, out, outRow, columns, block: sumLength) { fma($0, $0, $1) }
    case .magnitudes:
      tiles(x, rows, panel, inner, out, outRow, columns, block: sumLength) { $1 + magnitude($0) }
    case .largest:
      tiles(x, rows, panel, inner, out, outRow, columns, block: max(inner, 1), larger)
    }
  }

  public static func distances(
    _ measure: DistanceMeasure, _ x: DoubleIn, rows: Int, _ panel: DoubleIn, inner: Int,
    _ out: DoubleOut,
    outRow: Int, columns: Int
  ) {
    switch measure {
    case .squares:
      tiles(x, rows, panel, inner, out, outRow, columns, block: sumLength) { fma($0, $0, $1) }
    case .magnitudes:
      tiles(x, rows, panel, inner, out, outRow, columns, block: sumLength) { $1 + magnitude($0) }
    case .largest:
      tiles(x, rows, panel, inner, out, outRow, columns, block: max(inner, 1), larger)
    }
  }
}

/// Four rows of x against one panel of two vectors.
private struct FloatTile {
  var low: (F16, F16, F16, F16) = (F16(), F16(), F16(), F16())
  var high: (F16, F16, F16, F16) = (F16(), F16(), F16(), F16())

  @inline(__always) init() {}

  /// Joins the coordinates `from` to `end` − 1.
  @inline(__always) init(
    _ x: (FloatIn, FloatIn, FloatIn, FloatIn), _ panel: FloatIn, from: Int, to end: Int,
    _ join: (F16, F16) -> F16
  ) {
    var p = from
    while p < end {
      let (a, b) = (load(panel, p &* 32), load(panel, p &* 32 &+ 16))
      let (x0, x1) = (F16(repeating: x.0[p]), F16(repeating: x.1[p]))
      let (x2, x3) = (F16(repeating: x.2[p]), F16(repeating: x.3[p]))
      low.0 = join(x0 - a, low.0)
      low.1 = join(x1 - a, low.1)
      low.2 = join(x2 - a, low.2)
      low.3 = join(x3 - a, low.3)
      high.0 = join(x0 - b, high.0)
      high.1 = join(x1 - b, high.1)
      high.2 = join(x2 - b, high.2)
      high.3 = join(x3 - b, high.3)
      p &+= 1
    }
  }

  @inline(__always) mutating func add(_ other: FloatTile) {
    low = (
      low.0 + other.low.0, low.1 + other.low.1, low.2 + other.low.2, low.3 + other.low.3
    )
    high = (
      high.0 + other.high.0, high.1 + other.high.1, high.2 + other.high.2, high.3 + other.high.3
    )
  }
}

@inline(__always) private func magnitude(_ d: F16) -> F16 {
  d.replacing(with: -d, where: d .< 0)
}

/// The larger of |d| and `most`; NaN wins.
@inline(__always) private func larger(_ d: F16, _ most: F16) -> F16 {
  let size = magnitude(d)
  return most.replacing(with: size, where: (size .> most) .| (size .!= size))
}

@inline(__always) private func write(
  _ low: F16, _ high: F16, _ out: FloatOut, _ columns: Int
) {
  if columns >= 32 {
    store(low, out, 0)
    store(high, out, 16)
  } else if columns >= 16 {
    store(low, out, 0)
    storePart(high, out + 16, columns &- 16)
  } else {
    storePart(low, out, columns)
  }
}

@inline(__always) private func tiles(
  _ x: FloatIn, _ rows: Int, _ panel: FloatIn, _ inner: Int, _ out: FloatOut, _ outRow: Int,
  _ columns: Int, block: Int, _ join: (F16, F16) -> F16
) {
  var i = 0
  while i < rows {
    // The last rows of x are taken several times where fewer than four are left.
    let last = rows &- 1
    let (r1, r2, r3) = (min(i &+ 1, last), min(i &+ 2, last), min(i &+ 3, last))
    let four = (x + i &* inner, x + r1 &* inner, x + r2 &* inner, x + r3 &* inner)
    var total = FloatTile()
    var from = 0
    while from < inner {
      total.add(FloatTile(four, panel, from: from, to: min(from &+ block, inner), join))
      from &+= block
    }
    write(total.low.0, total.high.0, out + i &* outRow, columns)
    write(total.low.1, total.high.1, out + r1 &* outRow, columns)
    write(total.low.2, total.high.2, out + r2 &* outRow, columns)
    write(total.low.3, total.high.3, out + r3 &* outRow, columns)
    i &+= 4
  }
}

/// Four rows of x against one panel of two vectors.
private struct DoubleTile {
  var low: (D8, D8, D8, D8) = (D8(), D8(), D8(), D8())
  var high: (D8, D8, D8, D8) = (D8(), D8(), D8(), D8())

  @inline(__always) init() {}

  /// Joins the coordinates `from` to `end` − 1.
  @inline(__always) init(
    _ x: (DoubleIn, DoubleIn, DoubleIn, DoubleIn), _ panel: DoubleIn, from: Int, to end: Int,
    _ join: (D8, D8) -> D8
  ) {
    var p = from
    while p < end {
      let (a, b) = (load(panel, p &* 16), load(panel, p &* 16 &+ 8))
      let (x0, x1) = (D8(repeating: x.0[p]), D8(repeating: x.1[p]))
      let (x2, x3) = (D8(repeating: x.2[p]), D8(repeating: x.3[p]))
      low.0 = join(x0 - a, low.0)
      low.1 = join(x1 - a, low.1)
      low.2 = join(x2 - a, low.2)
      low.3 = join(x3 - a, low.3)
      high.0 = join(x0 - b, high.0)
      high.1 = join(x1 - b, high.1)
      high.2 = join(x2 - b, high.2)
      high.3 = join(x3 - b, high.3)
      p &+= 1
    }
  }

  @inline(__always) mutating func add(_ other: DoubleTile) {
    low = (
      low.0 + other.low.0, low.1 + other.low.1, low.2 + other.low.2, low.3 + other.low.3
    )
    high = (
      high.0 + other.high.0, high.1 + other.high.1, high.2 + other.high.2, high.3 + other.high.3
    )
  }
}

@inline(__always) private func magnitude(_ d: D8) -> D8 {
  d.replacing(with: -d, where: d .< 0)
}

/// The larger of |d| and `most`; NaN wins.
@inline(__always) private func larger(_ d: D8, _ most: D8) -> D8 {
  let size = magnitude(d)
  return most.replacing(with: size, where: (size .> most) .| (size .!= size))
}

@inline(__always) private func write(
  _ low: D8, _ high: D8, _ out: DoubleOut, _ columns: Int
) {
  if columns >= 16 {
    store(low, out, 0)
    store(high, out, 8)
  } else if columns >= 8 {
    store(low, out, 0)
    storePart(high, out + 8, columns &- 8)
  } else {
    storePart(low, out, columns)
  }
}

@inline(__always) private func tiles(
  _ x: DoubleIn, _ rows: Int, _ panel: DoubleIn, _ inner: Int, _ out: DoubleOut, _ outRow: Int,
  _ columns: Int, block: Int, _ join: (D8, D8) -> D8
) {
  var i = 0
  while i < rows {
    // The last rows of x are taken several times where fewer than four are left.
    let last = rows &- 1
    let (r1, r2, r3) = (min(i &+ 1, last), min(i &+ 2, last), min(i &+ 3, last))
    let four = (x + i &* inner, x + r1 &* inner, x + r2 &* inner, x + r3 &* inner)
    var total = DoubleTile()
    var from = 0
    while from < inner {
      total.add(DoubleTile(four, panel, from: from, to: min(from &+ block, inner), join))
      from &+= block
    }
    write(total.low.0, total.high.0, out + i &* outRow, columns)
    write(total.low.1, total.high.1, out + r1 &* outRow, columns)
    write(total.low.2, total.high.2, out + r2 &* outRow, columns)
    write(total.low.3, total.high.3, out + r3 &* outRow, columns)
    i &+= 4
  }
}
