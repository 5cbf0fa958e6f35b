import Catalog
import Processes

/// Times whose noise level is uniform in its logarithm, density ∝ 1/σ̂.
package struct LogUniformTimes: TimeDraw {
  package struct Options: OptionGroup {
    package var levels = LevelOptions()
    package var sharing = DrawOptions()
    package init() {}
    package static let options: [Option<Options>] =
      Option.group(\.levels) + Option.group(\.sharing)
  }

  package static let constructor = "log_uniform"
  package static let entry = constructorEntry(
    "Times whose noise level σ/α is uniform in its logarithm.",
    source: "Song and Ermon 2019; Karras et al. 2022, Table 1 (VE)",
    example: """
      m = nn.residual_mlp{dimension = 2, width = 16, sigma_data = 1, sde = sde.edm(), seed = 1}
      x = random.stream(1):normal{100, 2}
      return train(m, x, {steps = 20, seed = 1, time = draw.log_uniform{sigma_max = 10}})
      """)

  package let options: Options
  package init(_ options: Options) { self.options = options }
  package var sharing: DrawOptions { options.sharing }

  package func law(on process: any DiffusionProcess) throws -> TimeLaw {
    try options.levels.levels(of: process).powerLaw(-1)
  }
}
