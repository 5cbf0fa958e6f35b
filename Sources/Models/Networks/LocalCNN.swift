import Autodiff
import Catalog
import Layers
import Processes
import Runtime
import Targets
import Tensors

/// A residual convolutional network of a small receptive field (MinimalResNet of Kamb and Ganguli 2025), told the
/// noise level c and, where it has classes, a label:
///
/// h ← conv(x);  h ← h + relu(conv(h + e_i)) for each layer i;  F = conv(h + e),
/// e_i = relu(GN(L_i γ)), γ = [sin ω_j c, cos ω_j c], ω_j from 1 to 1/10,000, plus the label's row of a table.
///
/// Every output reads (layers + 2)(kernel − 1) + 1 places in a row: 17 by default.
package final class LocalCNN: Network {
  package struct Options: PictureOptions {
    package var point = PointOptions()
    package var prediction = PredictionOptions("noise")
    package var width: Count = 128
    package var layers: Count = 6
    package var kernel: Count = 3
    package var paddingMode = ConvolutionOptions.PaddingMode.zero.rawValue
    package var isNormalized = false
    package var classes: Count?

    package init() {}

    package static let options: [Option<Options>] =
      Option.group(\.point) + Option.group(\.prediction) + [
        Option("width", \.width, "channels, even", in: .even),
        Option("layers", \.layers, "residual layers between the first and the last convolution"),
        Option("kernel", \.kernel, "height and width of each, odd", in: .odd),
        Option(
          "padding_mode", \.paddingMode, "what stands around the picture",
          in: .oneOf(ConvolutionOptions.PaddingMode.allCases.map(\.rawValue))),
        Option(
          "norm", \.isNormalized,
          "whether there is a group norm behind each convolution; it reads the whole picture"),
        Option(
          "classes", \.classes, "of the points, which calls and training then name as labels",
          in: .positive),
      ]
  }

  package static let constructor = "local_cnn"
  package static let entry = constructorEntry(
    "Residual convolutional network that sees each pixel's neighbourhood alone.",
    source: "Kamb and Ganguli 2025; He et al. 2016",
    example: """
      return nn.local_cnn{shape = {1, 8, 8}, width = 8, layers = 2, sde = sde.vp(), seed = 1}
      """)

  package let options: Options
  package let shape: Shape
  package let parameters: ParameterSet
  private let picture: PictureShape
  private let layers: Parts

  private struct Parts {
    var all = PlacedLayers()
    let waves: Placed<SinusoidalEmbeddingLayer>
    let label: Placed<LinearLayer>?
    let first: Placed<Conv2dLayer>
    var embeddings: [(linear: Placed<LinearLayer>, norm: Placed<GroupNormLayer>)] = []
    var convolutions: [Placed<Conv2dLayer>] = []
    var norms: [Placed<GroupNormLayer>] = []
    let last: Placed<Conv2dLayer>

    init(_ options: Options, _ picture: PictureShape) throws {
      let width = options.width
      func convolution(_ inputs: Count, _ outputs: Count) throws -> Conv2dLayer {
        try Conv2dLayer(
          .init {
            ($0.inputs, $0.outputs, $0.kernel) = (inputs, outputs, options.kernel)
            $0.paddingMode = options.paddingMode
          })
      }
      func norm() throws -> GroupNormLayer { try groupNorm(width, most: 8, least: 4) }
      waves = all.add(
        "waves",
        try SinusoidalEmbeddingLayer(.init { ($0.features, $0.reachesPeriod) = (width, true) }))
      if let classes = options.classes {
        let rows = try linearLayer(classes, width) {
          ($0.bias, $0.initial) = (false, Initializer.normal.rawValue)
        }
        label = all.add("label", rows)
      } else {
        label = nil
      }
      first = all.add("first", try convolution(picture.channels, width))
      for place in 1...options.layers.value + 1 {
        embeddings.append(
          (
            all.add("embedding.\(place)", try linearLayer(width, width)),
            all.add("embedding_norm.\(place)", try norm())
          ))
        if place > options.layers.value { break }
        convolutions.append(all.add("convolution.\(place)", try convolution(width, width)))
        if options.isNormalized { norms.append(all.add("norm.\(place)", try norm())) }
      }
      if options.isNormalized { norms.append(all.add("last_norm", try norm())) }
      last = all.add("last", try convolution(width, picture.channels))
    }
  }

  package init(
    _ options: Options, shape: Shape, seed: Int?, restoring stored: StoredTensors? = nil
  ) throws {
    (self.options, self.shape) = (options, shape)
    picture = try PictureShape(shape)
    let weights = try options.width * options.width * (options.kernel * options.kernel + 1)
    try Memory.request(((options.layers + 1) * (weights + 1024)).value, of: Float.self)
    layers = try Parts(options, picture)
    parameters = try layers.all.parameters(seed: seed, restoring: stored)
  }

  private init(like other: LocalCNN) throws {
    (options, shape, picture, layers) = (other.options, other.shape, other.picture, other.layers)
    parameters = try other.parameters.copied()
  }

  package var isLayered: Bool { true }
  package func copied() throws -> any Network { try LocalCNN(like: self) }

  package var classes: Int? { options.classes?.value }

  package var summary: String {
    let field = (options.layers.value + 2) * (options.kernel.value - 1) + 1
    let sees = options.isNormalized ? "" : ", receptive field \(field)"
    let labels = classes.map { ", \($0) classes" } ?? ""
    return "\(shape), \(options.layers) layers of \(options.width) channels\(sees)\(labels)"
  }

  package func output(_ x: Tensor, _ level: Tensor?, _ call: NetworkCall) throws -> Tensor {
    let features = try features(level, x, call)
    return try picture.onImages(x) { try residual($0, features, call) }
  }

  /// γ, [n, width].
  private func features(_ level: Tensor?, _ x: Tensor, _ call: NetworkCall) throws -> Tensor {
    let waves = try layers.waves(level ?? .zeros([x.shape[0]], x.dtype), to: call)
    guard let label = layers.label, let classes, let labels = call.labels else { return waves }
    let chosen = try convert(oneHot(labels, classes), to: waves.dtype)
    return try waves + label(chosen, to: call)
  }

  private func residual(_ x: Tensor, _ features: Tensor, _ call: NetworkCall) throws -> Tensor {
    func embedding(_ place: Int) throws -> Tensor {
      let (linear, norm) = layers.embeddings[place]
      return try relu(norm(linear(features, to: call), to: call))
    }
    var h = try layers.first(call.features(x), call).settled()
    for (place, convolution) in layers.convolutions.enumerated() {
      let delta = try convolution(h.shifted(by: embedding(place)), call)
      let rectified =
        options.isNormalized
        ? try layers.norms[place](delta, then: ReLULayer(), call)
        : try ReLULayer().features(of: delta, LayerCall(call, path: "", name: "relu"))
      h = try h + rectified
    }
    h = try h.shifted(by: embedding(layers.convolutions.count))
    if options.isNormalized, let norm = layers.norms.last { h = try norm(h, call) }
    return try layers.last(h, call).images()
  }
}
