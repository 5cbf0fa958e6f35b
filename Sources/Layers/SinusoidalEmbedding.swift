import Autodiff
import Catalog
import Glibc
import Runtime
import Tensors

/// sin ω_j t and cos ω_j t with ω_j from 1 down to 1/period in geometric progression (Vaswani et al. 2017);
/// `scale` multiplies t, which is 1,000 for times from 0 to 1.
package struct SinusoidalEmbeddingLayer: Layer {
  package struct Options: OptionGroup {
    package var features: Count?
    package var period = 10_000.0
    package var scale = 1.0
    package var reachesPeriod = false

    package init() {}

    package static let options: [Option<Options>] = [
      Option(required: "features", \.features, "length of the result, even", in: .even).listed,
      Option("period", \.period, "the longest, over 2π", in: .positive),
      Option("scale", \.scale, "times t", in: .positive),
      Option(
        "endpoint", \.reachesPeriod, "whether the last frequency is 1/period itself, as in EDM"),
    ]
  }

  package static let constructor = "sinusoidal_embedding"
  package static let entry = layerEntry(
    "Sines and cosines of times, of frequencies in geometric progression.",
    source: "Vaswani et al. 2017; Ho et al. 2020",
    example: "return nn.sinusoidal_embedding{8, scale = 1000}(tensor{0.1, 0.5})")
  package static let inputs = ["t"]

  package let options: Options
  private let features: Int

  package init(_ options: Options) throws {
    self.options = options
    features = try options.required(\.features, "features").value
  }

  package func shape(of inputs: [Shape]) throws -> Shape { try embedded(inputs[0], features) }

  package func output(_ inputs: [Tensor], _ call: LayerCall) throws -> Tensor {
    let pairs = features / 2
    // The array, its tensor and a copy of another type.
    try Memory.request(3 * pairs, of: Double.self)
    let steps = options.reachesPeriod ? pairs - 1 : pairs
    let rates = (0..<pairs).map {
      options.scale * pow(options.period, -Double($0) / Double(max(steps, 1))) / (2 * .pi)
    }
    let dtype: DType = inputs[0].dtype == .float64 ? .float64 : .float32
    return try fourierFeatures(inputs[0], Tensor(rates).converted(to: dtype))
  }
}
