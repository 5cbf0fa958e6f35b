import Autodiff
import Catalog
import Tensors

/// A transposed convolution, as `torch.nn.ConvTranspose2d` computes it; the weight has shape
/// [inputs, outputs / groups, kernel, kernel].
package struct ConvTranspose2dLayer: Layer, ConvolutionLayer {
  package struct Options: OptionGroup {
    package var inputs: Count?
    package var outputs: Count?
    package var kernel: Count = 2
    package var stride: Count = 2
    package var padding: Count = 0
    package var outputPadding: Count = 0
    package var dilation: Count = 1
    package var groups: Count = 1
    package var bias = true
    package var initial = Initializer.uniform.rawValue
    package var gain = 1.0

    package init() {}

    package static let options: [Option<Options>] = [
      Option(required: "inputs", \.inputs, "channels of the points", in: .positive).listed,
      Option(required: "outputs", \.outputs, "channels of the result", in: .positive).listed,
      Option("kernel", \.kernel, "its height and width", in: .positive),
      Option("stride", \.stride, "places of the result from one point to the next", in: .positive),
      Option("padding", \.padding, "places taken away at each border of the result"),
      Option(
        "output_padding", \.outputPadding, "places added to the result below and at the right"),
      Option(
        "dilation", \.dilation, "places from one number of the kernel to the next", in: .positive),
      Option("groups", \.groups, "of channels, each convolved by itself", in: .positive),
      Option("bias", \.bias, "whether a number is added to each channel"),
      Option("initial", \.initial, "how the weight starts", in: .initializer),
      Option("gain", \.gain, "times the weight at the start", in: .finite),
    ]

    package func check() throws {
      guard let inputs, let outputs else { return }
      try checkGroups(groups, inputs: inputs, outputs: outputs)
    }
  }

  package static let constructor = "conv_transpose2d"
  package static let entry = layerEntry(
    "Transposed convolution of images, which makes them larger.",
    details: "Its size is stride (h - 1) + dilation (kernel - 1) + 1 + output_padding - 2 padding.",
    source: "Dumoulin and Visin 2016",
    example: "return nn.conv_transpose2d{4, 2}(tensor.ones{1, 4, 3, 3})")

  package let options: Options
  package let inputs: Int
  package let outputs: Int
  /// Rows and columns that are added at the end; a network that knows its sizes may set them apart.
  package var outputPadding: (y: Int, x: Int)

  package init(_ options: Options) throws {
    self.options = options
    try options.check()
    inputs = try options.required(\.inputs, "inputs").value
    outputs = try options.required(\.outputs, "outputs").value
    outputPadding = (options.outputPadding.value, options.outputPadding.value)
  }

  package var form: ConvolutionForm {
    var result = ConvolutionOptions(padding: options.padding.value)
    result.isTransposed = true
    result.stride = (options.stride.value, options.stride.value)
    result.dilation = (options.dilation.value, options.dilation.value)
    result.outputPadding = outputPadding
    result.groups = options.groups.value
    return ConvolutionForm(result)
  }

  package var hasBias: Bool { options.bias }

  package var weightShape: Shape {
    [inputs, outputs / options.groups.value, options.kernel.value, options.kernel.value]
  }

  package func starts(_ stream: RandomStream) throws -> [ParameterSet.Start] {
    try convolutionStarts(
      fanOut: inputs * weightShape[2] * weightShape[3], initial: options.initial,
      gain: options.gain,
      stream)
  }
}
