import Catalog
import Models
import Processes
import Tensors

/// What training makes small, chosen by its name: `loss.denoising{weight = "min_snr"}`.
///
/// All that compare scores are of one size: (1/n) Σ wᵢ σᵢ² ‖s(x_tᵢ, tᵢ) − ∇ log p_t(x_tᵢ)‖² up to a constant, in
/// expectation, with w of `NoiseWeights`. A new one is a file with its options and objective, and its line in
/// `LossModule.losses`.
package protocol Loss: Configured {
  static var entry: Entry { get }
  init(_ options: Options) throws
  /// Throws where a model or its batches cannot be trained by it.
  func check(_ setting: LossSetting) throws
  /// The weights w of a block of examples, shape [n], float32; nil where all are 1.
  func weights(of examples: ExampleTimes, _ setting: LossSetting) throws -> Tensor?
  /// Whether the option `weight` of `train`, λ(t) on the squared error of the score, may stand in place of these.
  var takesScoreWeight: Bool { get }
  /// Random vectors for each example, where it needs some.
  var probes: Probes? { get }
  func objective(_ setting: LossSetting) throws -> any Objective
  /// The Lua functions within it.
  var functions: [Callback] { get }
}

extension Loss {
  package var takesScoreWeight: Bool { true }
  package var probes: Probes? { nil }
  package var functions: [Callback] { [] }

  static func constructorEntry(
    _ summary: String, details: String = "", source: String, example: String
  ) -> Entry {
    .function(
      constructor, summary, .group(Options.self), returns: "a loss, for train", details: details,
      source: source, example: example
    ) { (options: OptionsOf<Options>) in TrainingLoss(try Self(options.values)) }
  }
}

/// What is to be trained: the model, and what its batches are.
package struct LossSetting {
  package let score: NetworkScore
  package let sde: SDE
  /// Rows of a whole batch.
  package let rows: Int
  package let isLabelled: Bool

  package init(_ score: NetworkScore, _ sde: SDE, rows: Int, isLabelled: Bool = false) {
    (self.score, self.sde, self.rows, self.isLabelled) = (score, sde, rows, isLabelled)
  }

  var process: any DiffusionProcess { sde.process }

  /// Throws where the model gives a velocity and no score.
  func requireScore() throws {
    guard score.givesVelocityOnly else { return }
    throw UserError(
      "the loss needs a score, and a model that predicts '\(score.predicts)' gives its velocity only; use "
        + "loss.flow_matching{}")
  }
}

/// Times of examples, with α and σ there, each of shape [n].
package struct ExampleTimes {
  package let t: Tensor
  package let alpha: Tensor
  package let sigma: Tensor

  package init(t: Tensor, alpha: Tensor, sigma: Tensor) {
    (self.t, self.alpha, self.sigma) = (t, alpha, sigma)
  }
}

/// Random vectors v with E[v vᵀ] = I, `count` for each example, each of the dimension of a point.
package struct Probes {
  package enum Law: String, CaseIterable { case rademacher, gaussian }
  package let count: Int
  package let law: Law
}

/// A loss as Lua holds it.
package final class TrainingLoss: FunctionHolder, HoldsOptions, StoredChoice {
  package static var typeName: String { "loss" }
  package let loss: any Loss

  package init(_ loss: any Loss) { self.loss = loss }

  package var functions: [Callback] { loss.functions }
  package var optionFields: [(key: String, value: Value)] { loss.options.fields }
  package func describe() -> String { "loss.\(loss.call)" }
  package var choice: any Configured { loss }
}

/// An object among the options of a run that a file holds by its name and options.
package protocol StoredChoice: Object {
  var choice: any Configured { get }
}

extension StoredChoice {
  /// The name of the constructor in Lua.
  package var name: String { type(of: choice).constructor }
  package var storedOptions: Value { choice.options.stored }
  /// Whether these options are all there are: neither a function nor a model is among them.
  package var isWhole: Bool { choice.options.fields.allSatisfy { $0.value.isPlain } }
}
