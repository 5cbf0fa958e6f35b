import KernelsBase
import Runtime

// Sums over an axis that is not the last one. A long axis is cut into pieces of rows, a wide one into
// strips of columns, by the shape alone; the pieces' sums stay in double until they are added up, in
// their order.

/// The kernels of one element type.
private struct ColumnSum<T: BinaryFloatingPoint> {
  /// Dense matrices, [count, rows, columns], to [count, columns].
  let sumRows: (UnsafePointer<T>, UnsafeMutablePointer<T>, Int, Int, Int) -> Void
  /// Adds rows, a step apart, to totals: x, step, totals, rows, columns.
  let addRows: (UnsafePointer<T>, Int, UnsafeMutablePointer<Double>, Int, Int) -> Void
  let store: (UnsafePointer<Double>, UnsafeMutablePointer<T>, Int) -> Void
}

package func sumColumns(
  _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ outer: Int, _ length: Int,
  _ inner: Int
) throws {
  if outer * length * inner <= parallelGrain {
    return kernels.sumRows(x, y, count: outer, rows: length, columns: inner)
  }
  let sum = ColumnSum<Float>(
    sumRows: { kernels.sumRows($0, $1, count: $2, rows: $3, columns: $4) },
    addRows: { kernels.addRows($0, step: $1, $2, rows: $3, columns: $4) },
    store: { kernels.convert($0, $1, $2) })
  try sum.run(x, y, outer, length, inner)
}

package func sumColumns(
  _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ outer: Int, _ length: Int,
  _ inner: Int
) throws {
  if outer * length * inner <= parallelGrain {
    return kernels.sumRows(x, y, count: outer, rows: length, columns: inner)
  }
  let sum = ColumnSum<Double>(
    sumRows: { kernels.sumRows($0, $1, count: $2, rows: $3, columns: $4) },
    addRows: { kernels.addRows($0, step: $1, $2, rows: $3, columns: $4) },
    store: { $1.update(from: $0, count: $2) })
  try sum.run(x, y, outer, length, inner)
}

extension ColumnSum {
  /// Columns of a strip.
  private static var stripWidth: Int { 512 }

  func run(
    _ x: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>, _ outer: Int, _ length: Int, _ inner: Int
  ) throws {
    let size = length * inner
    if size <= parallelGrain {
      try WorkerPool.shared.run(count: outer, grain: parallelGrain / size) { range in
        let first = range.lowerBound
        sumRows(x + first * size, y + first * inner, range.count, length, inner)
      }
      return
    }
    let width = min(inner, Self.stripWidth)
    let rows = max(64, parallelGrain / width & ~15)
    let strips = (inner + width - 1) / width
    let pieces = (length + rows - 1) / rows
    /// Adds up the rows of one piece in one strip.
    func add(_ o: Int, _ piece: Int, _ strip: Int, to totals: UnsafeMutablePointer<Double>) {
      let columns = min(width, inner - strip * width)
      totals.update(repeating: 0, count: columns)
      addRows(
        x + (o * length + piece * rows) * inner + strip * width, inner, totals,
        min(rows, length - piece * rows), columns)
    }
    if pieces == 1 {
      try WorkerPool.shared.run(chunks: outer * strips) { chunk in
        let (o, strip) = chunk.quotientAndRemainder(dividingBy: strips)
        withUnsafeTemporaryAllocation(of: Double.self, capacity: width) { totals in
          guard let totals = totals.baseAddress else { return }
          totals.initialize(repeating: 0, count: width)
          add(o, 0, strip, to: totals)
          store(totals, y + o * inner + strip * width, min(width, inner - strip * width))
        }
      }
      return
    }
    try withWorkspace(of: (pieces + 1) * outer * inner, Double.self) { parts in
      try WorkerPool.shared.run(chunks: outer * pieces * strips) { chunk in
        let (row, strip) = chunk.quotientAndRemainder(dividingBy: strips)
        let (o, piece) = row.quotientAndRemainder(dividingBy: pieces)
        add(o, piece, strip, to: parts + row * inner + strip * width)
      }
      let totals = parts + pieces * outer * inner
      kernels.sumRows(parts, totals, count: outer, rows: pieces, columns: inner)
      store(totals, y, outer * inner)
    }
  }
}

/// Products over the middle axis of [outer, length, inner], accumulated in double.
func multiplyColumns<T: BinaryFloatingPoint>(
  _ x: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>, _ outer: Int, _ length: Int, _ inner: Int
) throws {
  let width = min(inner, 256)
  let strips = (inner + width - 1) / width
  let grain = max(1, parallelGrain / max(length * width, 1))
  try WorkerPool.shared.run(count: outer * strips, grain: grain) { range in
    withUnsafeTemporaryAllocation(of: Double.self, capacity: width) { totals in
      for chunk in range {
        let (o, strip) = chunk.quotientAndRemainder(dividingBy: strips)
        let columns = min(width, inner - strip * width)
        let source = x + o * length * inner + strip * width
        totals.initialize(repeating: 1)
        for k in 0..<length {
          for i in 0..<columns { totals[i] *= Double(source[k * inner + i]) }
        }
        for i in 0..<columns { y[o * inner + strip * width + i] = T(totals[i]) }
      }
    }
  }
}
