// Distances between all pairs of two sets of points, ‖x_i − y_j‖_p, from the differences of their
// coordinates. ‖x‖² + ‖y‖² − 2 x·y would be a matrix product, but keeps no digit where two points are
// near each other; here equal points are exactly 0 apart, and every distance is right to a few ulp.

import Glibc
import KernelsBase
import Runtime

/// - Parameters:
///   - x, y: of shapes [n, d] and [m, d], both float32 or both float64.
///   - order: p ≥ 1; infinity takes the largest difference.
///   - squared: leaves out the root of order 2.
/// - Returns: of shape [n, m]. Cost n m d; the memory of the result and a copy of y.
public func pairwiseDistances(
  _ x: Tensor, _ y: Tensor, order: Double = 2, squared: Bool = false
) throws -> Tensor {
  switch x.dtype {
  case .float64:
    return try PairwiseDistances<Double>(x, y, order: order, squared: squared).distances()
  default: return try PairwiseDistances<Float>(x, y, order: order, squared: squared).distances()
  }
}

/// Some rows of distances as they are formed: those of a few rows of x to a few points of y.
package struct DistanceBlock<T> {
  package let rows: Range<Int>
  package let columns: Range<Int>
  fileprivate let base: UnsafePointer<T>

  /// The distances of one row of x to the points `columns` of y.
  package func distances(ofRow row: Int) -> UnsafePointer<T> {
    base + (row - rows.lowerBound) * columns.count
  }
}

/// Distances without their matrix: `body` is given them block by block, in memory that the next block takes.
///
/// Threads share the rows of x; the blocks of one row come in the order of the points of y, on one thread. So what
/// is kept for each row needs no lock, and has the same bits at any number of threads.
/// - Parameters: as of `pairwiseDistances`; `x` and `y` of element type `T`.
package func forEachDistanceBlock<T: DistanceElement>(
  _ x: Tensor, _ y: Tensor, of type: T.Type, order: Double = 2, squared: Bool = false,
  _ body: (DistanceBlock<T>) throws -> Void
) throws {
  // By way of the element type, where it is specialised: 31,000 panels of two rows take longer to call else.
  try T.forEachDistanceBlock(x, y, order: order, squared: squared, body)
}

private struct PairwiseDistances<T: DistanceElement> {
  let x: Tensor
  let y: Tensor
  let order: Double
  let squared: Bool

  private var rows: Int { x.shape[0] }
  private var columns: Int { y.shape[0] }
  private var inner: Int { x.shape[1] }

  /// A chunk of work: so many rows of x against so many points of y, which stay in the cache.
  private static var rowBlock: Int { 64 }
  private static var columnBlock: Int { 1024 }

  init(_ x: Tensor, _ y: Tensor, order: Double, squared: Bool) throws {
    (self.x, self.y) = (try x.densified(), try y.densified())
    (self.order, self.squared) = (order, squared)
  }

  func distances() throws -> Tensor {
    let result = try Tensor(uninitialized: [rows, columns], T.dtype)
    guard rows > 0, columns > 0 else { return result }
    let panels = try packed()
    let (rowBlocks, columnBlocks) = (
      (rows + Self.rowBlock - 1) / Self.rowBlock,
      (columns + Self.columnBlock - 1) / Self.columnBlock
    )
    try WorkerPool.shared.run(chunks: rowBlocks * columnBlocks) { chunk in
      let row = chunk / columnBlocks * Self.rowBlock
      let column = chunk % columnBlocks * Self.columnBlock
      fill(
        row..<min(row + Self.rowBlock, rows), column..<min(column + Self.columnBlock, columns),
        panels, result.pointer(T.self) + row * columns + column, columns)
    }
    return result
  }

  func forEachBlock(_ body: (DistanceBlock<T>) throws -> Void) throws {
    guard rows > 0, columns > 0 else { return }
    // Of so few rows the matrix is no larger than the copy of y, and threads share the points.
    if rows <= min(inner, 16) {
      let all = try distances()
      return try body(
        DistanceBlock(
          rows: 0..<rows, columns: 0..<columns, base: UnsafePointer(all.pointer(T.self))))
    }
    let panels = try packed()
    // Few rows are cut finer, so that all threads have some.
    let rowBlock = rows < 8 * Self.rowBlock ? max(4, rows / 8 & ~3) : Self.rowBlock
    let width = min(Self.columnBlock, columns)
    try WorkerPool.shared.run(chunks: (rows + rowBlock - 1) / rowBlock) { chunk in
      let some = chunk * rowBlock..<min((chunk + 1) * rowBlock, rows)
      let memory = UnsafeMutablePointer<T>.allocate(capacity: some.count * width)
      defer { memory.deallocate() }
      for column in stride(from: 0, to: columns, by: width) {
        try Cancellation.check()
        let part = column..<min(column + width, columns)
        fill(some, part, panels, memory, part.count)
        try body(DistanceBlock(rows: some, columns: part, base: UnsafePointer(memory)))
      }
    }
  }

  /// - Parameters:
  ///   - out: the distance of the first row and the first column.
  ///   - stride: elements from one row to the next.
  private func fill(
    _ rows: Range<Int>, _ columns: Range<Int>, _ panels: Tensor?, _ out: UnsafeMutablePointer<T>,
    _ stride: Int
  ) {
    let source = UnsafePointer(x.pointer(T.self)) + rows.lowerBound * inner
    guard let panels else { return fillPowers(rows, columns, out, stride) }
    let measure: DistanceMeasure = order == 1 ? .magnitudes : order == 2 ? .squares : .largest
    for column in Swift.stride(from: 0, to: columns.count, by: T.panelWidth) {
      let panel = UnsafePointer(panels.pointer(T.self)) + (columns.lowerBound + column) * inner
      T.distances(
        measure, source, rows.count, panel, inner, out + column, stride,
        min(T.panelWidth, columns.count - column))
    }
    guard order == 2, !squared else { return }
    for row in 0..<rows.count {
      let line = out + row * stride
      T.sqrt(UnsafePointer(line), line, columns.count)
    }
  }

