import Autodiff
import Catalog
import Tensors

/// y = W x + b for the last axis of points; W has shape [outputs, inputs], as in PyTorch.
package struct LinearLayer: Layer {
  package struct Options: OptionGroup {
    package var inputs: Count?
    package var outputs: Count?
    package var bias = true
    package var initial = Initializer.uniform.rawValue
    package var gain = 1.0

    package init() {}

    package static let options: [Option<Options>] = [
      Option(required: "inputs", \.inputs, "features of a point", in: .positive).listed,
      Option(required: "outputs", \.outputs, "features of the result", in: .positive).listed,
      Option("bias", \.bias, "whether a number is added to each output"),
      Option("initial", \.initial, "how the weight starts", in: .initializer),
      Option("gain", \.gain, "times the weight at the start", in: .finite),
    ]
  }

  package static let constructor = "linear"
  package static let entry = layerEntry(
    "Linear map of vectors.",
    example: "return nn.linear{2, 16}(tensor.ones{5, 2})")

  package let options: Options
  let inputs: Int
  let outputs: Int

  package init(_ options: Options) throws {
    self.options = options
    inputs = try options.required(\.inputs, "inputs").value
    outputs = try options.required(\.outputs, "outputs").value
  }

  package func starts(_ stream: RandomStream) throws -> [ParameterSet.Start] {
    let weight = Initializer(rawValue: options.initial)?.start(
      "weight", [outputs, inputs], fanIn: inputs, fanOut: outputs, gain: options.gain, stream)
    let bias =
      options.bias ? ParameterSet.Start.linear("bias", [outputs], fanIn: inputs, stream) : nil
    return [weight, bias].compactMap { $0 }
  }

  package func shape(of inputs: [Shape]) throws -> Shape {
    let x = inputs[0]
    guard x.rank > 0, x[x.rank - 1] == self.inputs else {
      throw UserError("x must have \(self.inputs) features last, got points of shape \(x)")
    }
    return Shape(Array(x.dropLast()) + [outputs])
  }

  package func output(_ inputs: [Tensor], _ call: LayerCall) throws -> Tensor {
    let x = inputs[0]
    let rows = try reshape(x, to: [x.elementCount / max(self.inputs, 1), self.inputs])
    var y = try matmul(rows, transpose(call["weight"]))
    if options.bias { y = try y + call["bias"] }
    return try reshape(y, to: Array(x.shape.dropLast()) + [outputs])
  }
}
