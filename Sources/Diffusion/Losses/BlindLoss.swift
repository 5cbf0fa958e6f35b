import Autodiff
import Catalog
import Models
import Processes
import Tensors

/// The loss of blind denoisers: (1/n) Σ ‖D(yᵢ) − x_0ᵢ‖² with y = x_t/α = x_0 + σ̂ z. As D(y) = y − F(y), it is the
/// squared error ‖σ̂ z − F(y)‖² of the noise that the network subtracts.
///
/// Mohan et al. 2020; Kadkhodaie et al. 2024, Appendix A.1.
package struct BlindLoss: Loss {
  package struct Options: OptionGroup {
    package init() {}
    package static let options: [Option<Options>] = []
  }

  package static let constructor = "blind"
  package static let entry = constructorEntry(
    "The squared error of the noise that a blind denoiser subtracts, alike at all levels.",
    details: "Its value is that of loss.denoising{weight = \"clean\"}.",
    source: "Mohan et al. 2020; Kadkhodaie et al. 2024, Appendix A.1",
    example: """
      m = nn.residual_mlp{dimension = 2, width = 16, predicts = "residual", sde = sde.edm(), seed = 1}
      x = random.stream(1):normal{100, 2}
      return train(m, x, {steps = 20, seed = 1, loss = loss.blind()})
      """)

  package let options: Options
  package init(_ options: Options = Options()) { self.options = options }

  package var takesScoreWeight: Bool { false }

  package func check(_ setting: LossSetting) throws {
    guard setting.score.isBlind else {
      throw UserError(
        "the loss blind needs a model that predicts 'residual', got '\(setting.score.predicts)'")
    }
  }

  package func weights(of examples: ExampleTimes, _ setting: LossSetting) throws -> Tensor? { nil }

  package func objective(_ setting: LossSetting) throws -> any Objective {
    AutodiffObjective(setting) { batch, score in
      let clean = try score.estimate(
        .clean, batch.noised, batch.times, process: setting.process)
      return try meanSquares(of: clean - batch.clean, batch)
    }
  }
}