  /// (Σ |d|^p)^(1/p), about the largest |d| so that no power leaves the range.
  private func fillPowers(
    _ rows: Range<Int>, _ columns: Range<Int>, _ out: UnsafeMutablePointer<T>, _ stride: Int
  ) {
    let (a, b) = (x.pointer(T.self), y.pointer(T.self))
    for i in rows {
      for j in columns {
        var largest = 0.0
        for p in 0..<inner {
          let size = Double(a[i * inner + p] - b[j * inner + p]).magnitude
          if size > largest || size.isNaN { largest = size }
        }
        var sum = 0.0
        if largest > 0, largest.isFinite {
          for p in 0..<inner {
            let size = Double(a[i * inner + p] - b[j * inner + p]).magnitude
            sum += pow(size / largest, order)
          }
        }
        let isPlain = largest > 0 && largest.isFinite
        out[(i - rows.lowerBound) * stride + j - columns.lowerBound] = T(
          isPlain ? largest * pow(sum, 1 / order) : largest)
      }
    }
  }

  /// y by panels: of each, the first coordinate of all its points, then the second and so on; nil of orders
  /// that have no kernel.
  private func packed() throws -> Tensor? {
    guard order == 1 || order == 2 || order == .infinity else { return nil }
    let width = T.panelWidth
    let count = (columns + width - 1) / width
    let panels = try Tensor(uninitialized: [count, inner, width], T.dtype)
    try WorkerPool.shared.run(count: count, grain: max(1, (1 << 14) / max(width * inner, 1))) {
      range in
      for panel in range { pack(panel, into: panels.pointer(T.self) + panel * inner * width) }
    }
    return panels
  }

  /// One panel, four points at a time.
  private func pack(_ panel: Int, into out: UnsafeMutablePointer<T>) {
    let (width, source) = (T.panelWidth, UnsafePointer(y.pointer(T.self)))
    for lane in stride(from: 0, to: width, by: 4) {
      let row = panel * width + lane
      let (a, to) = (source + row * inner, out + lane)
      if row + 4 <= columns {
        let (b, c, d) = (a + inner, a + 2 * inner, a + 3 * inner)
        for p in 0..<inner {
          let four = to + p * width
          (four[0], four[1], four[2], four[3]) = (a[p], b[p], c[p], d[p])
        }
      } else {
        for p in 0..<inner {
          for k in 0..<4 { to[p * width + k] = row + k < columns ? a[k * inner + p] : 0 }
        }
      }
    }
  }
}

/// The two precisions of the kernels.
package protocol DistanceElement: Element, BinaryFloatingPoint {
  /// Points of a panel.
  static var panelWidth: Int { get }
  static func distances(
    _ measure: DistanceMeasure, _ x: UnsafePointer<Self>, _ rows: Int,
    _ panel: UnsafePointer<Self>, _ inner: Int, _ out: UnsafeMutablePointer<Self>, _ outRow: Int,
    _ columns: Int)
  static func sqrt(_ x: UnsafePointer<Self>, _ y: UnsafeMutablePointer<Self>, _ n: Int)
  static func forEachDistanceBlock(
    _ x: Tensor, _ y: Tensor, order: Double, squared: Bool,
    _ body: (DistanceBlock<Self>) throws -> Void) throws
}

extension Float: DistanceElement {
  package static var panelWidth: Int { 32 }
  package static func distances(
    _ measure: DistanceMeasure, _ x: FloatIn, _ rows: Int, _ panel: FloatIn, _ inner: Int,
    _ out: FloatOut, _ outRow: Int, _ columns: Int
  ) {
    kernels.distances(
      measure, x, rows: rows, panel, inner: inner, out, outRow: outRow, columns: columns)
  }
  package static func sqrt(_ x: FloatIn, _ y: FloatOut, _ n: Int) { kernels.sqrt(x, y, n) }
  package static func forEachDistanceBlock(
    _ x: Tensor, _ y: Tensor, order: Double, squared: Bool,
    _ body: (DistanceBlock<Float>) throws -> Void
  ) throws {
    try PairwiseDistances<Float>(x, y, order: order, squared: squared).forEachBlock(body)
  }
}

extension Double: DistanceElement {
  package static var panelWidth: Int { 16 }
  package static func distances(
    _ measure: DistanceMeasure, _ x: DoubleIn, _ rows: Int, _ panel: DoubleIn, _ inner: Int,
    _ out: DoubleOut, _ outRow: Int, _ columns: Int
  ) {
    kernels.distances(
      measure, x, rows: rows, panel, inner: inner, out, outRow: outRow, columns: columns)
  }
  package static func sqrt(_ x: DoubleIn, _ y: DoubleOut, _ n: Int) { kernels.sqrt(x, y, n) }
  package static func forEachDistanceBlock(
    _ x: Tensor, _ y: Tensor, order: Double, squared: Bool,
    _ body: (DistanceBlock<Double>) throws -> Void
  ) throws {
    try PairwiseDistances<Double>(x, y, order: order, squared: squared).forEachBlock(body)
  }
}
