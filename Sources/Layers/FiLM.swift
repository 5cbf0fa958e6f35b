import Autodiff
import Catalog
import Tensors

/// y = x (1 + a(e)) + b(e) with a scale and a shift for each channel, linear in features e [n, features] of a
/// time or a class (Perez et al. 2018).
package struct FiLMLayer: Layer {
  package struct Options: OptionGroup {
    package var features: Count?
    package var channels: Count?
    package var scales = true

    package init() {}

    package static let options: [Option<Options>] = [
      Option(required: "features", \.features, "of e", in: .positive).listed,
      Option(required: "channels", \.channels, "of x", in: .positive).listed,
      Option("scales", \.scales, "whether there is a scale; otherwise e only shifts"),
    ]
  }

  package static let constructor = "film"
  package static let entry = layerEntry(
    "A scale and a shift of each channel that depend on features.", source: "Perez et al. 2018",
    example: "return nn.film{4, 3}(tensor.ones{2, 3, 5, 5}, tensor.ones{2, 4})")
  package static let inputs = ["x", "e"]

  package let options: Options
  let features: Int
  let channels: Int

  package init(_ options: Options) throws {
    self.options = options
    features = try options.required(\.features, "features").value
    channels = try options.required(\.channels, "channels").value
  }

  var outputs: Int { options.scales ? 2 * channels : channels }

  package func starts(_ stream: RandomStream) throws -> [ParameterSet.Start] {
    [
      .linear("weight", [outputs, features], fanIn: features, stream),
      .constant("bias", [outputs], 0),
    ]
  }

  package func shape(of inputs: [Shape]) throws -> Shape {
    try requireChannels(inputs[0], channels)
    try requireFeatures(inputs[1], features, "e")
    return inputs[0]
  }

  package func output(_ inputs: [Tensor], _ call: LayerCall) throws -> Tensor {
    let (x, e) = (inputs[0], inputs[1])
    let all = try matmul(e, transpose(call["weight"])) + call["bias"]
    let ones = [x.shape[0], channels] + Array(repeating: 1, count: x.rank - 2)
    func part(_ place: Int) throws -> Tensor {
      try reshape(slice(all, axis: 1, place * channels..<(place + 1) * channels), to: ones)
    }
    if !options.scales { return try x + part(0) }
    return try x * (part(0) + 1) + part(1)
  }
}
