import Glibc
import Tensors
import Testing

@Suite("Broadcasting") struct BroadcastingTests {
  /// Views of a shape that lie in every way: dense, cut, transposed, of one row, of one column.
  private func views(_ shape: Shape) throws -> [Tensor] {
    let wide = Shape(shape.map { 2 * $0 + 1 })
    let count = Double(wide.elementCount)
    let base = try Tensor((0..<wide.elementCount).map { Double($0) - count / 3 }, shape: wide)
    var cut = base
    for axis in 0..<shape.rank { cut = cut.slice(axis: axis, 1..<shape[axis] + 1) }
    var result = [cut, try cut.copied()]
    let order = Array((0..<shape.rank).reversed())
    result.append(try cut.permuted(order).copied().permuted(order))
    for axis in 0..<shape.rank {
      result.append(cut.slice(axis: axis, 0..<1))
      result.append(try cut.slice(axis: axis, 0..<1).copied())
      result.append(try cut.slice(axis: axis, 0..<1).broadcast(to: shape))
    }
    if shape.rank > 1 { result.append(cut.select(axis: 0, 0)) }
    return result
  }

  @Test(
    "two views of any layout give what a naive loop gives, in every type",
    arguments: [
      [7], [1], [3, 5], [4, 1], [1, 6], [2, 3, 4], [5, 2, 1], [3, 1, 17], [2, 1, 3, 1],
      [2, 3, 2, 20],
    ] as [Shape])
  func everyLayout(shape: Shape) throws {
    for a in try views(shape) {
      for b in try views(shape) {
        let common = try Shape.broadcast(a.shape, b.shape)
        let x = try a.broadcast(to: common).doubles()
        let y = try b.broadcast(to: common).doubles()
        let difference = zip(x, y).map { $0 - $1 }
        for dtype in [DType.float32, .float64, .int64] {
          let (left, right) = (try a.converted(to: dtype), try b.converted(to: dtype))
          let expected =
            dtype == .int64
            ? zip(x, y).map { $0.rounded(.towardZero) - $1.rounded(.towardZero) } : difference
          let close = try zip(left.combined(with: right, .subtract).doubles(), expected)
            .allSatisfy { abs($0 - $1) <= (dtype == .float32 ? 1e-4 : 1e-10) }
          #expect(close, "\(a.shape) \(a.strides) with \(b.shape) \(b.strides), \(dtype)")
        }
        let larger = try a.combined(with: b, .maximum).doubles()
        #expect(larger == zip(x, y).map { max($0, $1) })
        let tangents = try a.combined(with: b, .atan2).doubles()
        #expect(tangents == zip(x, y).map { atan2($0, $1) })
      }
    }
  }

  @Test("blocks of rows are cut for threads without a difference")
  func longOperands() throws {
    for shape in [[70_000, 3], [9, 5000, 2], [40, 3, 1000]] as [Shape] {
      let x = try Tensor((0..<shape.elementCount).map { Double($0 % 9973) }, shape: shape)
      for axis in 0..<shape.rank {
        let one = x.slice(axis: axis, 1..<2)
        let wide = try one.broadcast(to: shape).doubles()
        let expected = zip(try x.doubles(), wide).map { $0 * $1 }
        #expect(try x.combined(with: one, .multiply).doubles() == expected, "\(shape) \(axis)")
      }
    }
  }
}
