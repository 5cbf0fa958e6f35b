import Autodiff
import Catalog
import Layers
import Processes
import Targets
import Tensors

/// F: what a network computes from scaled points and their noise levels. It knows nothing of diffusions; a
/// `Parametrization` says what its input and output mean.
///
/// A new one is a file with its options, parameters and formula, and its line in `NNModule.networks`.
package protocol Network: AnyObject, Configured where Options: NetworkOptions {
  static var entry: Entry { get }
  /// What it takes its input and output for where it predicts one quantity.
  static var convention: NetworkConvention { get }
  /// - Parameters:
  ///   - shape: of what it takes and gives, one point.
  ///   - seed: of the initial weights; the session's next where absent.
  ///   - stored: the values of the parameters, where a file holds them.
  init(_ options: Options, shape: Shape, seed: Int?, restoring stored: StoredTensors?) throws
  var shape: Shape { get }
  /// What it is made of, for printing: `1 → 16 → 1, silu`.
  var summary: String { get }
  var name: String { get }
  /// The Lua functions that it is made of.
  var functions: [Callback] { get }
  var parameters: ParameterSet { get }
  /// How many classes its labels tell apart; nil where it takes none.
  var classes: Int? { get }
  /// F of a batch, in traced operations: gradients flow to `x`, `level` and the parameters of the call.
  ///
  /// - Parameters: `level` of shape [n]; nil where F is blind.
  func output(_ x: Tensor, _ level: Tensor?, _ call: NetworkCall) throws -> Tensor
  /// F divided by a number for each point, shape [n, 1, …], where the network does so anyway.
  func output(
    _ x: Tensor, _ level: Tensor?, _ call: NetworkCall, dividedBy divisors: Tensor
  ) throws -> Tensor
  /// F at one level for rows in raw memory, without gradients, where it is computed row by row; the last
  /// digits may differ. nil elsewhere.
  func rowOutput(at level: Double) -> RowFunction?
  /// F at one level for all rows of [n, d], without gradients, in the element type of `x`; the last digits may
  /// differ. nil where there is no faster way to it than `output`.
  func rows(_ x: Tensor, at level: Double) throws -> Tensor?
  /// F and the trace of its slope row by row, without a trace of the tape; nil where it has no kernel for it.
  func rowTrace() -> RowTrace?
  /// Throws where the score of a model of it cannot be used: a function of the user's own is tried.
  func check(_ score: NetworkScore, _ process: any DiffusionProcess) throws
  /// Gives options from a file the function that no file holds.
  static func setFunction(_ function: Callback?, of options: inout Options)
  /// Parameters, or other tensors in their place, as Lua sees them: by name, or nested.
  func table(of parameters: [Tensor]) -> Value
  /// Whether its output is made of layers, which may be asked for their shapes alone.
  var isLayered: Bool { get }
  /// Whether its output calls Lua, and so runs only on the thread that does.
  var callsLua: Bool { get }
  /// Whether training draws random numbers for it.
  var drawsNumbers: Bool { get }
  /// Whether training may record its output once and replay it, though it calls Lua.
  var replays: Bool { get }
  /// The function of `grad.compile` that its output is, so that training may replay a plan of it.
  var compiledFunction: CompiledFunction? { get }
  /// The loss and gradient of its score in one pass of its own, where it has one.
  func fusedDenoising() throws -> (any FusedDenoising)?
  /// The same network with a copy of the parameters.
  func copied() throws -> any Network
}

/// The options of a network: beside its own, what a data point is and what it predicts.
package protocol NetworkOptions: OptionGroup {
  var point: PointOptions { get set }
  var prediction: PredictionOptions { get set }
  /// The shape of a data point.
  func pointShape() throws -> Shape
}

extension NetworkOptions {
  package func pointShape() throws -> Shape { try point.pointShape() }
}

