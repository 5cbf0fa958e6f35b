/// Elementwise operations on blocks of rows: broadcasting without a call for each row.
///
/// An operand may be a matrix, one row for all rows (`rowStep` 0), or a number for each row (`step`
/// 0). A row's last vector overlaps the one before it; rows shorter than a vector are read and
/// written with what follows them in memory, which the next row then overwrites, as long as there
/// is enough of it. Every element has the bits that the one-row kernels give.

#if KERNELS_V3 || KERNELS_V4
  import KernelsBase
#endif

extension Kernels {
  public static func add(
    _ a: FloatRows, _ b: FloatRows, _ y: FloatOut, rows: Int, columns: Int
  ) {
    broadcast(a, b, y, rows, columns) { $0 + $1 }
  }

  public static func subtract(
    _ a: FloatRows, _ b: FloatRows, _ y: FloatOut, rows: Int, columns: Int
  ) {
    broadcast(a, b, y, rows, columns) { $0 - $1 }
  }

  public static func multiply(
    _ a: FloatRows, _ b: FloatRows, _ y: FloatOut, rows: Int, columns: Int
  ) {
    broadcast(a, b, y, rows, columns) { $0 * $1 }
  }

  public static func divide(
    _ a: FloatRows, _ b: FloatRows, _ y: FloatOut, rows: Int, columns: Int
  ) {
    broadcast(a, b, y, rows, columns) { $0 / $1 }
  }

  public static func maximum(
    _ a: FloatRows, _ b: FloatRows, _ y: FloatOut, rows: Int, columns: Int
  ) {
    broadcast(a, b, y, rows, columns) {
      $1.replacing(with: $0, where: ($0 .> $1) .| ($0 .!= $0))
    }
  }

  public static func minimum(
    _ a: FloatRows, _ b: FloatRows, _ y: FloatOut, rows: Int, columns: Int
  ) {
    broadcast(a, b, y, rows, columns) {
      $1.replacing(with: $0, where: ($0 .< $1) .| ($0 .!= $0))
    }
  }

  public static func add(
    _ a: DoubleRows, _ b: DoubleRows, _ y: DoubleOut, rows: Int, columns: Int
  ) {
    broadcast(a, b, y, rows, columns) { $0 + $1 }
  }

  public static func subtract(
    _ a: DoubleRows, _ b: DoubleRows, _ y: DoubleOut, rows: Int, columns: Int
  ) {
    broadcast(a, b, y, rows, columns) { $0 - $1 }
  }

  public static func multiply(
    _ a: DoubleRows, _ b: DoubleRows, _ y: DoubleOut, rows: Int, columns: Int
  ) {
    broadcast(a, b, y, rows, columns) { $0 * $1 }
  }

  public static func divide(
    _ a: DoubleRows, _ b: DoubleRows, _ y: DoubleOut, rows: Int, columns: Int
  ) {
    broadcast(a, b, y, rows, columns) { $0 / $1 }
  }

  public static func maximum(
    _ a: DoubleRows, _ b: DoubleRows, _ y: DoubleOut, rows: Int, columns: Int
  ) {
    broadcast(a, b, y, rows, columns) {
      $1.replacing(with: $0, where: ($0 .> $1) .| ($0 .!= $0))
    }
  }

  public static func minimum(
    _ a: DoubleRows, _ b: DoubleRows, _ y: DoubleOut, rows: Int, columns: Int
  ) {
    broadcast(a, b, y, rows, columns) {
      $1.replacing(with: $0, where: ($0 .< $1) .| ($0 .!= $0))
    }
  }
}

/// How many rows of `n` < `width` elements, `step` apart, have `width` readable elements from their
/// start on, of `rows` rows in all.
@inline(__always) func wideRows(_ rows: Int, step: Int, _ n: Int, width: Int) -> Int {
  let spare = (rows &- 1) &* step &+ n &- width
  return step <= 0 || spare < 0 ? 0 : spare / step &+ 1
}

extension FloatRows {
  /// 16 numbers of row r from column i on.
  @inline(__always) func vector(_ r: Int, _ i: Int) -> F16 {
    step == 0 ? F16(repeating: start[r &* rowStep]) : load(start, r &* rowStep &+ i)
  }

