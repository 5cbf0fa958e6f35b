import Catalog
import Tensors

// Convolutions as operations. All three passes are linear in each of their inputs, and the derivatives of one
// are the other two, so that gradients of any order exist.

/// What a convolution is, apart from the sizes of its operands: options and, for its derivatives, the sizes.
public struct ConvolutionForm {
  public let options: ConvolutionOptions
  /// The way to compute it; nil for the rule of the engine.
  public let way: ConvolutionWay?

  public init(_ options: ConvolutionOptions, way: ConvolutionWay? = nil) {
    self.options = options
    self.way = way
  }

  /// The sizes for images [n, c, h, w] and a weight [outputs, inputs / groups, kh, kw], or where it is transposed
  /// [inputs, outputs / groups, kh, kw].
  public func shape(of x: Shape, weight: Shape) throws -> ConvolutionShape {
    guard x.rank == 4 else { throw UserError("x must have shape [n c h w], got \(x)") }
    guard weight.rank == 4 else {
      throw UserError("the weight must have four axes, got \(weight)")
    }
    let inputs = options.isTransposed ? weight[0] : weight[1] * options.groups
    let outputs = options.isTransposed ? weight[1] * options.groups : weight[0]
    guard inputs == x[1] else {
      throw UserError(
        "x of shape \(x) has \(x[1]) channels, the weight of shape \(weight) takes \(inputs)")
    }
    return try ConvolutionShape(
      batch: x[0], channels: (x[1], outputs), size: (x[2], x[3]),
      kernel: (weight[2], weight[3]), options)
  }
}

/// The convolution of images with a weight, as `torch.nn.functional.conv2d` and `conv_transpose2d` define it
/// (a correlation: the kernel is not turned).
///
/// - Parameters: `x` of shape [n, c, h, w]; the weight as `ConvolutionForm.shape` says.
public func convolution(_ x: Tensor, _ weight: Tensor, _ form: ConvolutionForm) throws -> Tensor {
  let shape = try form.shape(of: x.shape, weight: weight.shape)
  let type = DType.promoted(x.dtype, weight.dtype)
  let pass = ConvolutionPass(kind: .forward, shape: shape, way: form.way)
  return try perform(pass, [convert(x, to: type), convert(weight, to: type)])[0]
}

/// One of the three passes: (x, w) → y, (dy, w) → dx, (x, dy) → dw.
private struct ConvolutionPass: DifferentiableOperation {
  enum Kind: String { case forward, data, weights }

  let kind: Kind
  let shape: ConvolutionShape
  let way: ConvolutionWay?

  var name: String { "convolution \(kind.rawValue)" }
  var saves: Saves { Saves(inputs: nil, outputs: []) }

  private func pass(_ kind: Kind, _ a: Tensor, _ b: Tensor) throws -> Tensor {
    try perform(ConvolutionPass(kind: kind, shape: shape, way: way), [a, b])[0]
  }

  func pullback(_ flow: JointFlow) throws -> [Tensor?] {
    let (a, b, u) = (flow.input(0), flow.input(1), try flow.cotangent(0))
    let (first, second) = (flow.wanted[0], flow.wanted[1])
    switch kind {
    case .forward:
      return [first ? try pass(.data, u, b) : nil, second ? try pass(.weights, a, u) : nil]
    case .data:
      return [first ? try pass(.forward, u, b) : nil, second ? try pass(.weights, u, a) : nil]
    case .weights:
      return [first ? try pass(.data, b, u) : nil, second ? try pass(.forward, a, u) : nil]
    }
  }

  func pushforward(_ flow: TangentFlow) throws -> [Tensor?]? {
    let (da, db) = (flow.tangents[0], flow.tangents[1])
    let first = try da.map { try pass(kind, $0, flow.input(1)) }
    let second = try db.map { try pass(kind, flow.input(0), $0) }
    guard let first, let second else { return [first ?? second] }
    return [try first + second]
  }

  func results(of inputs: [Tensor]) throws -> [Tensor] {
    let (a, b) = (inputs[0], inputs[1])
    if a.dtype == .float64 { return [try precise(a, b)] }
    let plan = try ConvolutionPlan(shape, way: way)
    switch kind {
    case .forward:
      let y = try FeatureMap(
        batch: shape.batch, channels: shape.outputs, height: shape.outputHeight,
        width: shape.outputWidth)
      try plan.forward(.plain(FeatureMap(a)), weights: b, into: y)
      return [try y.tensor()]
    case .data:
      let dx = try FeatureMap(
        batch: shape.batch, channels: shape.inputs, height: shape.height, width: shape.width)
      try plan.backwardData(.plain(FeatureMap(a)), weights: b, into: dx)
      return [try dx.tensor()]
    case .weights:
      let dw = try Tensor(uninitialized: shape.weightShape)
      try plan.backwardWeights(.plain(FeatureMap(a)), .plain(FeatureMap(b)), into: dw)
      return [dw]
    }
  }

  private func precise(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    switch kind {
    case .forward: try PlainConvolution.forward(a, weights: b, shape)
    case .data: try PlainConvolution.backwardData(a, weights: b, shape)
    case .weights: try PlainConvolution.backwardWeights(a, b, shape)
    }
  }
}
