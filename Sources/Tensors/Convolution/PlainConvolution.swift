import Catalog

/// Convolution of float64 tensors by its definition: for tests of gradients, not for speed.
public enum PlainConvolution {
  public static func forward(_ x: Tensor, weights: Tensor, _ shape: ConvolutionShape) throws
    -> Tensor
  {
    let (x, w) = try operands(x, shape.inputShape, "x", weights, shape.weightShape, "weights")
    let y = try Tensor.zeros(shape.outputShape, .float64)
    let loops = PlainLoops(shape)
    try shape.options.isTransposed ? loops.scatter(x, w, into: y) : loops.gather(x, w, into: y)
    return y
  }

  public static func backwardData(_ dy: Tensor, weights: Tensor, _ shape: ConvolutionShape) throws
    -> Tensor
  {
    let (dy, w) = try operands(dy, shape.outputShape, "dy", weights, shape.weightShape, "weights")
    let dx = try Tensor.zeros(shape.inputShape, .float64)
    let loops = PlainLoops(shape)
    try shape.options.isTransposed ? loops.gather(dy, w, into: dx) : loops.scatter(dy, w, into: dx)
    return dx
  }

  public static func backwardWeights(_ x: Tensor, _ dy: Tensor, _ shape: ConvolutionShape) throws
    -> Tensor
  {
    let (x, dy) = try operands(x, shape.inputShape, "x", dy, shape.outputShape, "dy")
    let dw = try Tensor.zeros(shape.weightShape, .float64)
    let loops = PlainLoops(shape)
    try shape.options.isTransposed ? loops.slopes(dy, x, into: dw) : loops.slopes(x, dy, into: dw)
    return dw
  }

  private static func operands(
    _ a: Tensor, _ aShape: Shape, _ aName: String, _ b: Tensor, _ bShape: Shape, _ bName: String
  ) throws -> (Tensor, Tensor) {
    for (tensor, shape, name) in [(a, aShape, aName), (b, bShape, bName)] {
      guard tensor.dtype == .float64, tensor.shape == shape else {
        throw UserError(
          "\(name) must be float64 of shape \(shape), got \(tensor.dtype.rawValue) of shape "
            + "\(tensor.shape)")
      }
    }
    return (try a.densified(), try b.densified())
  }
}
