import Autodiff
import Catalog
import Layers
import Processes
import Targets
import Tensors

/// A network made of layers, by `nn.define{layers = …}`: what it computes is one layer, or a function in Lua of
/// the layers, points and times. Training records the function once for each size of batch and replays it.
package final class LayeredNetwork: Network {
  package struct Options: NetworkOptions {
    package var point = PointOptions()
    package var prediction = PredictionOptions("residual")
    package var classes: Count?
    package var forward: Callback?
    package var layers: LayerTable?
    package var name = "custom"

    package init() {}

    package static let options: [Option<Options>] =
      Option.group(\.point) + Option.group(\.prediction) + [
        Option("classes", \.classes, "of the points", in: .positive),
        Option("layers", \.layers, "a layer, or layers in nested tables"),
        Option("name", \.name, "what it is called"),
      ]
  }

  package static let constructor = "layered"
  package static let entry = DefinedNetwork.entry
  package static var convention: NetworkConvention { .plain }

  package let options: Options
  package let shape: Shape
  package let parameters: ParameterSet
  private let layers: LayerTable

  package init(
    _ options: Options, shape: Shape, seed: Int?, restoring stored: StoredTensors? = nil
  ) throws {
    guard let layers = options.layers, !layers.items.isEmpty else {
      throw UserError("layers must not be empty")
    }
    (self.options, self.shape, self.layers) = (options, shape, layers)
    if options.forward == nil {
      guard let layer = layers.single else {
        throw UserError(
          stored == nil
            ? "forward is required where layers are a table"
            : "'\(options.name)' is a model of nn.define, whose function no file holds; give it as "
              + "nn.load(path, {forward = f})")
      }
      try LayeredNetwork.check(layer, options, shape)
    }
    let stream = RandomStream(seed: seed ?? SessionSeed.next(), purpose: .initialization)
    let starts = try layers.items.flatMap { try $0.layer.allStarts(stream, path: $0.path) }
    var paths = Set<String>()
    if let twice = starts.first(where: { !paths.insert($0.name).inserted }) {
      throw UserError("layers must not have two parameters with the path \(twice.name)")
    }
    parameters = try ParameterSet(sorting: starts, restoring: stored)
  }

  /// A layer alone takes points, and times where it has a second input.
  private static func check(_ layer: any Layer, _ options: Options, _ shape: Shape) throws {
    let inputs = type(of: layer).inputs
    guard inputs.count == 1 else {
      throw UserError("forward is required: \(layer.call) takes \(inputs.joined(separator: ", "))")
    }
    guard options.prediction.predicts == "residual" else {
      throw UserError(
        "forward is required where predicts is '\(options.prediction.predicts)': \(type(of: layer).constructor) "
          + "takes no t; predicts = \"residual\" has none")
    }
    let result = try layer.shape(of: [shape])
    guard result == shape else {
      throw UserError("layers give points of shape \(result), expected \(shape)")
    }
  }

  private init(like other: LayeredNetwork) throws {
    (options, shape, layers) = (other.options, other.shape, other.layers)
    parameters = try other.parameters.copied()
  }

  package func copied() throws -> any Network { try LayeredNetwork(like: self) }

  package var name: String { options.name }
  package var summary: String {
    "\(shape.elementCount) → \(layers.single?.call ?? "\(layers.items.count) layers") → \(shape.elementCount)"
  }
  package var classes: Int? { options.classes?.value }
  package var callsLua: Bool { options.forward != nil }
  package var isLayered: Bool { true }
  package var replays: Bool { true }
  package var drawsNumbers: Bool { layers.items.contains { $0.layer.drawsNumbers } }
  package var functions: [Callback] { options.forward.map { [$0] } ?? [] }

  package static func setFunction(_ function: Callback?, of options: inout Options) {
    options.forward = function
  }

  package func check(_ score: NetworkScore, _ process: any DiffusionProcess) throws {
    try FunctionTrial(function: "forward", parameters: parameters, classes: classes)
      .check(score, process)
  }

  package func output(_ x: Tensor, _ level: Tensor?, _ call: NetworkCall) throws -> Tensor {
    let scope = LayerScope()
    defer { scope.close() }
    let y = try forward(x, level.map { try convert($0, to: x.dtype) }, call, scope)
    guard y.shape == x.shape, y.dtype.isFloatingPoint else {
      let dtype = y.dtype.isFloatingPoint ? "" : " \(y.dtype.rawValue)"
      throw UserError(
        "forward must return a tensor of shape \(x.shape), as x, got \(y.shape)\(dtype)")
    }
    return y
  }

  private func forward(
    _ x: Tensor, _ level: Tensor?, _ call: NetworkCall, _ scope: LayerScope
  ) throws -> Tensor {
    func layerCall(_ path: String, _ layer: any Layer) -> LayerCall {
      LayerCall(call, path: path, name: type(of: layer).constructor)
    }
    guard let function = options.forward else {
      guard let layer = layers.single else { return x }
      return try layer.checkedOutput([x], layerCall("", layer))
    }
    let bound = layers.value { path, layer in
      .object(BoundLayer(layer, layerCall(path, layer), scope))
    }
    let more = [x, level, call.labels].compactMap { $0.map { Value.object($0) } }
    let results = try function.callForAll([bound] + more, name: "forward")
    guard case .object(let object)? = results.first, let y = object as? Tensor else {
      throw UserError("forward must return a tensor, got \(results.first?.describe() ?? "nil")")
    }
    return y
  }
}
