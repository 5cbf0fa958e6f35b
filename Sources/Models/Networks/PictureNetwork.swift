import Autodiff
import Catalog
import Layers
import Tensors

/// The options of a network for pictures, which must be told their shape.
protocol PictureOptions: NetworkOptions {}

extension PictureOptions {
  package func pointShape() throws -> Shape {
    guard point.shape != nil || point.dimension != nil else {
      throw UserError("shape is required: {channels, height, width} of the pictures")
    }
    return try point.pointShape()
  }
}

/// Channels, height and width of the pictures that a network takes: points of shape {c, h, w}, or {h, w} for those
/// of one channel.
struct PictureShape {
  let channels: Count
  let height: Int
  let width: Int

  init(_ shape: Shape) throws {
    guard shape.rank == 2 || shape.rank == 3 else {
      throw UserError(
        "shape must be {channels, height, width} or {height, width}, got \(shape)")
    }
    channels = shape.rank == 3 ? try Count(shape[0]) : 1
    (height, width) = (shape[shape.rank - 2], shape[shape.rank - 1])
  }

  /// - Throws: unless height and width are multiples of 2^halvings; `power` is what errors call that.
  func requireHalvings(_ halvings: Count, _ power: String) throws {
    let side = halvings.value < 62 ? 1 << halvings.value : Int.max
    guard height % side == 0, width % side == 0 else {
      let number = halvings.value < 62 ? " = \(side)" : ""
      throw UserError(
        "shape must have a height and a width that are multiples of \(power)\(number), which are halved "
          + "\(halvings) time\(halvings == 1 ? "" : "s"), got \(height)×\(width)")
    }
  }

  /// A function of images [n, c, h, w] for points of either shape.
  func onImages(_ x: Tensor, _ body: (Tensor) throws -> Tensor) throws -> Tensor {
    if x.rank == 4 { return try body(x) }
    let images = try reshape(x, to: [x.shape[0], channels.value, height, width])
    return try reshape(body(images), to: Array(x.shape))
  }
}

/// The convolution that image networks are made of, with weights as Kaiming et al. draw them unless told
/// otherwise.
func pictureConvolution(
  _ inputs: Count, _ outputs: Count, kernel: Count = 3,
  _ change: (inout Conv2dLayer.Options) -> Void = { _ in }
) throws -> Conv2dLayer {
  try Conv2dLayer(
    Conv2dLayer.Options {
      ($0.inputs, $0.outputs, $0.kernel, $0.bias) = (inputs, outputs, kernel, false)
      $0.initial = Initializer.kaimingNormal.rawValue
      change(&$0)
    })
}

func linearLayer(
  _ inputs: Count, _ outputs: Count, _ change: (inout LinearLayer.Options) -> Void = { _ in }
) throws -> LinearLayer {
  try LinearLayer(
    LinearLayer.Options {
      ($0.inputs, $0.outputs) = (inputs, outputs)
      change(&$0)
    })
}

/// A group norm of as many groups as divide the channels, up to a number, with so many channels each or more.
func groupNorm(_ channels: Count, most: Int, least: Int = 1) throws -> GroupNormLayer {
  let groups = try Count(
    (1...most).last { channels.value % $0 == 0 && channels.value / $0 >= least } ?? 1)
  return try GroupNormLayer(
    GroupNormLayer.Options { ($0.groups, $0.channels) = (groups, channels) })
}

/// 1 at the class of each point, [n, classes].
func oneHot(_ labels: Tensor, _ classes: Int) throws -> Tensor {
  let oneHot = Written("one_hot", [labels.elementCount, classes], .float32) { inputs, result in
    let out = result.pointer(Float.self)
    out.update(repeating: 0, count: result.elementCount)
    for (row, label) in try inputs[0].doubles().enumerated() {
      out[row * classes + Int(clamping: label)] = 1
    }
  }
  return try evaluate(oneHot, [labels])[0]
}

func sequence(_ layers: [any Layer]) throws -> SequentialLayer {
  try SequentialLayer(SequentialLayer.Options { $0.layers = LayerList(layers) })
}

/// A layer at its place in a network.
struct Placed<L: Layer> {
  let path: String
  let layer: L

  func callAsFunction(_ x: Features, _ call: NetworkCall) throws -> Features {
    try layer.features(of: x, part(call))
  }

  func callAsFunction(_ inputs: Tensor..., to call: NetworkCall) throws -> Tensor {
    try layer.checkedOutput(inputs, part(call))
  }

  private func part(_ call: NetworkCall) -> LayerCall {
    LayerCall(call, path: path, name: L.constructor)
  }
}

extension Placed where L: FeatureNormLayer {
  /// The norm with the activation behind it.
  func callAsFunction(
    _ x: Features, then activation: any FeatureActivation, _ call: NetworkCall
  ) throws -> Features {
    try layer.features(of: x, then: activation, part(call))
  }
}

/// The layers of a network, in the order in which their parameters go.
struct PlacedLayers {
  private var items: [(path: String, layer: any Layer)] = []

  mutating func add<L: Layer>(_ path: String, _ layer: L) -> Placed<L> {
    items.append((path, layer))
    return Placed(path: path, layer: layer)
  }

  func parameters(seed: Int?, restoring stored: StoredTensors?) throws -> ParameterSet {
    let stream = RandomStream(seed: seed ?? SessionSeed.next(), purpose: .initialization)
    return try ParameterSet(
      sorting: items.flatMap { try $0.layer.allStarts(stream, path: $0.path) }, restoring: stored)
  }
}
