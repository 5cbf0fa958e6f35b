import Tensors
import Testing

@Suite("Shapes of convolutions") struct ConvolutionShapeTests {
  private func message(
    _ channels: (in: Int, out: Int) = (4, 6), _ size: (Int, Int) = (5, 7),
    _ kernel: (Int, Int) = (3, 3), _ change: (inout ConvolutionOptions) -> Void = { _ in }
  ) -> String {
    do {
      let shape = try ConvolutionShape(
        batch: 2, channels: channels, size: size, kernel: kernel, convolution(change))
      return "\(shape.outputHeight)×\(shape.outputWidth)"
    } catch { return "\(error)" }
  }

  @Test("sizes of outputs are PyTorch's")
  func sizes() {
    #expect(message() == "3×5")
    #expect(message { $0.padding = (1, 1, 1, 1) } == "5×7")
    #expect(message { ($0.padding, $0.stride) = ((1, 1, 1, 1), (2, 2)) } == "3×4")
    #expect(message { ($0.padding, $0.dilation) = ((2, 2, 2, 2), (2, 3)) } == "5×5")
    #expect(message { $0.isTransposed = true } == "7×9")
    #expect(
      message {
        ($0.isTransposed, $0.stride, $0.padding) = (true, (2, 2), (1, 1, 1, 1))
        $0.outputPadding = (1, 0)
      } == "10×13")
  }

  @Test("what does not fit is said with its sizes")
  func misfits() {
    #expect(message((4, 6), (2, 7)).contains("kernel must fit the padded image: it spans 3×3"))
    #expect(message { $0.groups = 3 }.contains("groups must divide the channels, 4 in and 6 out"))
    #expect(message { $0.groups = 0 }.contains("groups must be a positive integer, got 0"))
    #expect(message { $0.stride = (0, 1) }.contains("stride must be a positive integer, got 0"))
    #expect(message((0, 6)).contains("channels in must be a positive integer, got 0"))
    #expect(message { $0.padding = (-1, 0, 0, 0) }.contains("padding must be an integer of 0"))
    #expect(
      message { ($0.padding, $0.paddingMode) = ((5, 0, 0, 0), .reflect) }
        .contains("padding must be at most 4 rows and 6 columns where it is reflect, got 5 and 0"))
    #expect(
      message { ($0.padding, $0.paddingMode) = ((6, 0, 0, 0), .circular) }
        .contains("at most 5 rows and 7 columns where it is circular, got 6 and 0"))
    #expect(message { $0.outputPadding = (1, 0) }.contains("output_padding must be 0 without"))
    #expect(
      message { ($0.isTransposed, $0.outputPadding) = (true, (1, 0)) }
        .contains("output_padding must be less than the stride or the dilation, got 1, 0"))
    #expect(
      message { ($0.isTransposed, $0.padding) = (true, (9, 9, 0, 0)) }
        .contains("padding must leave something of the output"))
    #expect(message((4, 6), (1 << 40, 3)).contains("sizes must be at most 2^24"))
    #expect(
      message((1 << 24, 6), (1 << 20, 1 << 20)).contains("more elements than memory can hold"))
  }

  @Test("maps and weights of other shapes are refused")
  func otherShapes() throws {
    let passes = try ConvolutionPasses(
      ConvolutionShape(batch: 1, channels: (5, 6), size: (4, 4), kernel: (3, 3)), nil)
    let (x, y) = (try FeatureMap(passes.x), try passes.outputMap())
    func refused(_ text: String, _ body: () throws -> Void) {
      do {
        try body()
        Issue.record("not refused: \(text)")
      } catch { #expect("\(error)".contains(text), "\(error)") }
    }
    refused("x must have the shape [1, 5, 4, 4], got [1, 6, 2, 2]") {
      try passes.plan.forward(.plain(y), weights: passes.w, into: y)
    }
    refused("y must have the shape [1, 6, 2, 2], got [1, 5, 4, 4]") {
      try passes.plan.forward(.plain(x), weights: passes.w, into: x)
    }
    refused("weights must be float32 of shape [6, 5, 3, 3]") {
      try passes.plan.forward(.plain(x), weights: passes.x, into: y)
    }
    refused("bias must have a number for each of the 6 channels, got 5") {
      let bias = [Float](repeating: 0, count: 5)
      try passes.plan.forward(
        .plain(x), weights: passes.w, into: y, .affine(bias: bias, relu: true))
    }
    refused("images must be a float32 tensor of shape [n, c, h, w]") {
      _ = try FeatureMap(Tensor(filling: [3, 3], with: Float(1)))
    }
  }

  @Test("a map gives back its tensor", arguments: [1, 4, 5, 16, 17, 40])
  func roundTrip(channels: Int) throws {
    let x = try pseudorandom([2, channels, 3, 5], seed: 1)
    #expect(try FeatureMap(x).tensor().doubles() == x.doubles())
    // A view whose elements are not in order.
    let view = try x.transposed()
    #expect(try FeatureMap(view).tensor().doubles() == view.doubles())
  }
}
