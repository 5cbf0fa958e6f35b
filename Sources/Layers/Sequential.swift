import Autodiff
import Catalog
import KernelsBase
import Tensors

/// Layers one after the other. Each takes points alone; convolutions that follow each other run as one operation.
package struct SequentialLayer: FeatureLayer {
  package struct Options: OptionGroup {
    package var layers = LayerList()

    package init() {}

    package static let options: [Option<Options>] = [
      Option(stored: "members", \.layers)
    ]
  }

  package static let constructor = "sequential"
  package static let entry = Entry.function(
    constructor, "Layers one after the other.", .arg("layers", "a list of layers"),
    returns: "a layer",
    details:
      "Its layers have the names 1, 2, … in the paths of parameters; one that stands twice has parameters "
      + "of its own in each place.",
    example: """
      net = nn.sequential{nn.linear{2, 16}, nn.silu(), nn.linear{16, 2}}
      return net(tensor.ones{5, 2})
      """
  ) { (layers: LayerList) in
    LayerObject(try SequentialLayer(Options { $0.layers = layers }))
  }

  package let options: Options
  package let parts: [(name: String, layer: any Layer)]
  /// The same, convolutions that run as one operation together.
  private let pieces: [StackSegment.Piece]

  package init(_ options: Options) throws {
    self.options = options
    guard !options.layers.layers.isEmpty else { throw UserError("layers must not be empty") }
    parts = try options.layers.layers.enumerated().map { ("\($0 + 1)", try $1.takingPoints()) }
    pieces = StackSegment.cut(parts)
  }

  package var call: String { Self.constructor + options.layers.literal }

  package func shape(of inputs: [Shape]) throws -> Shape {
    try parts.reduce(inputs[0]) { shape, part in
      do { return try part.layer.shape(of: [shape]) } catch let error as UserError {
        throw UserError(
          "layer \(part.name) (\(type(of: part.layer).constructor)): \(error.message)")
      }
    }
  }

  package func output(_ inputs: [Tensor], _ call: LayerCall) throws -> Tensor {
    let x = inputs[0]
    if takesFeatures(x, call) {
      return try features(Features(x), call).images()
    }
    return try parts.reduce(x) { x, part in
      try part.layer.checkedOutput([x], call.part(part.name, part.layer))
    }
  }

  /// Whether there is a layer that is worth the change of the layout.
  package var entersFeatures: Bool {
    parts.contains { $0.layer.isWorthFeatures }
  }

  package func features(_ x: Features, _ call: LayerCall) throws -> Features {
    if x.isPlain { return Features(plain: try output([x.images()], call)) }
    var h = x
    var place = 0
    while place < pieces.count {
      defer { place += 1 }
      switch pieces[place] {
      case .stack(let segment): h = try segment.features(h, call)
      case .layer(let name, let layer):
        let part = call.part(name, layer)
        guard let norm = layer as? any FeatureNormLayer else {
          h = try layer.features(of: h, part)
          continue
        }
        var activation = MapActivation.none
        if place + 1 < pieces.count, case .layer(_, let next) = pieces[place + 1],
          let own = next as? any FeatureActivation
        {
          activation = own.mapActivation
          place += 1
        }
        h = try norm.normed(h, activation, part)
      }
    }
    return h
  }
}
