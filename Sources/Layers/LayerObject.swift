import Autodiff
import Catalog
import Tensors

/// A layer as Lua holds it: the type `layer`. A network takes its description and has parameters of its own;
/// called by itself, as a trial at the prompt, it has parameters from the session's next seed.
package final class LayerObject: Callable {
  package static var typeName: String { "layer" }

  package let layer: any Layer
  private var own: ParameterSet?

  package init(_ layer: any Layer) { self.layer = layer }

  package func describe() -> String { "nn.\(layer.call)" }

  private func parameters() throws -> ParameterSet {
    if let own { return own }
    let stream = RandomStream(seed: SessionSeed.next(), purpose: .initialization)
    let made = try ParameterSet(sorting: layer.allStarts(stream, path: ""))
    own = made
    return made
  }

  static let entries: [Entry] = [
    .metamethod(
      LayerObject.self, "__call", "layer(x)",
      "What the layer gives of a batch, in evaluation, with parameters of its own.", .arg("layer"),
      .rest("inputs"), example: "return nn.linear{2, 3}(tensor.ones{5, 2})"
    ) { (object: LayerObject, inputs: Rest<Tensor>) in
      try object.layer.checkedOutput(
        inputs.values,
        LayerCall(
          NetworkCall(object.parameters()), path: "", name: type(of: object.layer).constructor))
    },
    .method(
      LayerObject.self, "parameters", "The layer's own parameters by their paths.",
      returns: "a table of tensors", example: "return nn.linear{2, 3}:parameters().weight"
    ) { (object: LayerObject) -> Value in
      let set = try object.parameters()
      return .named(zip(set.items, set.views).map { ($0.name, .object($1)) })
    },
    .method(
      LayerObject.self, "plan",
      "How a convolution's passes are computed for images of a shape: the way, its chunks and its memory.",
      .arg("shape", "of the images: {n, c, h, w}"), returns: "a string",
      source: "Lavin and Gray 2016",
      example: "return nn.conv2d{64, 64}:plan{8, 64, 80, 80}"
    ) { (object: LayerObject, shape: ShapeArgument) -> String in
      guard let layer = object.layer as? any ConvolutionLayer else {
        throw UserError("layer must be a convolution, got \(object.describe())")
      }
      return try layer.plan(Shape(checking: shape.lengths)).description
    },
  ]
}

/// A layer within a call of a network: what `forward` gets in its table, `l.down(x)`. It computes with the
/// parameters of that call, and with none after it.
package final class BoundLayer: Callable {
  package static var typeName: String { "bound_layer" }

  private let layer: any Layer
  private let call: LayerCall
  private let scope: LayerScope

  package init(_ layer: any Layer, _ call: LayerCall, _ scope: LayerScope) {
    self.layer = layer
    self.call = call
    self.scope = scope
  }

  package func describe() -> String { call.place }

  static let entry = Entry.metamethod(
    BoundLayer.self, "__call", "l.name(x)", "What the layer gives of a batch in this call.",
    .arg("layer"), .rest("inputs")
  ) { (bound: BoundLayer, inputs: Rest<Tensor>) -> Tensor in
    guard bound.scope.isOpen else {
      throw UserError("\(bound.call.place) belongs to a call of its network that is over")
    }
    return try bound.layer.checkedOutput(inputs.values, bound.call)
  }
}

/// The time in which the layers of one call of a network may be used.
package final class LayerScope {
  package private(set) var isOpen = true

  package init() {}

  package func close() { isOpen = false }
}

/// Layers in an option: given as a list, and held by files as their descriptions.
package struct LayerList: Argument {
  package let layers: [any Layer]

  package init(_ layers: [any Layer] = []) { self.layers = layers }

  package static var expectation: String { "a list of layers" }
  package static var luaType: String { "layer[]" }

  package static func read(_ frame: Frame, _ index: Int32) throws -> LayerList {
    LayerList(try [LayerObject].read(frame, index).map(\.layer))
  }

  package var literal: String { "{" + layers.map(\.call).joined(separator: ", ") + "}" }

  package var luaValue: Value { .list(layers.map(LayerFile.value)) }

  package static func restored(_ value: Value) -> LayerList? {
    guard case .list(let items) = value else { return nil }
    let layers = items.compactMap(LayerFile.layer)
    return layers.count == items.count ? LayerList(layers) : nil
  }
}

/// Layers as files hold them: `{"layer": "conv2d", "options": {…}}`.
package enum LayerFile {
  package static func value(_ layer: any Layer) -> Value {
    .named([
      ("layer", .string(type(of: layer).constructor)), ("options", layer.storedOptions),
    ])
  }

  /// Whether a value describes one layer.
  static func isLayer(_ value: Value) -> Bool {
    guard case .map(let pairs) = value, pairs.count == 2, pairs[0].key.text == "layer",
      pairs[1].key.text == "options", case .string = pairs[0].value
    else { return false }
    return true
  }

  package static func layer(_ value: Value) -> (any Layer)? {
    guard case .map(let pairs) = value,
      case .string(let name)? = pairs.first(where: { $0.key.text == "layer" })?.value,
      let type = LayerModule.layers.first(where: { $0.constructor == name })
    else { return nil }
    let options = pairs.first { $0.key.text == "options" }?.value ?? .list([])
    return try? type.restored(options)
  }
}

extension Layer {
  fileprivate var storedOptions: Value { options.stored }

  fileprivate static func restored(_ options: Value) throws -> Self {
    try Self(Options(restoring: options, place: "layer \(constructor)"))
  }
}
