import Autodiff
import Catalog
import Layers
import Processes
import Runtime
import Targets
import Tensors

/// The time-dependent U-Net with attention of Song et al. 2021 (DDPM++) in the form of Karras et al. 2022 (SongUNet of
/// their code), told the noise level c and, where it has classes, a label.
///
/// e = silu(L₁ silu(L₀ γ)), γ = [sin ω_j c, cos ω_j c], ω_j from 1 to 1/10,000, plus √K times a linear map of the class;
/// blocks of two convolutions (`DiffusionBlock`), with a mean over 2×2 places between levels on the way down and a
/// repetition of each pixel on the way up; every result on the way down goes behind one on the way up.
package final class DDPMPP: Network {
  package struct Options: PictureOptions {
    package var point = PointOptions()
    package var prediction = PredictionOptions("edm")
    package var channels: Count = 64
    package var multipliers: [Count] = [1, 2, 2]
    package var blocks: Count = 2
    package var attention: [Count] = [16]
    package var heads: Count = 1
    package var dropout = 0.0
    package var classes: Count?

    package init() {}

    package static let options: [Option<Options>] =
      Option.group(\.point) + Option.group(\.prediction) + [
        Option("channels", \.channels, "of the first level, even", in: .even),
        Option(
          "multipliers", \.multipliers,
          "of channels, one for each level; height and width are halved between them", in: .channels
        ),
        Option("blocks", \.blocks, "in each level on the way down, one more up", in: .positive),
        Option(
          "attention", \.attention,
          "heights of the levels whose blocks have attention; the middle has it always"),
        Option("heads", \.heads, "into which the channels of attention fall", in: .positive),
        Option(
          "dropout", \.dropout, "probability that a number becomes 0 in training",
          in: .within(0.0..<1.0)),
        Option(
          "classes", \.classes, "of the points, which calls and training then name as labels",
          in: .positive),
      ]
  }

  package static let constructor = "ddpmpp"
  package static let entry = constructorEntry(
    "Time-dependent U-Net with attention, of chosen size.",
    source: "Song et al. 2021 (DDPM++); Karras et al. 2022, their SongUNet; Ho et al. 2020",
    example: """
      return nn.ddpmpp{shape = {1, 8, 8}, channels = 8, multipliers = {1, 2}, blocks = 1, attention = {4},
        sigma_data = 0.5, sde = sde.edm(), seed = 1}
      """)

  package let options: Options
  package let shape: Shape
  package let parameters: ParameterSet
  private let picture: PictureShape
  private let layers: Parts

  /// A step of the way down or up: a convolution at its beginning, and blocks.
  private enum Step {
    case convolution(Placed<Conv2dLayer>)
    case block(DiffusionBlock)
  }

  private struct Parts {
    var all = PlacedLayers()
    let waves: Placed<SinusoidalEmbeddingLayer>
    let label: Placed<LinearLayer>?
    let embed: [Placed<LinearLayer>]
    var down: [Step] = []
    var up: [DiffusionBlock] = []
    let norm: Placed<GroupNormLayer>
    let last: Placed<Conv2dLayer>

    /// The names of layers are those of the published code.
    init(_ options: Options, _ picture: PictureShape) throws {
      let features = try options.channels * 4
      func dense(_ inputs: Count, _ outputs: Count) throws -> LinearLayer {
        try linearLayer(inputs, outputs) { $0.initial = Initializer.xavierUniform.rawValue }
      }
      waves = all.add(
        "map_noise",
        try SinusoidalEmbeddingLayer(
          .init { ($0.features, $0.reachesPeriod) = (options.channels, true) }))
      let perClass = try options.classes.map { try dense($0, options.channels) }
      if let perClass {
        label = all.add("map_label", perClass)
      } else {
        label = nil
      }
      embed = [
        all.add("map_layer0", try dense(options.channels, features)),
        all.add("map_layer1", try dense(features, features)),
      ]
      var plan = BlockPlan(options, features: features)
      let widths = try options.multipliers.map { try options.channels * $0 }
      var skips: [Count] = []
      var c = options.channels
      func name(_ level: Int) -> String {
        "\(picture.height >> level)x\(picture.width >> level)"
      }
      for (level, width) in widths.enumerated() {
        plan.hasAttention = false
        if level == 0 {
          let first = try pictureConvolution(picture.channels, c) {
            ($0.bias, $0.initial) = (true, Initializer.xavierUniform.rawValue)
          }
          down.append(.convolution(all.add("enc.\(name(0))_conv", first)))
        } else {
          let block = try plan.block("enc.\(name(level))_down", c, c, &all, resizing: .down)
          down.append(.block(block))
        }
        skips.append(c)
        plan.hasAttention = plan.isListed(picture.height >> level)
        for place in 0..<options.blocks.value {
          let path = "enc.\(name(level))_block\(place)"
          down.append(.block(try plan.block(path, c, width, &all)))
          c = width
          skips.append(c)
        }
      }
      for (level, width) in widths.enumerated().reversed() {
        if level == widths.count - 1 {
          plan.hasAttention = true
          up.append(try plan.block("dec.\(name(level))_in0", c, c, &all))
          plan.hasAttention = false
          up.append(try plan.block("dec.\(name(level))_in1", c, c, &all))
        } else {
          plan.hasAttention = false
          up.append(try plan.block("dec.\(name(level))_up", c, c, &all, resizing: .up))
        }
        for place in 0...options.blocks.value {
          plan.hasAttention =
            place == options.blocks.value && plan.isListed(picture.height >> level)
          let path = "dec.\(name(level))_block\(place)"
          up.append(
            try plan.block(path, c + (skips.popLast() ?? 0), width, &all, joins: true))
          c = width
        }
      }
      norm = all.add("dec.\(name(0))_aux_norm", try groupNorm(c, most: 32, least: 4))
      last = all.add("dec.\(name(0))_aux_conv", try plan.nearZero(c, picture.channels))
    }
  }

  package init(
    _ options: Options, shape: Shape, seed: Int?, restoring stored: StoredTensors? = nil
  ) throws {
    (self.options, self.shape) = (options, shape)
    picture = try PictureShape(shape)
    try picture.requireHalvings(Count(options.multipliers.count - 1), "2^(multipliers - 1)")
    let widest = try options.channels * (options.multipliers.max() ?? 1)
    try Memory.request((options.blocks * 36 * widest * widest).value, of: Float.self)
    layers = try Parts(options, picture)
    parameters = try layers.all.parameters(seed: seed, restoring: stored)
  }

  private init(like other: DDPMPP) throws {
    (options, shape, picture, layers) = (other.options, other.shape, other.picture, other.layers)
    parameters = try other.parameters.copied()
  }

  package var isLayered: Bool { true }
  package func copied() throws -> any Network { try DDPMPP(like: self) }

  package var classes: Int? { options.classes?.value }
  package var drawsNumbers: Bool { options.dropout > 0 }

  package var summary: String {
    let multipliers = options.multipliers.map(\.description).joined(separator: " ")
    let labels = classes.map { ", \($0) classes" } ?? ""
    return "\(shape), \(options.blocks) blocks of \(options.channels) × \(multipliers)\(labels)"
  }

  package func output(_ x: Tensor, _ level: Tensor?, _ call: NetworkCall) throws -> Tensor {
    let e = try embedding(level ?? .zeros([x.shape[0]], x.dtype), call)
    return try picture.onImages(x) { try predicted($0, e, call) }
  }

  private func embedding(_ level: Tensor, _ call: NetworkCall) throws -> Tensor {
    var e = try layers.waves(level, to: call)
    if let label = layers.label, let classes, let labels = call.labels {
      let chosen = try convert(oneHot(labels, classes), to: e.dtype)
      e = try e + label(chosen * Double(classes).squareRoot(), to: call)
    }
    for layer in layers.embed { e = try silu(layer(e, to: call)) }
    return e
  }

  private func predicted(_ x: Tensor, _ e: Tensor, _ call: NetworkCall) throws -> Tensor {
    var h = try call.features(x)
    var skipped: [Features] = []
    for step in layers.down {
      switch step {
      case .convolution(let first): h = try first(h, call).settled()
      case .block(let block): h = try block(h, e, call)
      }
      skipped.append(h)
    }
    for block in layers.up {
      if block.joins, let skip = skipped.popLast() { h = try .joined([h, skip]) }
      h = try block(h, e, call)
    }
    return try layers.last(layers.norm(h, then: SiLULayer(), call), call).images()
  }
}