  /// Row r of `n` < 16 columns.
  @inline(__always) func short(_ r: Int, _ n: Int) -> F16 {
    step == 0 ? F16(repeating: start[r &* rowStep]) : loadPart(start + r &* rowStep, n)
  }

  /// Whether all rows are one.
  @inline(__always) var isRepeated: Bool { step != 0 && rowStep == 0 }

  /// Rows of `n` < 16 columns that `vector` may read whole.
  @inline(__always) func wide(_ rows: Int, _ n: Int) -> Int {
    step == 0 || rowStep == 0 ? rows : wideRows(rows, step: rowStep, n, width: 16)
  }
}

extension DoubleRows {
  /// 8 numbers of row r from column i on.
  @inline(__always) func vector(_ r: Int, _ i: Int) -> D8 {
    step == 0 ? D8(repeating: start[r &* rowStep]) : load(start, r &* rowStep &+ i)
  }

  /// Row r of `n` < 8 columns.
  @inline(__always) func short(_ r: Int, _ n: Int) -> D8 {
    step == 0 ? D8(repeating: start[r &* rowStep]) : loadPart(start + r &* rowStep, n)
  }

  /// Whether all rows are one.
  @inline(__always) var isRepeated: Bool { step != 0 && rowStep == 0 }

  /// Rows of `n` < 8 columns that `vector` may read whole.
  @inline(__always) func wide(_ rows: Int, _ n: Int) -> Int {
    step == 0 || rowStep == 0 ? rows : wideRows(rows, step: rowStep, n, width: 8)
  }
}

@inline(__always) private func broadcast(
  _ a: FloatRows, _ b: FloatRows, _ y: FloatOut, _ rows: Int, _ n: Int, _ f: (F16, F16) -> F16
) {
  if n <= 0 || rows <= 0 { return }
  if n < 16 { return broadcastShort(a, b, y, rows, n, f) }
  for r in 0..<rows {
    let target = y + r &* n
    var i = 0
    while i < n &- 16 {
      store(f(a.vector(r, i), b.vector(r, i)), target, i)
      i &+= 16
    }
    store(f(a.vector(r, n &- 16), b.vector(r, n &- 16)), target, n &- 16)
  }
}

@inline(__always) private func broadcastShort(
  _ a: FloatRows, _ b: FloatRows, _ y: FloatOut, _ rows: Int, _ n: Int, _ f: (F16, F16) -> F16
) {
  let (firstA, firstB) = (a.short(0, n), b.short(0, n))
  let wide = min(a.wide(rows, n), b.wide(rows, n), wideRows(rows, step: n, n, width: 16))
  for r in 0..<rows {
    if r < wide {
      let v = f(a.isRepeated ? firstA : a.vector(r, 0), b.isRepeated ? firstB : b.vector(r, 0))
      store(v, y, r &* n)
    } else {
      storePart(f(a.short(r, n), b.short(r, n)), y + r &* n, n)
    }
  }
}

@inline(__always) private func broadcast(
  _ a: DoubleRows, _ b: DoubleRows, _ y: DoubleOut, _ rows: Int, _ n: Int, _ f: (D8, D8) -> D8
) {
  if n <= 0 || rows <= 0 { return }
  if n < 8 { return broadcastShort(a, b, y, rows, n, f) }
  for r in 0..<rows {
    let target = y + r &* n
    var i = 0
    while i < n &- 8 {
      store(f(a.vector(r, i), b.vector(r, i)), target, i)
      i &+= 8
    }
    store(f(a.vector(r, n &- 8), b.vector(r, n &- 8)), target, n &- 8)
  }
}

@inline(__always) private func broadcastShort(
  _ a: DoubleRows, _ b: DoubleRows, _ y: DoubleOut, _ rows: Int, _ n: Int, _ f: (D8, D8) -> D8
) {
  let (firstA, firstB) = (a.short(0, n), b.short(0, n))
  let wide = min(a.wide(rows, n), b.wide(rows, n), wideRows(rows, step: n, n, width: 8))
  for r in 0..<rows {
    if r < wide {
      let v = f(a.isRepeated ? firstA : a.vector(r, 0), b.isRepeated ? firstB : b.vector(r, 0))
      store(v, y, r &* n)
    } else {
      storePart(f(a.short(r, n), b.short(r, n)), y + r &* n, n)
    }
  }
}
