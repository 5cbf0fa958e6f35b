import Autodiff
import Catalog
import Layers
import Processes
import Targets
import Tensors

/// A network of the user's own: a function in Lua of parameters, points and times, and its parameters are
/// the tensors it was given. Lua runs on one thread, so several of them are trained in turn, unless the
/// function is a plan of `grad.compile`.
///
/// The function is checked when the model is made (`DefinedNetwork+Checks.swift`).
package final class DefinedNetwork: Network {
  package struct Options: NetworkOptions {
    package var point = PointOptions()
    package var prediction = PredictionOptions("score")
    package var classes: Count?
    package var score: Callback?
    package var forward: Callback?
    /// The names of the tensors in their place, once the model is made.
    package var parameters: Value?
    /// Likewise.
    package var buffers: Value?
    package var layers: LayerTable?
    package var name = "custom"

    package init() {}

    package static let options: [Option<Options>] =
      Option.group(\.point) + [
        Option(
          "forward", \.forward,
          "(p, x [n, …], t [n]) → what the model predicts, shaped like x, in tensor operations; edm and "
            + "gaussian give it scaled points and ¼ ln σ/α for t, residual no t; labels [n] come last"
        )
      ] + Option.group(\.prediction) + [
        Option("score", \.score, "short for forward with predicts = \"score\""),
        Option(
          "classes", \.classes, "of the points, which calls and training then name as labels",
          in: .positive),
        Option(
          "parameters", \.parameters,
          "what training changes: float32 tensors in nested tables, which score gets as p"),
        Option(
          "buffers", \.buffers,
          "what training writes without a gradient, as running statistics: float32 tensors by name, which "
            + "forward gets as p.buffers; where p.training is true it returns their new values second"
        ),
        Option(
          "layers", \.layers,
          "a layer, or layers in nested tables, in place of parameters and buffers; forward gets them as its "
            + "first argument, l.name(x), and may be left out where one layer takes points to predictions of "
            + "a residual model"),
        Option("name", \.name, "what it is called"),
      ]

    package func check() throws {
      guard layers == nil || (parameters == nil && buffers == nil && score == nil) else {
        throw UserError(
          "layers take the place of parameters, buffers and score; give forward beside them")
      }
      guard forward == nil || score == nil else {
        throw UserError("give forward or score, not both")
      }
      guard score == nil || prediction.predicts == "score" else {
        throw UserError("predicts must be 'score' where score is given; give forward instead")
      }
    }
  }

  package static let constructor = "define"

  package static let entry = Entry.function(
    constructor, "A model of your own, from a function on batches of points and times.",
    .option("sde", default: nil, "the diffusion it belongs to"), .group(Options.self),
    .option(
      "seed", default: nil, "of the initial weights of layers; the session's next where absent"),
    returns: "a model; without sde the network alone, for nn.model",
    details: """
      predicts says what the function gives of x and t: the score ∇ ln p_t(x), the noise z, the clean \
      sample x_0, the velocity α′ x_0 + σ′ z of the flow, or v = α z − σ x_0; with edm, gaussian and \
      residual it is the network of that parametrisation. \
      The parameters are copied; `m:parameters()` has the model's own, nested alike. The function is \
      tried at once on a small batch: shape and element type of what it returns, finite values, that \
      each row is treated by itself, in float64 too, and that gradients reach the parameters. Samplers, \
      metrics, `train`, `m:copy` and `m:save` take such a model as any other; `nn.load` needs the \
      function again. \
      A forward of layers is recorded once for each size of batch in training and replayed: it must depend \
      on nothing but its arguments.
      """,
    example: """
      stream = random.stream(1)
      m = nn.define{name = "linear", dimension = 2, sde = sde.vp(),
        parameters = {w = stream:normal{2, 2}, b = tensor.zeros{2}},
        score = function(p, x, t) return -(x:matmul(p.w) + p.b) end}
      return m(tensor.zeros{5, 2}, 0.5)
      """
  ) { (sde: SDE?, options: OptionsOf<Options>, seed: Int?) in
    guard let layers = options.layers else { return try make(options.values, sde: sde, seed: nil) }
    let given = options.values
    let own = LayeredNetwork.Options {
      ($0.point, $0.prediction, $0.classes) = (given.point, given.prediction, given.classes)
      ($0.forward, $0.layers, $0.name) = (given.forward, layers, given.name)
    }
    return try LayeredNetwork.make(own, sde: sde, seed: seed)
  }

  /// What the function returns is the quantity itself.
  package static var convention: NetworkConvention { .plain }

  package let options: Options
  package let shape: Shape
  package let parameters: ParameterSet
  private let tree: ParameterTree
  /// The names of the buffers.
  private let buffers: [String]
  private let function: Callback
  /// The option it came by, for errors.
  let functionName: String

  package var name: String { options.name }
  package var summary: String { "\(shape.elementCount) → \(shape.elementCount) in Lua" }
  package var classes: Int? { options.classes?.value }
  package var callsLua: Bool { true }
  package var functions: [Callback] { [function] }
  package var compiledFunction: CompiledFunction? { function.object as? CompiledFunction }

  package init(
    _ options: Options, shape: Shape, seed: Int?, restoring stored: StoredTensors? = nil
  ) throws {
    self.shape = shape
    let names = options.parameters ?? .list([])
    let isScore = options.prediction.predicts == "score"
    guard let function = options.forward ?? options.score else {
      throw UserError(
        stored == nil
          ? "score is required: a function; or forward, with predicts"
          : "'\(options.name)' is a model of nn.define, whose function no file holds; give it as "
            + "nn.load(path, {\(isScore ? "score" : "forward") = f})")
    }
    self.function = function
    functionName = options.forward == nil ? "score" : "forward"
    tree =
      try stored.map { try ParameterTree(names: names, tensors: $0) } ?? ParameterTree(names)
    let given = try DefinedNetwork.buffers(options.buffers ?? .list([]), stored)
    buffers = given.map(\.name)
    parameters = try ParameterSet(
      tree.items.map { .values($0.name, $0.tensor) }
        + given.map { .buffer("buffers." + $0.name, $0.tensor) }, restoring: stored)
    var options = options
    options.parameters = tree.names
    options.buffers = given.isEmpty ? nil : .named(given.map { ($0.name, .string($0.name)) })
    self.options = options
  }

  package static func setFunction(_ function: Callback?, of options: inout Options) {
    if options.prediction.predicts == "score" {
      options.score = function
    } else {
      options.forward = function
    }
  }

  private init(like other: DefinedNetwork) throws {
    (options, shape) = (other.options, other.shape)
    (tree, buffers) = (other.tree, other.buffers)
    function = other.function
    functionName = other.functionName
    parameters = try other.parameters.copied()
  }

  package func copied() throws -> any Network { try DefinedNetwork(like: self) }

  package func table(of parameters: [Tensor]) -> Value {
    let count = tree.items.count
    let own = tree.value(Array(parameters.prefix(count)))
    if buffers.isEmpty { return own }
    let values = zip(buffers, parameters.dropFirst(count)).map { ($0, Value.object($1)) }
    return with(own, [("buffers", .named(values))])
  }

  /// A table of parameters with more beside them.
  private func with(_ table: Value, _ more: [(String, Value)]) -> Value {
    let pairs = more.map { (key: Value.Key($0.0), value: $0.1) }
    switch table {
    case .map(let own): return .map(own + pairs)
    case .list(let items):
      return .map(items.enumerated().map { (key: Value.Key(index: $0 + 1), value: $1) } + pairs)
    default: return .map([(key: Value.Key("p"), value: table)] + pairs)
    }
  }

  /// The buffers by name, from a call or from a file.
  private static func buffers(_ value: Value, _ stored: StoredTensors?) throws
    -> [(name: String, tensor: Tensor)]
  {
    let pairs: [(key: Value.Key, value: Value)]
    switch value {
    case .map(let named): pairs = named
    case .list(let items) where items.isEmpty: pairs = []
    default: throw UserError("buffers must be a table of tensors by name")
    }
    return try pairs.map { key, value in
      if let stored { return (key.text, try stored["buffers." + key.text] ?? .zeros([])) }
      guard case .object(let object) = value, let tensor = object as? Tensor,
        tensor.dtype == .float32
      else {
        throw UserError("buffers.\(key.text) must be a float32 tensor, got \(value.describe())")
      }
      return (key.text, try tensor.constant("buffers.\(key.text)"))
    }
  }

  package func output(_ x: Tensor, _ level: Tensor?, _ call: NetworkCall) throws -> Tensor {
    // Levels of a training step are float64, and a function that mixes them with points must not become so.
    let level = try level.map { try convert($0, to: x.dtype) }
    let y = buffers.isEmpty ? try value(x, level, call) : try valueAndBuffers(x, level, call)
    guard y.shape == x.shape, y.dtype.isFloatingPoint else {
      let dtype = y.dtype.isFloatingPoint ? "" : " \(y.dtype.rawValue)"
      throw UserError(
        "\(functionName) must return a tensor of shape \(x.shape), as x, got \(y.shape)\(dtype)")
    }
    return y
  }

  private func value(_ x: Tensor, _ level: Tensor?, _ call: NetworkCall) throws -> Tensor {
    let (p, name) = (tree.value(call.values), functionName)
    switch (level, call.labels) {
    case (let level?, let labels?):
      return try function.call(p, x, level, labels, returning: Tensor.self, name: name)
    case (let level?, nil):
      return try function.call(p, x, level, returning: Tensor.self, name: name)
    case (nil, let labels?):
      return try function.call(p, x, labels, returning: Tensor.self, name: name)
    case (nil, nil): return try function.call(p, x, returning: Tensor.self, name: name)
    }
  }

  /// A function with buffers returns their new values second while it is trained.
  private func valueAndBuffers(_ x: Tensor, _ level: Tensor?, _ call: NetworkCall) throws -> Tensor
  {
    let p = with(table(of: call.values), [("training", .boolean(call.isTraining))])
    let more = [level, call.labels].compactMap { $0.map { Value.object($0) } }
    let results = try function.callForAll([p, .object(x)] + more, name: functionName)
    guard case .object(let object)? = results.first, let y = object as? Tensor else {
      throw UserError(
        "\(functionName) must return a tensor, got \(results.first?.describe() ?? "nil")")
    }
    guard call.isTraining else { return y }
    guard results.count > 1, case .map(let pairs) = results[1] else {
      throw UserError(
        "\(functionName) must return a table of buffers second where p.training is true")
    }
    for (key, value) in pairs {
      guard buffers.contains(key.text) else {
        throw UserError(unknownName("buffer", key.text, known: buffers))
      }
      guard case .object(let object) = value, let tensor = object as? Tensor else {
        throw UserError("the buffer \(key.text) must be a tensor, got \(value.describe())")
      }
      try call.write("buffers." + key.text, tensor)
    }
    return y
  }
}
