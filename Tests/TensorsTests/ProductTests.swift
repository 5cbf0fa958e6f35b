import Tensors
import Testing

@Suite("Products by size") struct ProductSizeTests {
  private func numbers(_ shape: Shape, _ dtype: DType, seed: UInt64) throws -> Tensor {
    var state = seed
    return try Tensor(
      (0..<shape.elementCount).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(state >> 40) / 16_777_216 - 0.5
      }, shape: shape
    ).converted(to: dtype)
  }

  /// A copy that lies column by column.
  private func byColumns(_ x: Tensor) throws -> Tensor { try x.transposed().copied().transposed() }

  @Test(
    "transposed operands give the bits of plain ones, and these three loops",
    arguments: [DType.float32, .float64])
  func layouts(_ dtype: DType) throws {
    let sizes = [
      (1, 1, 1), (2, 3, 1), (1, 40, 17), (5, 6, 7), (16, 16, 16), (33, 20, 31), (10, 100, 100),
      // In panels of rows.
      (603, 90, 57),
    ]
    for (m, k, n) in sizes {
      let a = try numbers([m, k], dtype, seed: 1)
      let b = try numbers([k, n], dtype, seed: 2)
      let c = try a.matrixProduct(b).doubles()
      let (x, y) = (try a.doubles(), try b.doubles())
      for place in 0..<m * n {
        let sum = (0..<k).reduce(0) { $0 + x[place / n * k + $1] * y[$1 * n + place % n] }
        #expect(abs(c[place] - sum) < (dtype == .float32 ? 1e-5 : 1e-14) * Double(k).squareRoot())
      }
      for left in [a, try byColumns(a)] {
        for right in [b, try byColumns(b)] {
          #expect(try left.matrixProduct(right).doubles() == c, "\(m) × \(k) × \(n)")
        }
      }
      let stack = try numbers([3, m, k], dtype, seed: 1).matrixProduct(
        b.broadcast(to: [3, k, n]))
      #expect(try stack.select(axis: 0, 0).doubles() == c, "in a stack")
    }
  }
}
