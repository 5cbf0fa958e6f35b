import Tensors
import Testing

@Suite("sums of booleans") struct BooleanCountTests {
  @Test("count what is true, along any axis and at any length")
  func counts() throws {
    for shape: Shape in [
      [0], [1], [7], [2047], [2048], [70_001], [3, 5000], [300, 17], [5, 9, 33],
    ] {
      let x = try RandomStream(seed: 2).normal(shape, .float32)
        .compared(with: .scalar(0.3, .float64), .greater)
      let numbers = try x.converted(to: .int64)
      #expect(try x.reduced(.sum).item() == numbers.reduced(.sum).item())
      for axis in 0..<shape.rank {
        let found = try x.reduced(.sum, axis: axis)
        #expect(found.dtype == .int64)
        #expect(try found.doubles() == numbers.reduced(.sum, axis: axis).doubles(), "\(shape)")
      }
    }
    let all = try Tensor.full([100_000], 1, .float32).compared(with: .scalar(0, .float64), .greater)
    #expect(try all.reduced(.sum).item() == 100_000)
  }
}
