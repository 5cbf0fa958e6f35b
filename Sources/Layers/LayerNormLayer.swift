import Autodiff
import Catalog
import Tensors

/// y = γ (x − ⟨x⟩)/√(var x + ε) + β over the last axis (Ba, Kiros and Hinton 2016).
package struct LayerNormLayer: Layer {
  package struct Options: OptionGroup {
    package var features: Count?

    package init() {}

    package static let options: [Option<Options>] = [
      Option(required: "features", \.features, "length of the last axis", in: .positive).listed
    ]
  }

  package static let constructor = "layer_norm"
  package static let entry = layerEntry(
    "The last axis with mean 0 and variance 1.",
    details: "ε is 1e-5.", source: "Ba, Kiros and Hinton 2016, Eq. 4",
    example: "return nn.layer_norm{3}(tensor{{1, 2, 3}})")

  package let options: Options
  private let features: Int

  package init(_ options: Options) throws {
    self.options = options
    features = try options.required(\.features, "features").value
  }

  package func starts(_ stream: RandomStream) throws -> [ParameterSet.Start] {
    [.constant("weight", [features], 1), .constant("bias", [features], 0)]
  }

  package func shape(of inputs: [Shape]) throws -> Shape {
    guard inputs[0].rank > 0, inputs[0][inputs[0].rank - 1] == features else {
      throw UserError("x must have \(features) features last, got points of shape \(inputs[0])")
    }
    return inputs[0]
  }

  package func output(_ inputs: [Tensor], _ call: LayerCall) throws -> Tensor {
    let x = inputs[0]
    let rows = try reshape(x, to: [x.elementCount / features, features])
    return try reshape(
      layerNorm(rows, gain: call["weight"], bias: call["bias"]), to: Array(x.shape))
  }
}
