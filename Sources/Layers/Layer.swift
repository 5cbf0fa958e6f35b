import Catalog
import Tensors

/// A piece of a network: parameters, and what is computed with them. It holds no numbers itself; a network
/// that is made of layers has one `ParameterSet` for all of them, in which the name of a parameter is the
/// path of its layer and its own: `down.1.weight`.
///
/// A new one is a file with its options, parameters and formula, and its line in `LayerModule.layers`.
package protocol Layer: Configured {
  static var entry: Entry { get }
  /// What it is called with: `["x"]`, or with more behind that.
  static var inputs: [String] { get }
  init(_ options: Options) throws
  /// The layers within it, by the names under which their parameters go.
  var parts: [(name: String, layer: any Layer)] { get }
  /// Its own parameters and buffers with how they start.
  func starts(_ stream: RandomStream) throws -> [ParameterSet.Start]
  /// The shape of a point of the result, for points of these shapes; an error that names the shapes where
  /// they do not fit.
  func shape(of inputs: [Shape]) throws -> Shape
  /// The result for batches of the shapes that `shape(of:)` let pass, in traced operations.
  func output(_ inputs: [Tensor], _ call: LayerCall) throws -> Tensor
  /// Whether it draws random numbers in training.
  var drawsNumbers: Bool { get }
  /// As Lua writes it: `conv2d{1, 64, kernel = 3}`.
  var call: String { get }
  /// What it is, for a line of a table: `conv2d 1→64, 3×3`.
  var brief: String { get }
  /// Multiplications and additions of one point.
  func operations(_ inputs: [Shape], _ result: Shape) -> Double
  /// What it reads of a picture around each place; nil where that is all of it.
  var window: LayerWindow? { get }
}

extension Layer {
  package static var inputs: [String] { ["x"] }
  package var drawsNumbers: Bool { parts.contains { $0.layer.drawsNumbers } }
  package var parts: [(name: String, layer: any Layer)] { [] }
  package func starts(_ stream: RandomStream) throws -> [ParameterSet.Start] { [] }
  package func shape(of inputs: [Shape]) throws -> Shape { inputs[0] }
  package var brief: String { Self.constructor }
  package func operations(_ inputs: [Shape], _ result: Shape) -> Double { 0 }
  package var window: LayerWindow? { .place }

  /// The starts of the layer and of all within it, named by their paths.
  package func allStarts(_ stream: RandomStream, path: String) throws -> [ParameterSet.Start] {
    let own = try starts(stream).map { $0.named(LayerCall.join(path, $0.name)) }
    return try parts.reduce(own) {
      try $0 + $1.layer.allStarts(stream, path: LayerCall.join(path, $1.name))
    }
  }

  /// The layer, where it takes points alone; an error that names it where it takes more.
  package func takingPoints() throws -> any Layer {
    guard Self.inputs.count == 1 else {
      throw UserError(
        "\(Self.constructor) takes \(Self.inputs.joined(separator: ", ")); a layer within another takes points "
          + "alone: call it in forward")
    }
    return self
  }

  /// The result, after a check that the inputs are as many as the layer takes and fit together.
  package func checkedOutput(_ inputs: [Tensor], _ call: LayerCall) throws -> Tensor {
    guard inputs.count == Self.inputs.count else {
      throw UserError(
        "\(call.place) takes \(Self.inputs.joined(separator: ", ")), got \(inputs.count) argument"
          + (inputs.count == 1 ? "" : "s"))
    }
    for (x, name) in zip(inputs, Self.inputs) {
      guard x.rank > 0, x.dtype.isFloatingPoint else {
        throw UserError("\(call.place): \(name) must be a batch of numbers, got \(x.describe())")
      }
      guard x.shape[0] == inputs[0].shape[0] else {
        throw UserError(
          "\(call.place): \(name) has \(x.shape[0]) points, \(Self.inputs[0]) has "
            + "\(inputs[0].shape[0])")
      }
    }
    let result: Shape
    do {
      result = try shape(of: inputs.map { Shape(Array($0.shape.dropFirst())) })
    } catch let error as UserError {
      throw UserError("\(call.place): \(error.message)")
    }
    if let outline = call.call.outline, parts.isEmpty {
      return try outline.note(self, inputs, result, call)
    }
    return try output(inputs, call)
  }
}

/// What a layer computes with: its part of the parameters of a call.
package struct LayerCall {
  package let call: NetworkCall
  /// The path of the layer; empty for the only one of a network.
  package let path: String
  /// What the layer is called in errors.
  private let name: String

  package init(_ call: NetworkCall, path: String, name: String) {
    self.call = call
    self.path = path
    self.name = name
  }

  package static func join(_ path: String, _ name: String) -> String {
    path.isEmpty ? name : name.isEmpty ? path : "\(path).\(name)"
  }

  /// The parameter or buffer of a name.
  package subscript(name: String) -> Tensor { call[LayerCall.join(path, name)] }

  package var isTraining: Bool { call.isTraining }

  /// Says what a buffer is after this step of training.
  package func write(_ name: String, _ value: Tensor) throws {
    try call.write(LayerCall.join(path, name), value)
  }

  /// The call of a layer within it.
  package func part(_ name: String, _ layer: any Layer) -> LayerCall {
    LayerCall(call, path: LayerCall.join(path, name), name: type(of: layer).constructor)
  }

  /// `layer down.1 (conv2d)`, for errors.
  package var place: String { path.isEmpty ? name : "layer \(path) (\(name))" }
}

// MARK: - Shapes

/// Channels, height and width of a point.
package struct ImageShape {
  package let channels: Int
  package let height: Int
  package let width: Int

  /// - Throws: where the points are no images, or have another number of channels than wanted.
  package init(_ shape: Shape, channels: Int? = nil) throws {
    guard shape.rank == 3 else {
      throw UserError("x must have shape [n c h w], got points of shape \(shape)")
    }
    (self.channels, height, width) = (shape[0], shape[1], shape[2])
    if let channels, channels != self.channels {
      throw UserError(
        "x must have \(channels) channel\(channels == 1 ? "" : "s"), got points of shape \(shape)")
    }
  }
}

/// The number of features of a vector.
package func requireFeatures(_ shape: Shape, _ count: Int, _ name: String = "x") throws {
  guard shape.rank == 1, shape[0] == count else {
    throw UserError("\(name) must have shape [n \(count)], got points of shape \(shape)")
  }
}

// MARK: - Entries

extension Layer {
  /// The entry of a layer that is made of its options alone.
  package static func layerEntry(
    _ summary: String, details: String = "", source: String = "", example: String
  ) -> Entry {
    let names = Options.listed
    let order =
      names.isEmpty
      ? "" : "The table may begin with \(names.joined(separator: ", ")), without names. "
    return .function(
      constructor, summary, .group(Options.self), returns: "a layer", details: order + details,
      source: source, example: example
    ) { (options: OptionsOf<Options>) in LayerObject(try Self(options.values)) }
  }
}
