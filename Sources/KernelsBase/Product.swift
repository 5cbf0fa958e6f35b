/// Products of small matrices: four rows of a vector of columns at a time, summed in registers.
///
/// The last rows and columns overlap those before them, which gives their elements the same bits
/// again: an element is a sum over the inner axis from first to last, wherever it lies. Long sums are
/// cut into runs, which keeps their rounding small. Columns fewer than a vector are read and written
/// with what follows them in memory, as long as there is enough of it.

#if KERNELS_V3 || KERNELS_V4
  import KernelsBase
#endif

/// Products that are summed before the sum is added to those before it.
private let sumLength = 256

extension Kernels {
  public static func product(
    _ a: FloatIn, aRow: Int, aColumn: Int, _ b: FloatIn, bRow: Int, _ c: FloatOut, rows: Int,
    columns n: Int, inner: Int
  ) {
    if rows <= 0 || n <= 0 { return }
    let isNarrow = n < 16
    let wideB = isNarrow ? wideRows(inner, step: bRow, n, width: 16) : inner
    let wideC = isNarrow ? wideRows(rows, step: n, n, width: 16) : rows
    var next = 0
    while next < n {
      let j = isNarrow ? 0 : min(next, n &- 16)
      let column = b + j
      var i = 0
      while i < rows {
        let four = FourRows(from: i, of: rows)
        let sums = four.sums(a, aRow, aColumn, inner) {
          $0 < wideB ? load(column, $0 &* bRow) : loadPart(column + $0 &* bRow, n)
        }
        four.eachRow(sums) { row, v in
          if row < wideC { store(v, c, row &* n &+ j) } else { storePart(v, c + row &* n, n) }
        }
        i &+= 4
      }
      next &+= 16
    }
  }

  public static func product(
    _ a: DoubleIn, aRow: Int, aColumn: Int, _ b: DoubleIn, bRow: Int, _ c: DoubleOut, rows: Int,
    columns n: Int, inner: Int
  ) {
    if rows <= 0 || n <= 0 { return }
    let isNarrow = n < 8
    let wideB = isNarrow ? wideRows(inner, step: bRow, n, width: 8) : inner
    let wideC = isNarrow ? wideRows(rows, step: n, n, width: 8) : rows
    var next = 0
    while next < n {
      let j = isNarrow ? 0 : min(next, n &- 8)
      let column = b + j
      var i = 0
      while i < rows {
        let four = FourRows(from: i, of: rows)
        let sums = four.sums(a, aRow, aColumn, inner) {
          $0 < wideB ? load(column, $0 &* bRow) : loadPart(column + $0 &* bRow, n)
        }
        four.eachRow(sums) { row, v in
          if row < wideC { store(v, c, row &* n &+ j) } else { storePart(v, c + row &* n, n) }
        }
        i &+= 4
      }
      next &+= 8
    }
  }
}

/// Four rows of C, the last one several times where it has fewer.
private struct FourRows {
  let rows: (Int, Int, Int, Int)

  /// Rows `start` to start + 3, or the last four of `count`.
  @inline(__always) init(from start: Int, of count: Int) {
    let (first, last) = (max(0, min(start, count &- 4)), count &- 1)
    rows = (first, min(first &+ 1, last), min(first &+ 2, last), min(first &+ 3, last))
  }

  /// Σ a[i, p] b[p] for each row i; `b` gives a vector of row p of B.
  @inline(__always) func sums(
    _ a: FloatIn, _ aRow: Int, _ aColumn: Int, _ inner: Int, _ b: (Int) -> F16
  ) -> (F16, F16, F16, F16) {
    var end = min(inner, sumLength)
    var total = run(a, aRow, aColumn, from: 0, to: end, b)
    while end < inner {
      let start = end
      end = min(inner, start &+ sumLength)
      let part = run(a, aRow, aColumn, from: start, to: end, b)
      total = (total.0 + part.0, total.1 + part.1, total.2 + part.2, total.3 + part.3)
    }
    return total
  }

  @inline(__always) private func run(
    _ a: FloatIn, _ aRow: Int, _ aColumn: Int, from start: Int, to end: Int, _ b: (Int) -> F16
  ) -> (F16, F16, F16, F16) {
    let (a0, a1) = (a + rows.0 &* aRow, a + rows.1 &* aRow)
    let (a2, a3) = (a + rows.2 &* aRow, a + rows.3 &* aRow)
    var (s0, s1, s2, s3) = (F16(), F16(), F16(), F16())
    var p = start
    while p < end {
      let (v, at) = (b(p), p &* aColumn)
      s0 = fma(F16(repeating: a0[at]), v, s0)
      s1 = fma(F16(repeating: a1[at]), v, s1)
      s2 = fma(F16(repeating: a2[at]), v, s2)
      s3 = fma(F16(repeating: a3[at]), v, s3)
      p &+= 1
    }
    return (s0, s1, s2, s3)
  }

  @inline(__always) func sums(
    _ a: DoubleIn, _ aRow: Int, _ aColumn: Int, _ inner: Int, _ b: (Int) -> D8
  ) -> (D8, D8, D8, D8) {
    var end = min(inner, sumLength)
    var total = run(a, aRow, aColumn, from: 0, to: end, b)
    while end < inner {
      let start = end
      end = min(inner, start &+ sumLength)
      let part = run(a, aRow, aColumn, from: start, to: end, b)
      total = (total.0 + part.0, total.1 + part.1, total.2 + part.2, total.3 + part.3)
    }
    return total
  }

  @inline(__always) private func run(
    _ a: DoubleIn, _ aRow: Int, _ aColumn: Int, from start: Int, to end: Int, _ b: (Int) -> D8
  ) -> (D8, D8, D8, D8) {
    let (a0, a1) = (a + rows.0 &* aRow, a + rows.1 &* aRow)
    let (a2, a3) = (a + rows.2 &* aRow, a + rows.3 &* aRow)
    var (s0, s1, s2, s3) = (D8(), D8(), D8(), D8())
    var p = start
    while p < end {
      let (v, at) = (b(p), p &* aColumn)
      s0 = fma(D8(repeating: a0[at]), v, s0)
      s1 = fma(D8(repeating: a1[at]), v, s1)
      s2 = fma(D8(repeating: a2[at]), v, s2)
      s3 = fma(D8(repeating: a3[at]), v, s3)
      p &+= 1
    }
    return (s0, s1, s2, s3)
  }

  @inline(__always) func eachRow<V>(_ values: (V, V, V, V), _ body: (Int, V) -> Void) {
    body(rows.0, values.0)
    body(rows.1, values.1)
    body(rows.2, values.2)
    body(rows.3, values.3)
  }
}
