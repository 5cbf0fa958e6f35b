import Autodiff
import Catalog
import Processes
import Tensors

/// A model of the user's own: its score is a function in Lua of parameters, points and times, and its
/// parameters are the tensors it was given. It stands wherever a network does. Lua runs on one thread, so
/// several of them are trained in turn, unless the score is a plan of `grad.compile`.
///
/// The function is checked when the model is made (`DefinedNetwork+Checks.swift`).
package final class DefinedNetwork: Network {
  package struct Options: OptionGroup {
    package var dimension: Count?
    package var score: Callback?
    package var forward: Callback?
    package var predicts = "score"
    /// The names of the tensors in their place, once the model is made.
    package var parameters: Value?
    package var name = "custom"

    package init() {}

    package static let options: [Option<Options>] = [
      Option(
        required: "dimension", \.dimension, "d, the length of a data point", in: .positive),
      Option(
        "forward", \.forward,
        "(p, x [n, d], t [n]) → what the model predicts [n, d], in tensor operations"),
      Option(
        "predicts", \.predicts,
        "what forward returns: ∇ ln p_t(x), the noise z, the clean sample x_0, the velocity "
          + "α′ x_0 + σ′ z of the flow, or v = α z − σ x_0",
        in: .oneOf(Parametrization.allCases.map(\.rawValue))),
      Option("score", \.score, "short for forward with predicts = \"score\""),
      Option(
        "parameters", \.parameters,
        "what training changes: float32 tensors in nested tables, which score gets as p"),
      Option("name", \.name, "what it is called"),
    ]

    package func check() throws {
      guard forward == nil || score == nil else {
        throw UserError("give forward or score, not both")
      }
      guard score == nil || predicts == "score" else {
        throw UserError("predicts must be 'score' where score is given; give forward instead")
      }
    }
  }

  package static let constructor = "define"

  package static let entry = Entry.function(
    constructor, "A model of your own, from a function on batches of points and times.",
    .option("sde", "the diffusion it belongs to"), .group(Options.self),
    returns: "a model",
    details: """
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
  ) { (sde: SDE, options: OptionsOf<Options>) in
    ScoreModel(try DefinedNetwork(options.values, sde: sde, seed: nil), sde)
  }

  package let options: Options
  package let dimension: Int
  package let parameters: ParameterSet
  private let tree: ParameterTree
  private let function: Callback
  /// The option it came by, for errors.
  let functionName: String
  package let predicts: Parametrization

  package var name: String { options.name }
  package var summary: String { "\(dimension) → \(dimension) in Lua" }
  package var callsLua: Bool { true }
  package var functions: [Callback] { [function] }
  package var compiledScore: CompiledFunction? { function.object as? CompiledFunction }

  package init(
    _ options: Options, sde: SDE, seed: Int?, restoring stored: StoredTensors? = nil
  ) throws {
    dimension = try options.required(\.dimension, "dimension").value
    let given = options.parameters ?? .list([])
    guard let function = options.forward ?? options.score else {
      throw UserError(
        stored == nil
          ? "score is required: a function; or forward, with predicts"
          : "'\(options.name)' is a model of nn.define, whose function no file holds; give it as "
            + "nn.load(path, {\(options.predicts == "score" ? "score" : "forward") = f})")
    }
    self.function = function
    functionName = options.forward == nil ? "score" : "forward"
    predicts = Parametrization(rawValue: options.predicts) ?? .score
    tree =
      try stored.map { try ParameterTree(names: given, tensors: $0) } ?? ParameterTree(given)
    parameters = try ParameterSet(
      tree.items.map { .values($0.name, $0.tensor) }, restoring: stored)
    var options = options
    options.parameters = tree.names
    self.options = options
    try check(sde.process)
  }

  package static func setFunction(_ function: Callback?, of options: inout Options) {
    if options.predicts == "score" { options.score = function } else { options.forward = function }
  }

  private init(like other: DefinedNetwork) throws {
    options = other.options
    dimension = other.dimension
    tree = other.tree
    function = other.function
    functionName = other.functionName
    predicts = other.predicts
    parameters = try other.parameters.copied()
  }

  package func copied() throws -> any Network { try DefinedNetwork(like: self) }

  package func table(of parameters: [Tensor]) -> Value { tree.value(parameters) }

  package func score(
    _ x: Tensor, _ t: Tensor, process: any DiffusionProcess, parameters p: [Tensor]
  ) throws -> Tensor {
    try predicts.converted(
      prediction(x, t, process: process, parameters: p), to: .score, x, Marginal(process, t))
  }

  package func prediction(
    _ x: Tensor, _ t: Tensor, process: any DiffusionProcess, parameters p: [Tensor]
  ) throws -> Tensor {
    let y = try function.call(tree.value(p), x, t, returning: Tensor.self, name: functionName)
    guard y.shape == x.shape, y.dtype.isFloatingPoint else {
      let dtype = y.dtype.isFloatingPoint ? "" : " \(y.dtype.rawValue)"
      throw UserError(
        "\(functionName) must return a tensor of shape \(x.shape), as x, got \(y.shape)\(dtype)")
    }
    return y
  }
}
