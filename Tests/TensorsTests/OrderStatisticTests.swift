import Tensors
import Testing

@Suite("order statistics") struct OrderStatisticTests {
  private func check(_ values: [Double], _ dtype: DType, _ what: Comment) throws {
    let x = try Tensor(values, shape: [values.count]).converted(to: dtype)
    let ordered = try x.doubles().sorted()
    let last = values.count - 1
    for place in Set([0, 1, last / 4, last / 2, last - 1, last]) {
      let (low, high) = try x.orderPairs(place)
      #expect(try low.item() == ordered[place], what)
      #expect(try high.item() == ordered[min(place + 1, last)], what)
    }
  }

  @Test("are those of a sort, whatever the numbers", arguments: [DType.float32, .float64])
  func likeSorting(dtype: DType) throws {
    let stream = RandomStream(seed: 1)
    for count in [4096, 100_000, 300_001] {
      let normal = try stream.normal([count], .float64).doubles()
      try check(normal, dtype, "normal")
      try check(normal.map { ($0 * 3).rounded() }, dtype, "many equal")
      try check(normal.sorted(), dtype, "in order")
      try check(normal.sorted(by: >), dtype, "in reverse order")
      try check(normal.map { _ in 2 }, dtype, "constant")
      try check(normal.map { $0 < 0 ? -0.0 : 0 }, dtype, "both zeros")
      try check(normal.map { $0 * 1e-40 }, dtype, "denormal")
      try check(normal.map { $0 > 1 ? .infinity : $0 < -1 ? -.infinity : $0 }, dtype, "infinite")
      try check((0..<count).map { Double($0 % 2 == 0 ? $0 : count - $0) }, dtype, "organ pipes")
    }
  }

  @Test("of a row with NaN are NaN, and rows are apart")
  func rowsAndNaN() throws {
    var values = (0..<3 * 5000).map { Double(($0 * 7919) % 5000) }
    values[5000 + 17] = .nan
    let (low, high) = try Tensor(values, shape: [3, 5000]).orderPairs(2499)
    #expect(try low.doubles()[0] == 2499 && high.doubles()[0] == 2500)
    #expect(try low.doubles()[1].isNaN && high.doubles()[1].isNaN)
    #expect(try low.doubles()[2] == 2499 && high.doubles()[2] == 2500)
  }
}
