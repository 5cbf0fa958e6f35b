import Catalog
import Processes

/// Times whose noise level σ̂ has the density ∝ σ̂^exponent: with −1/2 and levels from 0 to 1, σ̂ = u².
package struct PowerTimes: TimeDraw {
  package struct Options: OptionGroup {
    package var exponent = -0.5
    package var levels = LevelOptions()
    package var sharing = DrawOptions()
    package init() {}
    package static let options: [Option<Options>] =
      [Option("exponent", \.exponent, "of the density ∝ (σ/α)^exponent", in: .finite)]
      + Option.group(\.levels) + Option.group(\.sharing)
  }

  package static let constructor = "power"
  package static let entry = constructorEntry(
    "Times whose noise level σ/α has a density that is a power of it.",
    details:
      "The noise of blind denoisers, σ = u² with u uniform, is draw.power{exponent = -0.5, sigma_max = 1} on "
      + "sde.edm{sigma_min = 1e-6}.",
    source: "Kadkhodaie et al. 2024, Appendix A.1",
    example: """
      m = nn.residual_mlp{dimension = 2, width = 16, predicts = "residual", sde = sde.edm(), seed = 1}
      x = random.stream(1):normal{100, 2}
      return train(m, x, {steps = 20, seed = 1, loss = loss.blind(), time = draw.power{sigma_max = 1}})
      """)

  package let options: Options
  package init(_ options: Options) { self.options = options }
  package var sharing: DrawOptions { options.sharing }

  package func law(on process: any DiffusionProcess) throws -> TimeLaw {
    try options.levels.levels(of: process).powerLaw(options.exponent)
  }
}
