import Autodiff
import Catalog
import Layers
import Processes
import Runtime
import Targets
import Tensors

/// BF-CNN: convolutions 3×3 without biases, bias-free norm and ReLU between them, so that the network is
/// homogeneous in evaluation, f(c y) = c f(y) (Mohan et al. 2020; Kadkhodaie et al. 2024, appendix A). The
/// first and the last convolution have no norm. Its output is the noise of a residual model.
package final class BFCNN: Network {
  package struct Options: PictureOptions {
    package var point = PointOptions()
    package var prediction = PredictionOptions("residual")
    package var depth: Count = 21
    package var width: Count = 64
    package var kernel: Count = 3

    package init() {}

    package static let options: [Option<Options>] =
      Option.group(\.point) + Option.group(\.prediction) + [
        Option(
          "depth", \.depth, "convolutions, the receptive field is depth (kernel - 1) + 1",
          in: .atLeast(2)),
        Option("width", \.width, "channels between them", in: .positive),
        Option("kernel", \.kernel, "height and width of each, odd", in: .odd),
      ]
  }

  package static let constructor = "bf_cnn"
  package static let entry = constructorEntry(
    "Bias-free convolutional denoiser of images of any size.",
    source: "Mohan et al. 2020; Kadkhodaie et al. 2024, appendix A and Table 1",
    example: "return nn.bf_cnn{shape = {1, 16, 16}, width = 8, depth = 4, sde = sde.ve(), seed = 1}"
  )
  package static var convention: NetworkConvention { .plain }

  package let options: Options
  package let shape: Shape
  package let parameters: ParameterSet
  private let picture: PictureShape
  private let layers: SequentialLayer

  package init(
    _ options: Options, shape: Shape, seed: Int?, restoring stored: StoredTensors? = nil
  ) throws {
    (self.options, self.shape) = (options, shape)
    picture = try PictureShape(shape)
    // Each layer takes about a thousand bytes beside its weights.
    let weights = try options.width * options.width * options.kernel * options.kernel
    try Memory.request((options.depth * (weights + 256)).value, of: Float.self)
    layers = try BFCNN.layers(options, channels: picture.channels)
    let stream = RandomStream(seed: seed ?? SessionSeed.next(), purpose: .initialization)
    parameters = try ParameterSet(
      sorting: layers.allStarts(stream, path: ""), restoring: stored)
  }

  private static func layers(_ options: Options, channels: Count) throws -> SequentialLayer {
    func convolution(_ inputs: Count, _ outputs: Count) throws -> any Layer {
      try pictureConvolution(inputs, outputs, kernel: options.kernel)
    }
    var layers = [try convolution(channels, options.width)]
    for _ in 0..<options.depth.value - 2 {
      layers.append(try convolution(options.width, options.width))
      layers.append(
        try BiasFreeNormLayer(BiasFreeNormLayer.Options { $0.channels = options.width }))
      layers.append(ReLULayer())
    }
    layers.append(try convolution(options.width, channels))
    return try sequence(layers)
  }

  private init(like other: BFCNN) throws {
    (options, shape, picture, layers) = (other.options, other.shape, other.picture, other.layers)
    parameters = try other.parameters.copied()
  }

  package var isLayered: Bool { true }
  package func copied() throws -> any Network { try BFCNN(like: self) }

  package var summary: String {
    let field = options.depth.value * (options.kernel.value - 1) + 1
    return
      "\(shape), \(options.depth) convolutions of \(options.width) channels, receptive field \(field)"
  }

  package func output(_ x: Tensor, _ level: Tensor?, _ call: NetworkCall) throws -> Tensor {
    try picture.onImages(x) {
      try layers.checkedOutput([$0], LayerCall(call, path: "", name: BFCNN.constructor))
    }
  }
}

extension Domain where Value == Count {
  static var odd: Domain { Domain("a positive odd integer") { $0.value % 2 == 1 } }
}
