import KernelsBase
import Testing

/// C = A B for A with steps of rows and columns, and B with one of rows.
private typealias Product<T> = (
  UnsafePointer<T>, Int, Int, UnsafePointer<T>, Int, UnsafeMutablePointer<T>, Int, Int, Int
) -> Void

@Suite("Small products") struct ProductTests {
  /// Sums from first to last, fused or not as the level has it.
  private func check<T: BinaryFloatingPoint>(_ product: Product<T>, isFused: Bool, widths: [Int]) {
    for rows in [0, 1, 2, 3, 4, 5, 7, 8, 13] {
      for columns in widths {
        for inner in [0, 1, 2, 5, 18] {
          for (aRow, aColumn, gap) in [(inner, 1, 0), (inner + 2, 1, 3), (1, rows, 0)] {
            let bRow = columns + gap
            let a: [T] = spread(
              -1...1, rows * inner == 0 ? 0 : (rows - 1) * aRow + (inner - 1) * aColumn + 1)
            let b: [T] = spread(
              -1...1, columns * inner == 0 ? 0 : (inner - 1) * bRow + columns, seed: 2)
            let (left, right) = (Fenced(a, atEnd: gap == 0), Fenced(b, atEnd: rows != 5))
            let c = Fenced([T](repeating: -777, count: rows * columns), atEnd: inner != 5)
            product(left.start, aRow, aColumn, right.start, bRow, c.start, rows, columns, inner)
            let expected = (0..<rows * columns).map { place in
              (0..<inner).reduce(T(0)) { sum, p in
                let x = a[place / columns * aRow + p * aColumn]
                let y = b[p * bRow + place % columns]
                return isFused ? sum.addingProduct(x, y) : sum + x * y
              }
            }
            #expect(
              c.contents(rows * columns) == expected, "[\(rows), \(inner)] [\(inner), \(columns)]")
          }
        }
      }
    }
  }

  @Test("have the bits of three loops at every size and step", arguments: Level.all)
  func plainLoops(level: Level) {
    let k = level.kernels
    let isFused = level.testDescription != "base"
    let widths = Array(0...35) + [48, 100]
    check(
      { (a: FloatIn, aRow, aColumn, b, bRow, c: FloatOut, rows, columns, inner) in
        k.product(
          a, aRow: aRow, aColumn: aColumn, b, bRow: bRow, c, rows: rows, columns: columns,
          inner: inner)
      }, isFused: isFused, widths: widths)
    check(
      { (a: DoubleIn, aRow, aColumn, b, bRow, c: DoubleOut, rows, columns, inner) in
        k.product(
          a, aRow: aRow, aColumn: aColumn, b, bRow: bRow, c, rows: rows, columns: columns,
          inner: inner)
      }, isFused: isFused, widths: widths)
  }

  /// The largest error of sums of `inner` products of numbers in 0...1, against the sum itself.
  private func error(_ level: Level, inner: Int) -> Float {
    let a: [Float] = spread(0...1, 4 * inner)
    let b: [Float] = spread(0...1, inner * 16, seed: 2)
    var c = [Float](repeating: 0, count: 4 * 16)
    level.kernels.product(
      a, aRow: inner, aColumn: 1, b, bRow: 16, &c, rows: 4, columns: 16, inner: inner)
    var worst: Float = 0
    for (place, got) in c.enumerated() {
      let (row, column) = (place / 16, place % 16)
      var exact = 0.0
      for p in 0..<inner { exact += Double(a[row * inner + p]) * Double(b[p * 16 + column]) }
      worst = max(worst, Float(abs(Double(got) - exact) / exact))
    }
    return worst
  }

  @Test("long sums round no worse than short ones", arguments: Level.all)
  func longSums(level: Level) {
    for inner in [256, 257, 1000, 10_000, 65_536] {
      #expect(error(level, inner: inner) < 1.5e-6, "\(inner)")
    }
  }

  @Test("what is not finite stays in its row and column", arguments: Level.all)
  func special(level: Level) {
    for n in [1, 3, 16, 19] {
      var a = [Float](repeating: 1, count: 5 * 4)
      a[2 * 4 + 1] = .nan
      var b = [Float](repeating: 2, count: 4 * n)
      b[3 * n + n - 1] = .infinity
      var c = [Float](repeating: 0, count: 5 * n)
      level.kernels.product(
        a, aRow: 4, aColumn: 1, b, bRow: n, &c, rows: 5, columns: n, inner: 4)
      for i in 0..<5 {
        for j in 0..<n {
          let got = c[i * n + j]
          #expect(i == 2 ? got.isNaN : got == (j == n - 1 ? .infinity : 8), "\(i) \(j) of \(n)")
        }
      }
    }
  }
}
