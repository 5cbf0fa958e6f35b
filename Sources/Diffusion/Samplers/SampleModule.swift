import Catalog

/// The Lua module `sample`: from noise to samples of a model.
package enum SampleModule {
  /// All samplers; a new one adds its line here.
  package static let samplers: [Sampler] = [
    EulerMaruyama.sampler,
    Heun.sampler,
    RK45.sampler,
    DPMSolver.sampler,
    EDMStochastic.sampler,
    PredictorCorrector.sampler,
    AnnealedLangevin.sampler,
    CoarseToFine.sampler,
  ]

  package static let module = Module(
    "sample", "Samplers: from noise to samples of a model, along its diffusion.",
    types: [
      TypeDescription(DefinedSampler.self, "a sampler of your own"),
      TypeDescription(SamplingRun.self, "what a sampler of your own works with"),
    ],
    entries: samplers.map(\.entry) + [
      .variable(
        "last",
        "The samples of the last run, whole or as an error, a NaN or Ctrl-C left them: points after `step` of "
          + "the steps, time (of each sample, where they step apart), times, seed, evaluations, what was "
          + "recorded, and the message of what ended it.",
        example: "return sample.last"
      ) { () throws -> Value in try LastSamples.last?.value() ?? .none }
    ] + DefinedSampler.entries + SamplingRun.entries)
}
