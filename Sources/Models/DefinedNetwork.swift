import Autodiff
import Catalog
import Processes
import Tensors

/// A model of the user's own: its score is a function in Lua of parameters, points and times, and its
/// parameters are the tensors it was given. It stands wherever a network does. Lua runs on one thread, so
/// several of them are trained in turn.
///
/// The function is checked when the model is made (`DefinedNetwork+Checks.swift`).
package final class DefinedNetwork: Network {
  package static let constructor = "define"

  package static let entry = Entry.function(
    constructor, "A model of your own, from a function on batches of points and times.",
    .option("sde", "the diffusion it belongs to"),
    .option("dimension", "d, the length of a data point", in: .positive),
    .option("score", "(p, x [n, d], t [n]) → ∇ ln p_t(x) [n, d], in tensor operations"),
    .option(
      "parameters", default: nil,
      "what training changes: float32 tensors in nested tables, which score gets as p"),
    .option("name", default: "custom", "what it is called"),
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
  ) { (sde: SDE, dimension: Count, score: Callback, parameters: Value?, name: String) in
    let network = try DefinedNetwork(
      name: name, dimension: dimension.value, tree: ParameterTree(parameters ?? .list([])),
      score: score)
    try network.check(sde.process)
    return ScoreModel(network, sde)
  }

  package let name: String
  package let dimension: Int
  package let parameters: ParameterSet
  private let tree: ParameterTree
  private let function: Callback

  package var summary: String { "\(dimension) → \(dimension) in Lua" }
  package var callsLua: Bool { true }
  package var functions: [Callback] { [function] }
  package var compiledScore: CompiledFunction? { function.object as? CompiledFunction }
  package var options: [(key: String, value: Value)] {
    [
      ("name", .string(name)), ("dimension", .integer(dimension)), ("parameters", tree.names),
    ]
  }

  init(
    name: String, dimension: Int, tree: ParameterTree, score: Callback,
    restoring stored: StoredTensors? = nil
  ) throws {
    self.name = name
    self.dimension = dimension
    self.tree = tree
    function = score
    parameters = try ParameterSet(
      tree.items.map { .values($0.name, $0.tensor) }, restoring: stored)
  }

  package convenience init(restoring stored: StoredNetwork) throws {
    let name = try stored.options.string("name")
    guard let score = stored.score else {
      throw UserError(
        "'\(name)' is a model of nn.define, whose function no file holds; give it as "
          + "nn.load(path, {score = f})")
    }
    try self.init(
      name: name, dimension: stored.length("dimension"),
      tree: ParameterTree(names: stored.options.value("parameters"), tensors: stored.tensors),
      score: score, restoring: stored.tensors)
    try check(stored.sde.process)
  }

  private init(like other: DefinedNetwork) throws {
    name = other.name
    dimension = other.dimension
    tree = other.tree
    function = other.function
    parameters = try other.parameters.copied()
  }

  package func copied() throws -> any Network { try DefinedNetwork(like: self) }

  package func table(of parameters: [Tensor]) -> Value { tree.value(parameters) }

  package func score(
    _ x: Tensor, _ t: Tensor, process: any DiffusionProcess, parameters p: [Tensor]
  ) throws -> Tensor {
    let s = try function.call(tree.value(p), x, t, returning: Tensor.self, name: "score")
    guard s.shape == x.shape, s.dtype.isFloatingPoint else {
      let dtype = s.dtype.isFloatingPoint ? "" : " \(s.dtype.rawValue)"
      throw UserError(
        "score must return a tensor of shape \(x.shape), as x, got \(s.shape)\(dtype)")
    }
    return s
  }
}
