import Tensors
import Testing

@Suite("Convolution in float64") struct PlainConvolutionTests {
  @Test("all passes are those of the definition to rounding")
  func definition() throws {
    let all: [ConvolutionOptions] = [
      ConvolutionOptions(padding: 1),
      convolution { ($0.stride, $0.dilation, $0.padding) = ((2, 1), (1, 2), (0, 1, 2, 1)) },
      convolution { ($0.padding, $0.paddingMode) = ((2, 1, 1, 2), .reflect) },
      convolution { ($0.padding, $0.paddingMode, $0.stride) = ((1, 1, 1, 1), .circular, (2, 2)) },
      convolution { ($0.groups, $0.stride) = (2, (2, 3)) },
      convolution {
        ($0.isTransposed, $0.stride, $0.groups) = (true, (2, 2), 2)
        ($0.padding, $0.outputPadding) = ((1, 0, 1, 1), (1, 0))
      },
    ]
    for options in all {
      let shape = try ConvolutionShape(
        batch: 2, channels: (4, 6), size: (5, 6), kernel: (3, 2), options)
      let reference = ConvolutionReference(shape: shape)
      let x = try pseudorandom(shape.inputShape, seed: 1).converted(to: .float64)
      let w = try pseudorandom(shape.weightShape, seed: 2).converted(to: .float64)
      let dy = try pseudorandom(shape.outputShape, seed: 3).converted(to: .float64)
      let (xv, wv, g) = (try x.doubles(), try w.doubles(), try dy.doubles())
      let y = try PlainConvolution.forward(x, weights: w, shape).doubles()
      #expect(relativeError(y, reference.forward(xv, wv)) < 1e-15)
      let dx = try PlainConvolution.backwardData(dy, weights: w, shape).doubles()
      #expect(relativeError(dx, reference.backwardData(g, wv)) < 1e-15)
      let dw = try PlainConvolution.backwardWeights(x, dy, shape).doubles()
      #expect(relativeError(dw, reference.backwardWeights(xv, g)) < 1e-15)
    }
  }

  @Test("float32 is refused")
  func types() throws {
    let shape = try ConvolutionShape(batch: 1, channels: (1, 1), size: (2, 2), kernel: (1, 1))
    let x = try pseudorandom(shape.inputShape, seed: 1)
    let w = try pseudorandom(shape.weightShape, seed: 2)
    #expect(throws: (any Error).self) { try PlainConvolution.forward(x, weights: w, shape) }
  }
}
