import Autodiff
import Catalog
import Layers
import Processes
import Runtime
import Targets
import Tensors

/// The bias-free U-Net of Kadkhodaie et al. 2024 (appendix A and their code), a blind denoiser whose output is the
/// noise. With c = width · 2^(b−1) channels in block b:
///
/// encoder b: convolutions 3×3, bias-free norm, ReLU (the first convolution of the network has no norm); then a
/// mean over 2×2 places;
/// mid: the same with width · 2^blocks channels;
/// decoder b: transposed convolution 2×2 that halves the channels, the result of encoder b behind it, the same
/// convolutions; the last one of decoder 1 is linear and gives the channels of the picture.
package final class UNet: Network {
  package struct Options: PictureOptions {
    package var point = PointOptions()
    package var prediction = PredictionOptions("residual")
    package var blocks: Count = 3
    package var width: Count = 64
    package var convolutions: Count = 2
    package var kernel: Count = 3

    package init() {}

    package static let options: [Option<Options>] =
      Option.group(\.point) + Option.group(\.prediction) + [
        Option(
          "blocks", \.blocks,
          "how often the picture is halved; its height and width are multiples of 2^blocks",
          in: .positive),
        Option("width", \.width, "channels of the first block, doubled in each", in: .positive),
        Option(
          "convolutions", \.convolutions, "in each block of encoder, mid and decoder",
          in: .atLeast(2)),
        Option("kernel", \.kernel, "height and width of each, odd", in: .odd),
      ]
  }

  package static let constructor = "unet"
  package static let entry = constructorEntry(
    "Bias-free U-Net, a blind denoiser of images.",
    source: "Kadkhodaie et al. 2024, appendix A and Table 1; Ronneberger et al. 2015",
    example: "return nn.unet{shape = {1, 16, 16}, blocks = 2, width = 8, sde = sde.ve(), seed = 1}")
  package static var convention: NetworkConvention { .plain }

  package let options: Options
  package let shape: Shape
  package let parameters: ParameterSet
  private let picture: PictureShape
  private let layers: Parts

  /// The layers; blocks from the largest picture to the smallest.
  private struct Parts {
    var all = PlacedLayers()
    var encoder: [Placed<SequentialLayer>] = []
    let mean: Placed<AveragePoolLayer>
    let mid: Placed<SequentialLayer>
    var up: [Placed<ConvTranspose2dLayer>] = []
    var decoder: [Placed<SequentialLayer>] = []

    init(_ options: Options, channels: Count) throws {
      let count = options.blocks.value
      let widths = try (0...count).map { try options.width * Count(1 << $0) }
      for b in 0..<count {
        let (inputs, c) = (b == 0 ? channels : widths[b - 1], widths[b])
        encoder.append(
          all.add("encoder.\(b + 1)", try block(inputs, c, options, plainFirst: b == 0)))
      }
      mean = all.add("mean", try AveragePoolLayer(PoolingOptions()))
      mid = all.add("mid", try block(widths[count - 1], widths[count], options))
      for b in 0..<count {
        let c = widths[b]
        let transposed = try ConvTranspose2dLayer(
          ConvTranspose2dLayer.Options {
            ($0.inputs, $0.outputs, $0.bias) = (widths[b + 1], c, false)
            $0.initial = Initializer.kaimingNormal.rawValue
          })
        up.append(all.add("up.\(b + 1)", transposed))
        decoder.append(
          all.add(
            "decoder.\(b + 1)",
            try block(widths[b + 1], c, options, last: b == 0 ? channels : nil)))
      }
    }
  }

  package init(
    _ options: Options, shape: Shape, seed: Int?, restoring stored: StoredTensors? = nil
  ) throws {
    (self.options, self.shape) = (options, shape)
    picture = try PictureShape(shape)
    try picture.requireHalvings(options.blocks, "2^blocks")
    // The widest convolutions hold most of the weights.
    let widest = try options.width * Count(1 << options.blocks.value)
    let weights = try options.convolutions * widest * widest * options.kernel * options.kernel
    try Memory.request(weights.value, of: Float.self)
    layers = try Parts(options, channels: picture.channels)
    parameters = try layers.all.parameters(seed: seed, restoring: stored)
  }

  private init(like other: UNet) throws {
    (options, shape, picture, layers) = (other.options, other.shape, other.picture, other.layers)
    parameters = try other.parameters.copied()
  }

  package var isLayered: Bool { true }
  package func copied() throws -> any Network { try UNet(like: self) }

  package var summary: String {
    let (least, most) = receptiveField
    let field = least == most ? "\(least)" : "\(least) to \(most)"
    return
      "\(shape), \(options.blocks) blocks from \(options.width) channels, receptive field \(field)"
  }

  /// The least and the most places in a row that an output reads: how many there are depends on where it lies among
  /// those that a mean joins. Table 1 of the paper has the least.
  package var receptiveField: (least: Int, most: Int) {
    let (blocks, reach) = (
      options.blocks.value, options.convolutions.value * (options.kernel.value - 1) / 2
    )
    let widths = (0..<1 << blocks).map { place in
      var (first, last) = (place - reach, place + reach)
      for _ in 0..<blocks { (first, last) = ((first >> 1) - reach, (last >> 1) + reach) }
      for _ in 0..<blocks { (first, last) = (2 * first - reach, 2 * last + 1 + reach) }
      return last - first + 1
    }
    return (widths.min() ?? 1, widths.max() ?? 1)
  }

  package func output(_ x: Tensor, _ level: Tensor?, _ call: NetworkCall) throws -> Tensor {
    try picture.onImages(x) { try denoised($0, call).images() }
  }

  private func denoised(_ x: Tensor, _ call: NetworkCall) throws -> Features {
    var h = try call.features(x)
    var skipped: [Features] = []
    for block in layers.encoder {
      let e = try block(h, call)
      skipped.append(e)
      h = try layers.mean(e, call)
    }
    h = try layers.mid(h, call)
    for (b, skip) in skipped.enumerated().reversed() {
      h = try layers.decoder[b](.joined([layers.up[b](h, call), skip]), call)
    }
    return h
  }
}

/// Convolutions with norm and ReLU.
///
/// - Parameters:
///   - plainFirst: whether the first convolution has no norm.
///   - last: the channels of the last convolution, which is then linear.
private func block(
  _ inputs: Count, _ width: Count, _ options: UNet.Options, plainFirst: Bool = false,
  last: Count? = nil
) throws -> SequentialLayer {
  var layers: [any Layer] = []
  for place in 0..<options.convolutions.value {
    let isLast = place == options.convolutions.value - 1
    layers.append(
      try pictureConvolution(
        place == 0 ? inputs : width, isLast ? last ?? width : width, kernel: options.kernel))
    if isLast, last != nil { break }
    if place > 0 || !plainFirst {
      layers.append(try BiasFreeNormLayer(BiasFreeNormLayer.Options { $0.channels = width }))
    }
    layers.append(ReLULayer())
  }
  return try sequence(layers)
}
