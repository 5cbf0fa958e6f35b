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
    let panels = order == 1 || order == 2 || order == .infinity ? try packed() : nil
    let (rowBlocks, columnBlocks) = (
      (rows + Self.rowBlock - 1) / Self.rowBlock,
      (columns + Self.columnBlock - 1) / Self.columnBlock
    )
    try WorkerPool.shared.run(chunks: rowBlocks * columnBlocks) { chunk in
      let row = chunk / columnBlocks * Self.rowBlock
      let column = chunk % columnBlocks * Self.columnBlock
      fill(
        row..<min(row + Self.rowBlock, rows),
        column..<min(column + Self.columnBlock, columns), panels, result.pointer(T.self))
    }
    return result
  }

  private func fill(
    _ rows: Range<Int>, _ columns: Range<Int>, _ panels: Tensor?, _ out: UnsafeMutablePointer<T>
  ) {
    let source = UnsafePointer(x.pointer(T.self)) + rows.lowerBound * inner
    guard let panels else { return fillPowers(rows, columns, out) }
    let measure: DistanceMeasure = order == 1 ? .magnitudes : order == 2 ? .squares : .largest
    for column in stride(from: columns.lowerBound, to: columns.upperBound, by: T.panelWidth) {
      T.distances(
        measure, source, rows.count, UnsafePointer(panels.pointer(T.self)) + column * inner, inner,
        out + rows.lowerBound * self.columns + column, self.columns,
        min(T.panelWidth, columns.upperBound - column))
    }
    guard order == 2, !squared else { return }
    for row in rows {
      let line = out + row * self.columns + columns.lowerBound
      T.sqrt(UnsafePointer(line), line, columns.count)
    }
  }

  /// (Σ |d|^p)^(1/p), about the largest |d| so that no power leaves the range.
  private func fillPowers(
    _ rows: Range<Int>, _ columns: Range<Int>, _ out: UnsafeMutablePointer<T>
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
        out[i * self.columns + j] = T(isPlain ? largest * pow(sum, 1 / order) : largest)
      }
    }
  }

  /// y by panels: of each, the first coordinate of all its points, then the second and so on.
  private func packed() throws -> Tensor {
    let width = T.panelWidth
    let count = (columns + width - 1) / width
    let panels = try Tensor(uninitialized: [count, inner, width], T.dtype)
    try WorkerPool.shared.run(count: count, grain: max(1, (1 << 14) / max(width * inner, 1))) {
      range in
      let (source, target) = (y.pointer(T.self), panels.pointer(T.self))
      for panel in range {
        for lane in 0..<width {
          let row = panel * width + lane
          for p in 0..<inner {
            target[(panel * inner + p) * width + lane] =
              row < columns ? source[row * inner + p] : 0
          }
        }
      }
    }
    return panels
  }
}

/// The two precisions of the kernels.
private protocol DistanceElement: Element, BinaryFloatingPoint {
  /// Points of a panel.
  static var panelWidth: Int { get }
  static func distances(
    _ measure: DistanceMeasure, _ x: UnsafePointer<Self>, _ rows: Int,
    _ panel: UnsafePointer<Self>, _ inner: Int, _ out: UnsafeMutablePointer<Self>, _ outRow: Int,
    _ columns: Int)
  static func sqrt(_ x: UnsafePointer<Self>, _ y: UnsafeMutablePointer<Self>, _ n: Int)
}

extension Float: DistanceElement {
  fileprivate static var panelWidth: Int { 32 }
  fileprivate static func distances(
    _ measure: DistanceMeasure, _ x: FloatIn, _ rows: Int, _ panel: FloatIn, _ inner: Int,
    _ out: FloatOut, _ outRow: Int, _ columns: Int
  ) {
    kernels.distances(
      measure, x, rows: rows, panel, inner: inner, out, outRow: outRow, columns: columns)
  }
  fileprivate static func sqrt(_ x: FloatIn, _ y: FloatOut, _ n: Int) { kernels.sqrt(x, y, n) }
}

extension Double: DistanceElement {
  fileprivate static var panelWidth: Int { 16 }
  fileprivate static func distances(
    _ measure: DistanceMeasure, _ x: DoubleIn, _ rows: Int, _ panel: DoubleIn, _ inner: Int,
    _ out: DoubleOut, _ outRow: Int, _ columns: Int
  ) {
    kernels.distances(
      measure, x, rows: rows, panel, inner: inner, out, outRow: outRow, columns: columns)
  }
  fileprivate static func sqrt(_ x: DoubleIn, _ y: DoubleOut, _ n: Int) { kernels.sqrt(x, y, n) }
}
