import Catalog
import Glibc
import Processes

/// t with logit((t − t_0)/(t_1 − t_0)) ~ N(mean, std²), t_0 and t_1 the ends of training.
package struct LogitNormalTimes: TimeDraw {
  package struct Options: OptionGroup {
    package var mean = 0.0
    package var std = 1.0
    package var sharing = DrawOptions()
    package init() {}
    package static let options: [Option<Options>] =
      [
        Option("mean", \.mean, "of the logit", in: .finite),
        Option("std", \.std, "of the logit", in: .positive),
      ] + Option.group(\.sharing)
  }

  package static let constructor = "logit_normal"
  package static let entry = constructorEntry(
    "Times whose logit is normal: more in the middle of the diffusion than at its ends.",
    source: "Esser et al. 2024, §3.1",
    example: """
      m = nn.residual_mlp{dimension = 2, width = 16, predicts = "velocity", sde = sde.linear_flow(), seed = 1}
      x = random.stream(1):normal{100, 2}
      return train(m, x, {steps = 20, seed = 1, loss = loss.flow_matching(), time = draw.logit_normal()})
      """)

  package let options: Options
  package init(_ options: Options) { self.options = options }
  package var sharing: DrawOptions { options.sharing }

  package func law(on process: any DiffusionProcess) throws -> TimeLaw {
    let (mean, std) = (options.mean, options.std)
    let first = process.trainingTimes.lowerBound
    let span = process.trainingTimes.upperBound - first
    return TimeLaw(
      quantile: { first + span / (1 + exp(-mean - std * normalQuantile($0))) },
      density: { t in
        let share = (t - first) / span
        guard share > 0, share < 1 else { return 0 }
        let z = (log(share / (1 - share)) - mean) / std
        return normalDensity(z) / (std * share * (1 - share) * span)
      })
  }
}
