import Autodiff
import Catalog
import Models
import Processes
import Tensors

/// Sliced score matching: implicit score matching along random directions v,
/// (1/n) Σ wᵢ σᵢ² E_v[(vᵀ s)² + 2 vᵀ ∇s v]; with less variance where ‖s‖² stands for E_v[(vᵀ s)²].
///
/// Song, Garg, Shi and Ermon 2020, §3.
package struct SlicedLoss: Loss {
  package struct Options: OptionGroup {
    package var projections: Count = 1
    package var kind = "vr"
    package var law = "rademacher"
    package var weights = NoiseWeights()
    package init() {}
    package static let options: [Option<Options>] =
      [
        Option("projections", \.projections, "random directions an example", in: .positive),
        Option(
          "kind", \.kind, "vr takes ‖s‖² as it is, plain projects it too",
          in: .oneOf(["vr", "plain"])),
        Option(
          "law", \.law, "of the directions", in: .oneOf(Probes.Law.allCases.map(\.rawValue))),
      ] + Option.group(\.weights)
  }

  package static let constructor = "sliced"
  package static let entry = constructorEntry(
    "Sliced score matching: implicit score matching along random directions, for any dimension.",
    details: "vr with Rademacher directions is loss.implicit{probes = projections}.",
    source: "Song, Garg, Shi and Ermon 2020, §3",
    example: """
      m = nn.score_mlp{dimension = 2, sde = sde.vp(), seed = 1}
      x = random.stream(1):normal{100, 2}
      return train(m, x, {steps = 20, seed = 1, loss = loss.sliced{projections = 2}})
      """)

  package let options: Options
  package init(_ options: Options = Options()) { self.options = options }

  package var takesScoreWeight: Bool { options.weights.weight == nil }
  package var functions: [Callback] { options.weights.functions }
  package var probes: Probes? {
    Probes(
      count: options.projections.value, law: Probes.Law(rawValue: options.law) ?? .rademacher)
  }

  package func check(_ setting: LossSetting) throws {
    try setting.requireScore()
    try options.weights.check(setting.score)
  }

  package func weights(of examples: ExampleTimes, _ setting: LossSetting) throws -> Tensor? {
    try options.weights.values(of: examples, setting)
  }

  package func objective(_ setting: LossSetting) throws -> any Objective {
    let isPlain = options.kind == "plain"
    return AutodiffObjective(setting) { batch, score in
      try scoreDivergence(batch, score, setting.process) { f, pullBack in
        let s = try flattenedPoints(f)
        let squares =
          try isPlain
          ? averagedOverProbes(f, batch) { try square(sum(s * flattenedPoints($0), axis: 1)) }
          : sum(square(s), axis: 1)
        return try squares + probedTrace(f, batch, pullBack) * batch.sigma * 2
      }
    }
  }
}
