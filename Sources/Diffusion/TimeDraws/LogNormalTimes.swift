import Catalog
import Processes

/// ln σ̂ ~ N(mean, std²) with the noise level σ̂ = σ/α, cut to the levels that training has.
package struct LogNormalTimes: TimeDraw {
  package struct Options: OptionGroup {
    package var mean = -1.2
    package var std = 1.2
    package var sharing = DrawOptions()
    package init() {}
    package static let options: [Option<Options>] =
      [
        Option("mean", \.mean, "of ln σ/α", in: .finite),
        Option("std", \.std, "of ln σ/α", in: .positive),
      ] + Option.group(\.sharing)
  }

  package static let constructor = "log_normal"
  package static let entry = constructorEntry(
    "Times whose noise level σ/α is log-normal.",
    details: "Levels outside of those that training has are left out.",
    source: "Karras et al. 2022, Table 1",
    example: """
      m = nn.residual_mlp{dimension = 2, width = 16, sigma_data = 1, predicts = "edm", sde = sde.edm(), seed = 1}
      x = random.stream(1):normal{100, 2}
      return train(m, x, {steps = 20, seed = 1, loss = loss.denoising{weight = "edm"}, time = draw.log_normal()})
      """)

  package let options: Options
  package init(_ options: Options) { self.options = options }
  package var sharing: DrawOptions { options.sharing }

  package func law(on process: any DiffusionProcess) throws -> TimeLaw {
    let levels = try LevelTimes(process, process.trainingTimes)
    let normal = try CutNormal(options.mean, options.std, levels.range)
    return levels.law(quantile: normal.quantile, density: normal.density)
  }
}
