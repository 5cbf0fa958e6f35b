import Autodiff
import Catalog
import Tensors

/// sin 2πω_j t and cos 2πω_j t with random ω_j ~ scale · N(0, 1) that training leaves alone (Tancik et al.
/// 2020; Song et al. 2021).
package struct FourierEmbeddingLayer: Layer {
  package struct Options: OptionGroup {
    package var features: Count?
    package var scale = 30.0

    package init() {}

    package static let options: [Option<Options>] = [
      Option(required: "features", \.features, "length of the result, even", in: .even).listed,
      Option("scale", \.scale, "standard deviation of the frequencies", in: .positive),
    ]
  }

  package static let constructor = "fourier_embedding"
  package static let entry = layerEntry(
    "Sines and cosines of times, of random frequencies.",
    source: "Tancik et al. 2020; Song et al. 2021",
    example: "return nn.fourier_embedding{8}(tensor{0.1, 0.5})")
  package static let inputs = ["t"]

  package let options: Options
  private let features: Int

  package init(_ options: Options) throws {
    self.options = options
    features = try options.required(\.features, "features").value
  }

  package func starts(_ stream: RandomStream) throws -> [ParameterSet.Start] {
    [
      .frozen("frequencies", [features / 2]) {
        try stream.normal([features / 2]) * options.scale
      }
    ]
  }

  package func shape(of inputs: [Shape]) throws -> Shape { try embedded(inputs[0], features) }

  package func output(_ inputs: [Tensor], _ call: LayerCall) throws -> Tensor {
    try fourierFeatures(inputs[0], call["frequencies"])
  }
}

/// [n] → [n, features].
func embedded(_ shape: Shape, _ features: Int) throws -> Shape {
  guard shape.rank == 0 else {
    throw UserError("t must have shape [n], got points of shape \(shape)")
  }
  return [features]
}
