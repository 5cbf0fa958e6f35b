import Tensors
import Testing

@Suite("printing of tensors") struct TensorPrintingTests {
  @Test(
    "the statistics of a large tensor are those of its first million elements, however it is cut")
  func sample() throws {
    let most = 1 << 20
    let numbers = [Double](repeating: 0, count: most) + [Double](repeating: 5, count: most)
    for shape in [[2 * most], [1, 2 * most], [2, 1, most], [1, 1, 2, most], [most, 2]] {
      let x = try Tensor(numbers, shape: Shape(shape))
      #expect(x.describe().hasSuffix("float64 [mean 0, std 0]"), "\(shape)")
    }
  }
}
