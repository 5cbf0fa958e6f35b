import Catalog
import Processes

/// One time for all.
package struct FixedTime: TimeDraw {
  package struct Options: OptionGroup {
    package var t: Double?
    package init() {}
    package static let options: [Option<Options>] = [
      Option(required: "t", \.t, "the time", in: .nonNegative)
    ]
  }

  package static let constructor = "fixed"
  package static let entry = constructorEntry(
    "The same time for all examples: the law of x_t at one time is learnt.",
    source: "Vincent 2011; Bonnaire et al. 2025, §3",
    example: """
      m = nn.score_mlp{sde = sde.vp(), seed = 1}
      x = random.stream(1):normal{100, 1}
      return train(m, x, {steps = 20, seed = 1, time = draw.fixed{t = 0.1}})
      """)

  package let options: Options
  private let t: Double

  package init(_ options: Options) throws {
    self.options = options
    t = try options.required(\.t, "t")
  }

  package var sharing: DrawOptions { DrawOptions() }

  package func law(on process: any DiffusionProcess) throws -> TimeLaw {
    try process.check(time: t, name: "t of the draw")
    let t = t
    return TimeLaw(quantile: { _ in t }, density: nil)
  }
}
