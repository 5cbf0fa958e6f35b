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
      try checkGroups(groups, inputs: inputs, outputs: outputs)
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

  package var hasBias: Bool { options.bias }

  package var weightShape: Shape {
    [outputs, inputs / options.groups.value, options.kernel.value, options.kernel.value]
  }

  package func starts(_ stream: RandomStream) throws -> [ParameterSet.Start] {
    try convolutionStarts(
      fanOut: outputs / options.groups.value * weightShape[2] * weightShape[3],
      initial: options.initial, gain: options.gain, stream)
  }
}