extension Network {
  package static var convention: NetworkConvention { .level }
  package var name: String { Self.constructor }
  package var functions: [Callback] { [] }
  /// What it was made to predict.
  var usual: PredictionOptions { options.prediction }
  /// What its constructor lets it predict unless told otherwise.
  var usualPrediction: String { Options().prediction.predicts }
  package var classes: Int? { nil }
  package var isLayered: Bool { false }
  package var callsLua: Bool { false }
  /// Whether it is told no level, as it was made.
  var isBlind: Bool { usual.predicts == ResidualParametrization.name }
  package var drawsNumbers: Bool { false }
  package var replays: Bool { !callsLua }
  package var compiledFunction: CompiledFunction? { nil }
  package func fusedDenoising() throws -> (any FusedDenoising)? { nil }
  package static func setFunction(_ function: Callback?, of options: inout Options) {}
  package func check(_ score: NetworkScore, _ process: any DiffusionProcess) throws {}

  package func rowOutput(at level: Double) -> RowFunction? { nil }
  package func rows(_ x: Tensor, at level: Double) throws -> Tensor? { nil }
  package func rowTrace() -> RowTrace? { nil }

  package func output(
    _ x: Tensor, _ level: Tensor?, _ call: NetworkCall, dividedBy divisors: Tensor
  ) throws -> Tensor {
    try output(x, level, call) / divisors
  }

  package func table(of parameters: [Tensor]) -> Value {
    .named(zip(self.parameters.items, parameters).map { ($0.name, .object($1)) })
  }

  /// The entry of a constructor that needs no more than the options and a seed.
  static func constructorEntry(_ summary: String, source: String, example: String) -> Entry {
    .function(
      constructor, summary, .option("sde", default: nil, "the diffusion it belongs to"),
      .group(Options.self),
      .option("seed", default: nil, "of the initial weights; the session's next where absent"),
      returns: "a model; without sde the network alone, for nn.model", source: source,
      example: example
    ) { (sde: SDE?, options: OptionsOf<Options>, seed: Int?) in
      try make(options.values, sde: sde, seed: seed)
    }
  }

  /// A model of a new network, or without a diffusion the network alone.
  static func make(_ options: Options, sde: SDE?, seed: Int?) throws -> OneOf<
    ScoreModel, NetworkObject
  > {
    if let sde { return .first(try model(options, sde: sde, seed: seed)) }
    let shape = try options.pointShape()
    return .second(
      NetworkObject(try Self(options, shape: shape, seed: seed, restoring: nil)))
  }

  /// A model of a new network, or of one whose tensors a file holds.
  package static func model(
    _ options: Options, sde: SDE, seed: Int?, restoring stored: StoredTensors? = nil
  ) throws -> ScoreModel {
    let parametrization = try options.prediction.parametrization(
      shape: options.pointShape(), convention: convention, restoring: stored)
    let network = try Self(
      options, shape: parametrization.networkShape, seed: seed,
      restoring: stored?.without(parametrization.tensors.map(\.name)))
    let score = try NetworkScore(network, parametrization, shape: options.pointShape())
    try network.check(score, sde.process)
    return ScoreModel(score, sde)
  }

  /// A model of this network with another parametrisation.
  func model(_ prediction: PredictionOptions, sde: SDE) throws -> ScoreModel {
    let shape = try options.pointShape()
    let parametrization = try prediction.parametrization(
      shape: shape, convention: Self.convention, restoring: nil)
    guard parametrization.networkShape == self.shape else {
      throw UserError(
        "network must take points of \(parametrization.networkShape) numbers for predicts = "
          + "'\(prediction.predicts)', as many as the data have principal axes, got \(self.shape)")
    }
    let score = NetworkScore(self, parametrization, shape: shape)
    try check(score, sde.process)
    return ScoreModel(score, sde)
  }

  /// The options as fields of Lua and as a file holds them, with another parametrisation in place of the
  /// network's own.
  func optionFields(_ prediction: PredictionOptions) -> [(key: String, value: Value)] {
    options(prediction).fields
  }

  func storedOptions(_ prediction: PredictionOptions) -> Value { options(prediction).stored }

  private func options(_ prediction: PredictionOptions) -> Options {
    var options = options
    options.prediction = prediction
    return options
  }
}
