import Autodiff
import Catalog
import Processes
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
        Option("name", \.name, "what it is called"),
      ]

    package func check() throws {
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
    returns: "a model; without sde the network alone, for nn.model",
    details: """
      predicts says what the function gives of x and t: the score ∇ ln p_t(x), the noise z, the clean \
      sample x_0, the velocity α′ x_0 + σ′ z of the flow, or v = α z − σ x_0; with edm, gaussian and \
      residual it is the network of that parametrisation. \
      The parameters are copied; `m:parameters()` has the model's own, nested alike. The function is \
      tried at once on a small batch: shape and element type of what it returns, finite values, that \
      each row is treated by itself, in float64 too, and that gradients reach the parameters. Samplers, \
      metrics, `train`, `m:copy` and `m:save` take such a model as any other; `nn.load` needs the \
      function again.
      """,
    example: """
      stream = random.stream(1)
      m = nn.define{name = "linear", dimension = 2, sde = sde.vp(),
        parameters = {w = stream:normal{2, 2}, b = tensor.zeros{2}},
        score = function(p, x, t) return -(x:matmul(p.w) + p.b) end}
      return m(tensor.zeros{5, 2}, 0.5)
      """
  ) { (sde: SDE?, options: OptionsOf<Options>) in
    try make(options.values, sde: sde, seed: nil)
  }

  /// What the function returns is the quantity itself.
  package static var convention: NetworkConvention { .plain }

  package let options: Options
  package let shape: Shape
  package let parameters: ParameterSet
  private let tree: ParameterTree
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
    let given = options.parameters ?? .list([])
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
      try stored.map { try ParameterTree(names: given, tensors: $0) } ?? ParameterTree(given)
    parameters = try ParameterSet(
      tree.items.map { .values($0.name, $0.tensor) }, restoring: stored)
    var options = options
    options.parameters = tree.names
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
    tree = other.tree
    function = other.function
    functionName = other.functionName
    parameters = try other.parameters.copied()
  }

  package func copied() throws -> any Network { try DefinedNetwork(like: self) }

  package func table(of parameters: [Tensor]) -> Value { tree.value(parameters) }

  package func output(_ x: Tensor, _ level: Tensor?, _ call: NetworkCall) throws -> Tensor {
    let (p, name) = (tree.value(call.values), functionName)
    let y =
      switch (level, call.labels) {
      case (let level?, let labels?):
        try function.call(p, x, level, labels, returning: Tensor.self, name: name)
      case (let level?, nil): try function.call(p, x, level, returning: Tensor.self, name: name)
      case (nil, let labels?): try function.call(p, x, labels, returning: Tensor.self, name: name)
      case (nil, nil): try function.call(p, x, returning: Tensor.self, name: name)
      }
    guard y.shape == x.shape, y.dtype.isFloatingPoint else {
      let dtype = y.dtype.isFloatingPoint ? "" : " \(y.dtype.rawValue)"
      throw UserError(
        "\(functionName) must return a tensor of shape \(x.shape), as x, got \(y.shape)\(dtype)")
    }
    return y
  }
}
