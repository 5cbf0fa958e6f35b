import Tensors
import Testing

@Suite("Sorting") struct SortingTests {
  /// Lengths around those at which the way of sorting changes.
  static let lengths = [0, 1, 2, 3, 31, 32, 33, 34, 257, 2000, 5999, 6000, 6001]

  /// Places in the order of a stable sort, NaN last.
  private func reference(_ x: [Double], descending: Bool) -> [Int] {
    x.indices.sorted { i, j in
      if x[i].isNaN || x[j].isNaN { return !x[i].isNaN || (x[j].isNaN && i < j) }
      if x[i] != x[j] { return descending ? x[i] > x[j] : x[i] < x[j] }
      return i < j
    }
  }

  /// Many equal numbers, some NaN, both zeros, and infinities.
  private func numbers(_ count: Int, distinct: Int) -> [Double] {
    var state: UInt64 = 7
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      switch state >> 58 {
      case 0: return .nan
      case 1: return -0.0
      case 2: return 0
      case 3: return -.infinity
      case 4: return .infinity
      default: return Double(Int(state >> 33) % distinct - distinct / 2) / 8
      }
    }
  }

  private func check(_ x: [Double], rows: Int, _ dtype: DType, descending: Bool) throws {
    let length = x.count / rows
    let tensor = try Tensor(x, shape: [rows, length]).converted(to: dtype)
    let held = try tensor.doubles()
    let (values, places) = try tensor.sorted(axis: 1, descending: descending)
    let (sorted, order) = (try values.doubles(), try places.doubles())
    for r in 0..<rows {
      let row = Array(held[r * length..<(r + 1) * length])
      let expected = reference(row, descending: descending)
      let label = "\(dtype) row \(r) of \(length), descending \(descending)"
      #expect(order[r * length..<(r + 1) * length].map { Int($0) } == expected, "\(label)")
      let bits = sorted[r * length..<(r + 1) * length].map(\.bitPattern)
      #expect(bits == expected.map { row[$0].bitPattern }, "\(label)")
    }
  }

  @Test("is stable, with NaN last and −0 as 0, at every length", arguments: lengths)
  func stable(length: Int) throws {
    for descending in [false, true] {
      for distinct in [3, 1000, 1_000_000] {
        for dtype in [DType.float32, .float64] {
          try check(numbers(2 * length, distinct: distinct), rows: 2, dtype, descending: descending)
        }
        let whole = numbers(2 * length, distinct: distinct).map { $0.isFinite ? $0 * 1e9 : -1 }
        try check(whole, rows: 2, .int64, descending: descending)
      }
      try check(
        numbers(2 * length, distinct: 5).map { $0 > 0 ? 1 : 0 }, rows: 2, .bool,
        descending: descending)
    }
  }

  @Test("equal numbers, sorted and reversed rows", arguments: [20, 100, 7000])
  func special(length: Int) throws {
    for row in [
      [Double](repeating: 2.5, count: length), (0..<length).map { Double($0) },
      (0..<length).map { -Double($0) },
    ] {
      for descending in [false, true] {
        try check(row, rows: 1, .float32, descending: descending)
        try check(row, rows: 1, .float64, descending: descending)
      }
    }
  }
}
