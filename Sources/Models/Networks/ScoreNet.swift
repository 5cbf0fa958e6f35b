import Autodiff
import Catalog
import Layers
import Processes
import Runtime
import Targets
import Tensors

/// The time-dependent U-Net of the tutorial of Song et al. 2021, for pictures of 28×28: convolutions 3×3 without padding,
/// the first with stride 1, the others with stride 2; group norm and swish behind each, and a bias for each channel
/// before the norm that is linear in features of t,
///
/// e = swish(L γ(t)), γ(t) = [sin 2πω t, cos 2πω t], ω ~ scale · N(0, 1), frozen;
///
/// transposed convolutions back, each with the result of its size behind it. Its output is σ(t) s.
package final class ScoreNet: Network {
  package struct Options: PictureOptions {
    package var point = PointOptions()
    package var prediction = PredictionOptions()
    package var channels: [Count] = [32, 64, 128, 256]
    package var embedding: Count = 256
    package var scale = 30.0

    package init() {}

    package static let options: [Option<Options>] =
      Option.group(\.point) + Option.group(\.prediction) + [
        Option(
          "channels", \.channels, "of each convolution from the largest picture to the smallest",
          in: .channels),
        Option("embedding", \.embedding, "length of the features of t, even", in: .even),
        Option("scale", \.scale, "standard deviation of their frequencies", in: .positive),
      ]
  }

  package static let constructor = "score_net"
  package static let entry = constructorEntry(
    "Time-dependent U-Net with group norm, the score network of the tutorial of Song et al.",
    source: "Song et al. 2021 (tutorial); Wu and He 2018; Tancik et al. 2020",
    example: """
      return nn.score_net{shape = {1, 17, 17}, channels = {4, 8, 8, 8}, embedding = 16, sde = sde.ve_power{},
        seed = 1}
      """)
  package static var convention: NetworkConvention { .time }

  package let options: Options
  package let shape: Shape
  package let parameters: ParameterSet
  private let picture: PictureShape
  private let layers: Parts

  /// A convolution with the bias of the time and the norm behind it.
  private struct Step<Convolution: FeatureLayer> {
    let convolution: Placed<Convolution>
    let bias: Placed<LinearLayer>
    let norm: Placed<GroupNormLayer>

    func callAsFunction(_ x: Features, _ e: Tensor, _ call: NetworkCall) throws -> Features {
      let h = try convolution(x, call).shifted(by: bias(e, to: call))
      return try norm(h, then: SiLULayer(), call)
    }
  }

  private struct Parts {
    var all = PlacedLayers()
    let waves: Placed<FourierEmbeddingLayer>
    let embed: Placed<LinearLayer>
    var down: [Step<Conv2dLayer>] = []
    var up: [Step<ConvTranspose2dLayer>] = []
    let last: Placed<ConvTranspose2dLayer>

    /// The names of layers are those of the tutorial.
    init(_ options: Options, _ picture: PictureShape) throws {
      let (c, features) = (options.channels, options.embedding)
      waves = all.add(
        "embed.1",
        try FourierEmbeddingLayer(.init { ($0.features, $0.scale) = (features, options.scale) }))
      embed = all.add("embed.2", try linearLayer(features, features))
      let sizes = try ScoreNet.sizes(picture, convolutions: c.count)
      for i in c.indices {
        let convolution = try Conv2dLayer(
          .init {
            ($0.inputs, $0.outputs) = (i == 0 ? picture.channels : c[i - 1], c[i])
            ($0.stride, $0.padding, $0.bias) = (i == 0 ? 1 : 2, 0, false)
          })
        down.append(
          Step(
            convolution: all.add("conv\(i + 1)", convolution),
            bias: all.add("dense\(i + 1)", try linearLayer(features, c[i])),
            norm: all.add("gnorm\(i + 1)", try norm(c[i], most: i == 0 ? 4 : 32))))
      }
      for i in c.indices.dropFirst().reversed() {
        let inputs = i == c.count - 1 ? c[i] : try c[i] * 2
        var convolution = try transposed(inputs, c[i - 1], stride: 2, bias: false)
        convolution.outputPadding = (
          sizes[i - 1].height - 2 * sizes[i].height - 1, sizes[i - 1].width - 2 * sizes[i].width - 1
        )
        up.append(
          Step(
            convolution: all.add("tconv\(i + 1)", convolution),
            bias: all.add("dense\(2 * c.count - i)", try linearLayer(features, c[i - 1])),
            norm: all.add("tgnorm\(i + 1)", try norm(c[i - 1], most: 32))))
      }
      // Of one convolution nothing is skipped.
      let inputs = c.count == 1 ? c[0] : try c[0] * 2
      last = all.add("tconv1", try transposed(inputs, picture.channels, stride: 1, bias: true))
    }
  }

  /// Height and width behind each convolution.
  private static func sizes(_ picture: PictureShape, convolutions: Int) throws -> [(
    height: Int, width: Int
  )] {
    func next(_ size: Int) -> Int { size < 3 ? 0 : (size - 3) / 2 + 1 }
    var sizes = [(height: picture.height - 2, width: picture.width - 2)]
    for _ in 1..<max(convolutions, 1) {
      let last = sizes[sizes.count - 1]
      sizes.append((next(last.height), next(last.width)))
    }
    guard let smallest = sizes.last, min(smallest.height, smallest.width) >= 1 else {
      let least = (1..<max(convolutions, 1)).reduce(1) { size, _ in 2 * size + 1 } + 2
      throw UserError(
        "shape must have a height and a width of \(least) or more for \(convolutions) convolutions, "
          + "got \(picture.height)×\(picture.width)")
    }
    return sizes
  }

  package init(
    _ options: Options, shape: Shape, seed: Int?, restoring stored: StoredTensors? = nil
  ) throws {
    (self.options, self.shape) = (options, shape)
    picture = try PictureShape(shape)
    let widest = options.channels.max() ?? 1
    try Memory.request((18 * widest * widest).value, of: Float.self)
    layers = try Parts(options, picture)
    parameters = try layers.all.parameters(seed: seed, restoring: stored)
  }

  private init(like other: ScoreNet) throws {
    (options, shape, picture, layers) = (other.options, other.shape, other.picture, other.layers)
    parameters = try other.parameters.copied()
  }

  package var isLayered: Bool { true }
  package func copied() throws -> any Network { try ScoreNet(like: self) }

  package var summary: String {
    "\(shape), channels \(options.channels.map(\.description).joined(separator: " "))"
  }

  package func output(_ x: Tensor, _ level: Tensor?, _ call: NetworkCall) throws -> Tensor {
    let times = try level ?? .zeros([x.shape[0]], x.dtype)
    return try picture.onImages(x) { try scaledScore($0, times, call) }
  }

  private func scaledScore(_ x: Tensor, _ t: Tensor, _ call: NetworkCall) throws -> Tensor {
    let waves = try layers.waves(t, to: call)
    let e = try silu(layers.embed(waves, to: call))
    var h = try call.features(x)
    var skipped: [Features] = []
    for step in layers.down {
      h = try step(h, e, call)
      skipped.append(h)
    }
    skipped.removeLast()
    for step in layers.up {
      h = try step(h, e, call)
      if let skip = skipped.popLast() { h = try .joined([h, skip]) }
    }
    return try layers.last(h, call).images()
  }
}

/// 32 groups, as published, where there are so many channels; of fewer, groups of four or more, since a group of one
/// channel takes away the bias of the time.
private func norm(_ channels: Count, most: Int) throws -> GroupNormLayer {
  try groupNorm(channels, most: most, least: channels < 32 ? 4 : 1)
}

private func transposed(_ inputs: Count, _ outputs: Count, stride: Count, bias: Bool) throws
  -> ConvTranspose2dLayer
{
  try ConvTranspose2dLayer(
    .init {
      ($0.inputs, $0.outputs, $0.kernel) = (inputs, outputs, 3)
      ($0.stride, $0.bias) = (stride, bias)
    })
}

extension Domain where Value == [Count] {
  /// Numbers of channels from convolution to convolution.
  static var channels: Domain {
    Domain("a list of one positive integer or more") { list in
      !list.isEmpty && list.allSatisfy { $0 > 0 }
    }
  }
}
