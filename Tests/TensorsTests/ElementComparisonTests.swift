import Tensors
import Testing

@Suite("comparisons of elements") struct ElementComparisonTests {
  private static let types: [DType] = [.float32, .float64, .int64]

  private func numbers(_ shape: Shape, _ dtype: DType, seed: Int) throws -> Tensor {
    let x = try RandomStream(seed: seed).normal(shape, .float64).combined(with: 2, .multiply)
    let whole = try x.converted(to: .int64)
    return try dtype == .int64 ? whole : x.converted(to: dtype)
  }

  @Test("agree with plain loops for every pair of types and every way to broadcast")
  func plainLoops() throws {
    let shapes: [(Shape, Shape)] = [
      ([], []), ([7], []), ([], [7]), ([1], [9]), ([6, 5], [6, 5]), ([6, 1], [5]),
      ([6, 1], [1, 5]),
      ([2, 1, 3, 1], [1, 4, 1, 5]), ([3, 1, 1, 2, 1, 1], [1, 2, 2, 1, 2, 5]), ([0, 3], [1, 3]),
      ([40_000], [40_000]), ([2, 1], [1, 20_000]),
    ]
    for (first, second) in shapes {
      for aType in Self.types {
        for bType in Self.types {
          let a = try numbers(first, aType, seed: 1)
          let b = try numbers(second, bType, seed: 2)
          let target = try Shape.broadcast(first, second)
          let x = try a.broadcast(to: target).doubles()
          let y = try b.broadcast(to: target).doubles()
          for comparison in Comparison.allCases {
            let found = try a.compared(with: b, comparison)
            #expect(found.shape == target && found.dtype == .bool)
            let expected = zip(x, y).map { a, b in
              switch comparison {
              case .less: a < b
              case .lessEqual: a <= b
              case .greater: a > b
              case .greaterEqual: a >= b
              case .equal: a == b
              case .notEqual: a != b
              }
            }
            #expect(
              try found.doubles() == expected.map { $0 ? 1 : 0 },
              "\(aType) \(first) \(comparison) \(bType) \(second)")
          }
        }
      }
    }
  }

  @Test("read views as they lie, and NaN is unequal to everything")
  func viewsAndNaN() throws {
    let x = try numbers([30, 20], .float32, seed: 3)
    let found = try x.transposed().compared(with: x.transposed().copied(), .equal)
    #expect(try found.doubles().allSatisfy { $0 == 1 })
    let odd = try Tensor([1, .nan, 3], shape: [3])
    #expect(try odd.compared(with: odd, .equal).doubles() == [1, 0, 1])
    #expect(try odd.compared(with: odd, .notEqual).doubles() == [0, 1, 0])
    #expect(try odd.compared(with: odd, .lessEqual).doubles() == [1, 0, 1])
  }
}
