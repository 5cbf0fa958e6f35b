import KernelsBase
import Testing

/// A kind of operand, as steps for a number of columns.
private enum Kind: CaseIterable {
  case matrix, spaced, reversed, oneRow, numberPerRow, spacedNumbers, oneNumber

  func steps(_ columns: Int) -> (row: Int, column: Int) {
    switch self {
    case .matrix: (columns, 1)
    case .spaced: (columns + 3, 1)
    case .reversed: (-columns, 1)
    case .oneRow: (0, 1)
    case .numberPerRow: (1, 0)
    case .spacedNumbers: (5, 0)
    case .oneNumber: (0, 0)
    }
  }
}

/// Numbers of an operand that ends, and begins, where its memory does.
private struct Operand<T: BinaryFloatingPoint> {
  let memory: Fenced<T>
  let origin: Int
  let rowStep: Int
  let step: Int

  init(_ kind: Kind, _ rows: Int, _ columns: Int, seed: UInt64, atEnd: Bool) {
    (rowStep, step) = kind.steps(columns)
    origin = max(0, -rowStep * (rows - 1))
    let used = rows * columns == 0 ? 0 : abs(rowStep) * (rows - 1) + step * (columns - 1) + 1
    var numbers: [T] = spread(-4...4, used, seed: seed)
    for i in stride(from: 3, to: used, by: 11) { numbers[i] = .nan }
    for i in stride(from: 6, to: used, by: 13) { numbers[i] = -.infinity }
    for i in stride(from: 9, to: used, by: 17) { numbers[i] = -0.0 }
    memory = Fenced(numbers, atEnd: atEnd)
  }

  subscript(row: Int, column: Int) -> T { memory.start[origin + row * rowStep + column * step] }
}

@Suite("Broadcasting kernels") struct BroadcastTests {
  private func check<T: BinaryFloatingPoint, Rows>(
    _ name: String, _ kernel: (Rows, Rows, UnsafeMutablePointer<T>, Int, Int) -> Void,
    _ make: (UnsafePointer<T>, Int, Int) -> Rows, kinds: [(Kind, Kind)], columns: [Int],
    _ reference: (T, T) -> T
  ) {
    for rows in [0, 1, 2, 3, 7, 20] {
      for n in columns {
        for (index, (left, right)) in kinds.enumerated() {
          let a = Operand<T>(left, rows, n, seed: 31, atEnd: index % 3 != 0)
          let b = Operand<T>(right, rows, n, seed: 32, atEnd: index % 3 != 1)
          let y = Fenced([T](repeating: -777, count: rows * n), atEnd: index % 2 == 0)
          kernel(
            make(a.memory.start + a.origin, a.rowStep, a.step),
            make(b.memory.start + b.origin, b.rowStep, b.step), y.start, rows, n)
          for (place, got) in y.contents(rows * n).enumerated() {
            let expected = reference(a[place / n, place % n], b[place / n, place % n])
            if got != expected && !(got.isNaN && expected.isNaN) {
              Issue.record(
                "\(name) \(left) \(right) [\(rows), \(n)] at \(place): \(got), not \(expected)")
              return
            }
          }
        }
      }
    }
  }

  private static let allPairs = Kind.allCases.flatMap { a in Kind.allCases.map { (a, $0) } }

  @Test("agree with a plain loop for every kind of operand and width", arguments: Level.all)
  func everyKind(level: Level) {
    let widths = Array(0...33) + [47, 48, 49, 100]
    let k = level.kernels
    check(
      "subtract", { k.subtract($0, $1, $2, rows: $3, columns: $4) },
      { FloatRows($0, rowStep: $1, step: $2) }, kinds: Self.allPairs, columns: widths
    ) { (a: Float, b: Float) in a - b }
    check(
      "subtract", { k.subtract($0, $1, $2, rows: $3, columns: $4) },
      { DoubleRows($0, rowStep: $1, step: $2) }, kinds: Self.allPairs, columns: widths
    ) { (a: Double, b: Double) in a - b }
  }

  /// NaN where either side is NaN.
  private func extreme<T: BinaryFloatingPoint>(_ a: T, _ b: T, _ isBetter: (T, T) -> Bool) -> T {
    a.isNaN || b.isNaN ? .nan : isBetter(a, b) ? a : b
  }

  @Test("every operation is the one it is called", arguments: Level.all)
  func everyOperation(level: Level) {
    let k = level.kernels
    func checkFloat(
      _ name: String,
      _ kernel: @escaping (FloatRows, FloatRows, FloatOut, Int, Int) -> Void,
      _ reference: @escaping (Float, Float) -> Float
    ) {
      check(
        name, kernel, { FloatRows($0, rowStep: $1, step: $2) },
        kinds: [(.matrix, .oneRow), (.numberPerRow, .matrix)], columns: [1, 5, 16, 37], reference)
    }
    func checkDouble(
      _ name: String,
      _ kernel: @escaping (DoubleRows, DoubleRows, DoubleOut, Int, Int) -> Void,
      _ reference: @escaping (Double, Double) -> Double
    ) {
      check(
        name, kernel, { DoubleRows($0, rowStep: $1, step: $2) },
        kinds: [(.matrix, .oneRow), (.numberPerRow, .matrix)], columns: [1, 5, 8, 37], reference)
    }
    checkFloat("add", k.add) { $0 + $1 }
    checkFloat("multiply", k.multiply) { $0 * $1 }
    checkFloat("divide", k.divide) { $0 / $1 }
    checkFloat("maximum", k.maximum) { extreme($0, $1, >) }
    checkFloat("minimum", k.minimum) { extreme($0, $1, <) }
    checkDouble("add", k.add) { $0 + $1 }
    checkDouble("multiply", k.multiply) { $0 * $1 }
    checkDouble("divide", k.divide) { $0 / $1 }
    checkDouble("maximum", k.maximum) { extreme($0, $1, >) }
    checkDouble("minimum", k.minimum) { extreme($0, $1, <) }
  }
}
