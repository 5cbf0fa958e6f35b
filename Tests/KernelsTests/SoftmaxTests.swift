import Glibc
import KernelsBase
import Testing

@Suite("Softmax") struct SoftmaxTests {
  private func rows<T: BinaryFloatingPoint>(
    _ x: [T], _ rows: Int, _ n: Int,
    _ kernel: (UnsafePointer<T>, UnsafeMutablePointer<T>, Int, Int) -> Void
  ) -> [T] {
    let source = Fenced(x, atEnd: rows != 2)
    let target = Fenced([T](repeating: -777, count: rows * n), atEnd: rows != 3)
    kernel(source.start, target.start, rows, n)
    return target.contents(rows * n)
  }

  private func expected<T: BinaryFloatingPoint>(_ row: ArraySlice<T>) -> [Double] {
    let top = Double(row.max() ?? 0)
    let terms = row.map { exp(Double($0) - top) }
    let total = terms.reduce(0, +)
    return terms.map { $0 / total }
  }

  private func check<T: BinaryFloatingPoint>(
    _ type: T.Type, tolerance: Double,
    _ kernel: (UnsafePointer<T>, UnsafeMutablePointer<T>, Int, Int) -> Void
  ) {
    for count in [0, 1, 2, 3, 20] {
      for n in Array(0...49) + [100, 1000, 1024, 1025, 5000] {
        let x: [T] = spread(60...100, count * n, seed: 14)
        let y = rows(x, count, n, kernel)
        for r in 0..<count {
          let row = x[r * n..<(r + 1) * n]
          let wrong = zip(y[r * n..<(r + 1) * n], expected(row)).contains {
            !(abs(Double($0) - $1) <= tolerance * $1)
          }
          #expect(!wrong, "row \(r) of [\(count), \(n)]")
          #expect(rows(Array(row), 1, n, kernel) == Array(y[r * n..<(r + 1) * n]), "row \(r) alone")
        }
      }
    }
  }

  @Test("rows agree with loops in double, and with themselves alone", arguments: Level.all)
  func plainLoops(level: Level) {
    check(Float.self, tolerance: 1e-6) { level.kernels.softmax($0, $1, rows: $2, columns: $3) }
    check(Double.self, tolerance: 2e-14) { level.kernels.softmax($0, $1, rows: $2, columns: $3) }
  }

  @Test("NaN and infinite numbers stay in their row", arguments: Level.all)
  func special(level: Level) {
    func check<T: BinaryFloatingPoint>(
      _ type: T.Type, _ kernel: (UnsafePointer<T>, UnsafeMutablePointer<T>, Int, Int) -> Void
    ) {
      for n in [1, 2, 3, 7, 8, 9, 15, 16, 17, 40] {
        for at in 0..<n {
          for value in [T.nan, .infinity, -.infinity] {
            var x: [T] = spread(-1...1, 3 * n, seed: 4)
            x[n + at] = value
            let y = rows(x, 3, n, kernel)
            let middle = y[n..<2 * n]
            if value == -.infinity, n > 1 {
              #expect(y[n + at] == 0 && abs(middle.reduce(0, +) - 1) < 1e-5, "−∞ at \(at) of \(n)")
            } else {
              #expect(middle.allSatisfy { $0.isNaN || ($0 == 0 && value == .infinity) })
              #expect(middle.contains { $0.isNaN }, "\(value) at \(at) of \(n)")
            }
            #expect((y[..<n] + y[(2 * n)...]).allSatisfy { $0 >= 0 && $0 <= 1 })
          }
        }
      }
    }
    check(Float.self) { level.kernels.softmax($0, $1, rows: $2, columns: $3) }
    check(Double.self) { level.kernels.softmax($0, $1, rows: $2, columns: $3) }
  }
}
