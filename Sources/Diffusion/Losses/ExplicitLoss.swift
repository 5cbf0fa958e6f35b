import Autodiff
import Catalog
import Models
import Tensors

/// Explicit score matching, regression on a score that is known: (1/n) Σ wᵢ σᵢ² ‖s(x_tᵢ, tᵢ) − s*(x_tᵢ, tᵢ)‖².
///
/// Hyvärinen 2005, Eq. 2; Li et al. 2023, Eq. 7. It is denoising score matching with the noise replaced by its mean
/// given x_t, E[z | x_t] = −σ s*, so its gradient is that of denoising score matching without the noise's own
/// share of the variance.
package struct ExplicitLoss: Loss {
  package struct Options: OptionGroup {
    package var score: ScoreModel?
    package var weights = NoiseWeights()
    package init() {}
    package static let options: [Option<Options>] =
      [Option(required: "score", \.score, "the score to learn: an exact one, or another model")]
      + Option.group(\.weights)
  }

  package static let constructor = "explicit"
  package static let entry = constructorEntry(
    "Explicit score matching: regression on a score that is known.",
    source: "Hyvärinen 2005, Eq. 2; Li et al. 2023, Eq. 7",
    example: """
      mix = target.gaussian_mixture{means = {-3, 3}}
      m = nn.score_mlp{sde = sde.vp(), seed = 1}
      exact = loss.explicit{score = mix:model(m.sde)}
      return train(m, mix:sample(100, {seed = 1}), {steps = 20, seed = 1, loss = exact})
      """)

  package let options: Options
  private let known: ScoreModel

  package init(_ options: Options) throws {
    self.options = options
    known = try options.required(\.score, "score")
  }

  package var takesScoreWeight: Bool { options.weights.weight == nil }
  package var functions: [Callback] { known.functions + options.weights.functions }

  package func check(_ setting: LossSetting) throws {
    try setting.requireScore()
    guard !setting.score.isBlind else {
      throw UserError(
        "the loss explicit needs a model that is told the time, got one that predicts '\(setting.score.predicts)'"
      )
    }
    guard known.shape == setting.score.shape else {
      throw UserError(
        "score of the loss is for points of shape \(known.shape), the model for \(setting.score.shape)"
      )
    }
    guard known.sde === setting.sde || known.sde.describe() == setting.sde.describe() else {
      throw UserError(
        "score of the loss belongs to \(known.sde.describe()), the model to \(setting.sde.describe())"
      )
    }
    guard !known.function.givesVelocityOnly else {
      throw UserError("score of the loss gives its velocity only, got \(known.describe())")
    }
    guard known.network == nil || known.network !== setting.score.network else {
      throw UserError("score of the loss is the model that is trained; use m:copy()")
    }
    try options.weights.check(setting.score)
  }

  package func weights(of examples: ExampleTimes, _ setting: LossSetting) throws -> Tensor? {
    try options.weights.values(of: examples, setting)
  }

  package func objective(_ setting: LossSetting) throws -> any Objective {
    let known = known
    return try PreparedObjective(
      denoisingObjective(setting.score, setting.process), callsLua: !known.functions.isEmpty
    ) { batch in
      let s = try known.function.scoreTimesSigma(
        batch.noised, batch.times, sigma: batch.sigma, process: known.process)
      try ScoreModel.requireConstant(s)
      try batch.noise.assign(-s.value.converted(to: .float32))
    }
  }
}
