import Catalog
import Tensors

/// Denoising score matching: (1/n) Σ wᵢ ‖σ(tᵢ) s(x_tᵢ, tᵢ) + zᵢ‖².
///
/// Vincent 2011; Song et al. 2021, Eq. 7. Its least value is E[w ‖σ s* + z‖²] for the exact score s*.
package struct DenoisingLoss: Loss {
  package typealias Options = NoiseWeights

  package static let constructor = "denoising"
  package static let entry = constructorEntry(
    "Denoising score matching, weighted in time: the loss of train where none is given.",
    details:
      "std2 weighs the squared error of the noise alike at all times, as snr does that of the clean sample "
      + "by the signal-to-noise ratio: they are one. min_snr tends to snr as gamma grows, and divided by gamma to "
      + "clean as it falls.",
    source:
      "Vincent 2011; Song et al. 2021, Eq. 7; Karras et al. 2022, Table 1; Hang et al. 2023 (min-SNR)",
    example: """
      m = nn.score_mlp{sde = sde.vp(), seed = 1}
      x = random.stream(1):normal{100, 1}
      return train(m, x, {steps = 20, seed = 1, loss = loss.denoising{weight = "min_snr"}})
      """)

  package let options: Options
  package init(_ options: Options = Options()) { self.options = options }

  package var takesScoreWeight: Bool { options.weight == nil }
  package var functions: [Callback] { options.functions }

  package func check(_ setting: LossSetting) throws {
    try setting.requireScore()
    try options.check(setting.score)
  }

  package func weights(of examples: ExampleTimes, _ setting: LossSetting) throws -> Tensor? {
    try options.values(of: examples, setting)
  }

  package func objective(_ setting: LossSetting) throws -> any Objective {
    try denoisingObjective(setting.score, setting.process)
  }
}
