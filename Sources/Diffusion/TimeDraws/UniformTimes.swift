import Catalog
import Processes

/// t uniform from `first` to `last`.
package struct UniformTimes: TimeDraw {
  package struct Options: OptionGroup {
    package var first: Double?
    package var last: Double?
    package var sharing = DrawOptions()
    package init() {}
    package static let options: [Option<Options>] =
      [
        Option(
          "first", \.first, "the lowest time; that of training where absent", in: .nonNegative),
        Option("last", \.last, "the highest time; that of training where absent", in: .positive),
      ] + Option.group(\.sharing)
  }

  package static let constructor = "uniform"
  package static let entry = constructorEntry(
    "Times drawn uniformly, as train does where it is told none.",
    source: "Song et al. 2021; for stratified, Kingma et al. 2021, Appendix I.1",
    example: """
      m = nn.score_mlp{sde = sde.vp(), seed = 1}
      x = random.stream(1):normal{100, 1}
      return train(m, x, {steps = 20, seed = 1, time = draw.uniform{stratified = true}})
      """)

  package let options: Options
  package init(_ options: Options) { self.options = options }
  package var sharing: DrawOptions { options.sharing }

  package func law(on process: any DiffusionProcess) throws -> TimeLaw {
    let first = options.first ?? process.trainingTimes.lowerBound
    let last = options.last ?? process.trainingTimes.upperBound
    try process.check(time: first, name: "first of the draw")
    try process.check(time: last, name: "last of the draw")
    guard first < last else {
      throw UserError(
        "last of the draw must be above first = \(formatNumber(first)), got \(formatNumber(last))")
    }
    let span = last - first
    return TimeLaw(
      quantile: { first + span * $0 },
      density: { first * (1 - 1e-6) <= $0 && $0 <= last * (1 + 1e-6) ? 1 / span : 0 })
  }
}
