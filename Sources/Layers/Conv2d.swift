import Autodiff
import Catalog
import Tensors

/// A convolution of images [n, c, h, w], as `torch.nn.Conv2d` computes it; the weight has shape
/// [outputs, inputs / groups, kernel, kernel].
package struct Conv2dLayer: Layer, ConvolutionLayer {
  package struct Options: OptionGroup {
    package var inputs: Count?
    package var outputs: Count?
    package var kernel: Count = 3
    package var stride: Count = 1
    package var padding: Count?
    package var paddingMode = ConvolutionOptions.PaddingMode.zero.rawValue
    package var dilation: Count = 1
    package var groups: Count = 1
    package var bias = true
    package var initial = Initializer.uniform.rawValue
    package var gain = 1.0
    package var way = ConvolutionWay.rule

    package init() {}

    package static let options: [Option<Options>] = [
      Option(required: "inputs", \.inputs, "channels of the points", in: .positive).listed,
      Option(required: "outputs", \.outputs, "channels of the result", in: .positive).listed,
      Option("kernel", \.kernel, "its height and width", in: .positive),
      Option("stride", \.stride, "places from one result to the next", in: .positive),
      Option(
        "padding", \.padding,
        "places added at each border; so many that the size stays where absent, for odd kernels"),
      Option(
        "padding_mode", \.paddingMode, "what stands there",
        in: .oneOf(ConvolutionOptions.PaddingMode.allCases.map(\.rawValue))),
      Option(
        "dilation", \.dilation, "places from one number of the kernel to the next", in: .positive),
      Option("groups", \.groups, "of channels, each convolved by itself", in: .positive),
      Option("bias", \.bias, "whether a number is added to each channel"),
      Option("initial", \.initial, "how the weight starts", in: .initializer),
      Option("gain", \.gain, "times the weight at the start", in: .finite),
      Option(
        "way", \.way, "how it is computed: by the rule of its sizes, or as named",
        in: .oneOf([ConvolutionWay.rule] + ConvolutionWay.allCases.map(\.rawValue))),
    ]

    package func check() throws {
      guard let inputs, let outputs else { return }
      guard inputs.value % groups.value == 0, outputs.value % groups.value == 0 else {
        throw UserError(
          "groups must divide inputs and outputs, got \(groups) groups of \(inputs) and \(outputs) channels"
        )
      }
      guard padding != nil || kernel.value % 2 == 1 else {
        throw UserError("padding is required for an even kernel, got kernel = \(kernel)")
      }
    }
  }

  package static let constructor = "conv2d"
  package static let entry = layerEntry(
    "Convolution of images.",
    details:
      "Images have shape [n c h w]. The way it is computed follows from the sizes: winograd, by "
      + "F(4×4, 3×3) for 3×3 kernels of stride 1, otherwise direct, tap by tap; `layer:plan(shape)` says "
      + "which.",
    source: "Winograd 1980; Lavin and Gray 2016",
    example: "return nn.conv2d{1, 8, kernel = 3}(tensor.ones{2, 1, 6, 6})")

  package let options: Options
  package let inputs: Int
  package let outputs: Int

  package init(_ options: Options) throws {
    self.options = options
    try options.check()
    inputs = try options.required(\.inputs, "inputs").value
    outputs = try options.required(\.outputs, "outputs").value
  }

  package var form: ConvolutionForm {
    ConvolutionForm(engineOptions, way: ConvolutionWay(rawValue: options.way))
  }

  private var engineOptions: ConvolutionOptions {
    let kernel = options.kernel.value
    let border = options.padding?.value ?? options.dilation.value * (kernel - 1) / 2
    var result = ConvolutionOptions(padding: border)
    result.stride = (options.stride.value, options.stride.value)
    result.dilation = (options.dilation.value, options.dilation.value)
    result.paddingMode = .init(rawValue: options.paddingMode) ?? .zero
    result.groups = options.groups.value
    return result
  }

  package var weightShape: Shape {
    [outputs, inputs / options.groups.value, options.kernel.value, options.kernel.value]
  }

  package func starts(_ stream: RandomStream) throws -> [ParameterSet.Start] {
    try convolutionStarts(
      weightShape, fanIn: weightShape.dropFirst().reduce(1, *),
      fanOut: outputs / options.groups.value * weightShape[2] * weightShape[3], outputs: outputs,
      initial: options.initial, gain: options.gain, bias: options.bias, stream)
  }

  package func shape(of inputs: [Shape]) throws -> Shape {
    _ = try ImageShape(inputs[0], channels: self.inputs)
    let result = try form.shape(of: Shape([1] + Array(inputs[0])), weight: weightShape)
    return Shape(Array(result.outputShape.dropFirst()))
  }

  package func output(_ inputs: [Tensor], _ call: LayerCall) throws -> Tensor {
    let y = try convolution(inputs[0], call["weight"], form)
    return options.bias ? try y + perChannel(call["bias"], like: y) : y
  }
}

/// A layer that the convolution engine computes.
protocol ConvolutionLayer: Layer {
  var form: ConvolutionForm { get }
  var weightShape: Shape { get }
}

extension ConvolutionLayer {
  /// How its passes are computed for images of a shape [n, c, h, w].
  func plan(_ shape: Shape) throws -> ConvolutionPlan {
    try ConvolutionPlan(form.shape(of: shape, weight: weightShape), way: form.way)
  }
}

extension ConvolutionWay {
  /// The option that leaves the way to the engine.
  static let rule = "rule"
}

/// Weight and bias of a convolution.
func convolutionStarts(
  _ shape: Shape, fanIn: Int, fanOut: Int, outputs: Int, initial: String, gain: Double, bias: Bool,
  _ stream: RandomStream
) throws -> [ParameterSet.Start] {
  let weight = Initializer(rawValue: initial)?.start(
    "weight", shape, fanIn: fanIn, fanOut: fanOut, gain: gain, stream)
  let shift = bias ? ParameterSet.Start.linear("bias", [outputs], fanIn: fanIn, stream) : nil
  return [weight, shift].compactMap { $0 }
}
