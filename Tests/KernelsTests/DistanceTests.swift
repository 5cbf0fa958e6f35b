import KernelsBase
import Testing

@Suite("Distances") struct DistanceTests {
  private typealias Distances<T> = (
    DistanceMeasure, UnsafePointer<T>, Int, UnsafePointer<T>, Int, UnsafeMutablePointer<T>, Int, Int
  ) -> Void

  /// Against plain loops in Double.
  private func check<T: BinaryFloatingPoint>(_ distances: Distances<T>, width: Int) {
    for (rows, inner, columns) in [
      (1, 1, 1), (3, 0, 5), (4, 7, width), (5, 130, width - 1), (8, 300, 3), (13, 2, width / 2),
      (2, 128, width / 2 + 1),
    ] {
      let x: [T] = spread(-1...1, rows * inner)
      let points: [T] = spread(-1...1, width * inner, seed: 2)
      for measure in [DistanceMeasure.squares, .magnitudes, .largest] {
        let (left, right) = (Fenced(x, atEnd: true), Fenced(points, atEnd: rows != 4))
        let gap = rows == 3 ? 2 : 0
        let outRow = columns + gap
        let out = Fenced([T](repeating: -777, count: (rows - 1) * outRow + columns), atEnd: true)
        distances(measure, left.start, rows, right.start, inner, out.start, outRow, columns)
        let found = out.contents((rows - 1) * outRow + columns)
        for i in 0..<rows {
          for j in 0..<columns {
            let differences = (0..<inner).map {
              (Double(x[i * inner + $0]) - Double(points[$0 * width + j])).magnitude
            }
            let expected: Double =
              switch measure {
              case .squares: differences.reduce(0) { $0 + $1 * $1 }
              case .magnitudes: differences.reduce(0, +)
              case .largest: differences.max() ?? 0
              }
            let error = (Double(found[i * outRow + j]) - expected).magnitude
            #expect(
              error <= 12 * Double(T.ulpOfOne) * max(expected, 1e-3),
              "\(measure) [\(rows), \(inner)] [\(columns)]")
          }
        }
        #expect(found.filter { $0 == -777 }.count == (rows - 1) * gap)
      }
    }
  }

  @Test("agree with plain loops at every size", arguments: Level.all)
  func plainLoops(level: Level) {
    let k = level.kernels
    check(
      { (measure, x: FloatIn, rows, panel, inner, out: FloatOut, outRow, columns) in
        k.distances(
          measure, x, rows: rows, panel, inner: inner, out, outRow: outRow, columns: columns)
      }, width: 32)
    check(
      { (measure, x: DoubleIn, rows, panel, inner, out: DoubleOut, outRow, columns) in
        k.distances(
          measure, x, rows: rows, panel, inner: inner, out, outRow: outRow, columns: columns)
      }, width: 16)
  }

  @Test("NaN stays in its row and column", arguments: Level.all)
  func special(level: Level) {
    for measure in [DistanceMeasure.squares, .magnitudes, .largest] {
      var x = [Float](repeating: 0, count: 5 * 3)
      x[2 * 3 + 1] = .nan
      var panel = [Float](repeating: 1, count: 32 * 3)
      panel[0 * 32 + 4] = .nan
      panel[0 * 32 + 5] = .infinity
      var out = [Float](repeating: 0, count: 5 * 32)
      level.kernels.distances(
        measure, &x, rows: 5, &panel, inner: 3, &out, outRow: 32, columns: 32)
      for i in 0..<5 {
        for j in 0..<32 {
          let value = out[i * 32 + j]
          #expect(value.isNaN == (i == 2 || j == 4))
          if j == 5, i != 2 { #expect(value == .infinity) }
        }
      }
    }
  }
}
