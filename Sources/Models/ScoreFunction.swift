import Autodiff
import Catalog
import Processes
import Tensors

/// s(x, t) ≈ ∇ log p_t(x): a network, or an exact score. What samplers, likelihoods and metrics need.
package protocol ScoreFunction: AnyObject {
  /// The name of the constructor in Lua: `score_mlp`.
  var name: String { get }
  /// What it is made of, for printing: `1 → 16 → 1, silu`.
  var summary: String { get }
  /// d, the length of a data point.
  var dimension: Int { get }
  /// The Lua functions that it is made of.
  var functions: [Callback] { get }
  /// - Parameters: `x` of shape [n, d]; `t` of shape [n], float32 or float64.
  /// - Returns: shape [n, d].
  func score(_ x: Tensor, _ t: Tensor, process: any DiffusionProcess) throws -> Tensor
  /// The score at one time for all rows, without gradients, where there is a faster way to it; the last
  /// digits may differ. nil elsewhere.
  func score(_ x: Tensor, at t: Double, process: any DiffusionProcess) throws -> Tensor?
  /// What it gives directly, from which the rest follows.
  var predicts: Parametrization { get }
  /// That quantity, shape [n, d].
  func prediction(_ x: Tensor, _ t: Tensor, process: any DiffusionProcess) throws -> Tensor
  /// E[x_0 | x_t = x] where there is a better way to it than the score; nil elsewhere.
  func posteriorMean(_ x: Tensor, _ t: Tensor, process: any DiffusionProcess) throws -> Tensor?
}

extension ScoreFunction {
  package func score(_ x: Tensor, at t: Double, process: any DiffusionProcess) throws -> Tensor? {
    nil
  }

  package var predicts: Parametrization { .score }

  package func prediction(_ x: Tensor, _ t: Tensor, process: any DiffusionProcess) throws -> Tensor
  {
    try score(x, t, process: process)
  }

  package func posteriorMean(_ x: Tensor, _ t: Tensor, process: any DiffusionProcess) throws
    -> Tensor?
  { nil }
}

extension ScoreFunction {
  package var functions: [Callback] { [] }
}

/// A score function with parameters that training changes, made by Lua from options.
package protocol Network: ScoreFunction, Configured {
  static var entry: Entry { get }
  /// - Parameters:
  ///   - seed: of the initial weights; the session's next where absent.
  ///   - stored: the values of the parameters, where a file holds them.
  init(_ options: Options, sde: SDE, seed: Int?, restoring stored: StoredTensors?) throws
  /// Gives options from a file the function that no file holds.
  static func setFunction(_ function: Callback?, of options: inout Options)
  var parameters: ParameterSet { get }
  /// The score with other parameters, in traced operations: gradients flow to `x` and `parameters`.
  func score(
    _ x: Tensor, _ t: Tensor, process: any DiffusionProcess, parameters: [Tensor]
  ) throws -> Tensor
  /// What the network gives directly, `predicts`, with other parameters.
  func prediction(
    _ x: Tensor, _ t: Tensor, process: any DiffusionProcess, parameters: [Tensor]
  ) throws -> Tensor
  /// Parameters, or other tensors in their place, as Lua sees them: by name, or nested.
  func table(of parameters: [Tensor]) -> Value
  /// Whether its score calls Lua, and so runs only on the thread that does.
  var callsLua: Bool { get }
  /// The function of `grad.compile` that its score is, so that training may replay a plan of it.
  var compiledScore: CompiledFunction? { get }
  /// Its denoising loss and gradient in one pass of its own, where it has one.
  func fusedDenoising() throws -> (any FusedDenoising)?
  /// The same network with a copy of the parameters.
  func copied() throws -> any Network
}

extension Network {
  /// The entry of a constructor that needs no more than the options and a seed.
  static func constructorEntry(
    _ summary: String, sde: String = "the diffusion it belongs to", source: String,
    example: String
  ) -> Entry {
    .function(
      constructor, summary, .option("sde", sde), .group(Options.self),
      .option("seed", default: nil, "of the initial weights; the session's next where absent"),
      returns: "a model", source: source, example: example
    ) { (sde: SDE, options: OptionsOf<Options>, seed: Int?) in
      ScoreModel(try Self(options.values, sde: sde, seed: seed, restoring: nil), sde)
    }
  }

  package static func setFunction(_ function: Callback?, of options: inout Options) {}

  package var name: String { Self.constructor }
  package var callsLua: Bool { false }
  package var compiledScore: CompiledFunction? { nil }
  package func fusedDenoising() throws -> (any FusedDenoising)? { nil }

  package func table(of parameters: [Tensor]) -> Value {
    .named(zip(self.parameters.items, parameters).map { ($0.name, .object($1)) })
  }

  package func score(_ x: Tensor, _ t: Tensor, process: any DiffusionProcess) throws -> Tensor {
    try score(x, t, process: process, parameters: parameters.views)
  }

  package func prediction(
    _ x: Tensor, _ t: Tensor, process: any DiffusionProcess, parameters: [Tensor]
  ) throws -> Tensor {
    try score(x, t, process: process, parameters: parameters)
  }

  package func prediction(_ x: Tensor, _ t: Tensor, process: any DiffusionProcess) throws -> Tensor
  {
    try prediction(x, t, process: process, parameters: parameters.views)
  }
}
