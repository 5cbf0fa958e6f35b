import Catalog

/// The Lua module `sample`: from noise to samples of a model.
package enum SampleModule {
  /// All samplers; a new one adds its line here.
  package static let samplers: [Sampler] = [
    EulerMaruyama.sampler,
    ReverseDiffusion.sampler,
    Ancestral.sampler,
    DDPM.sampler,
    DDIM.sampler,
    Euler.sampler,
    Heun.sampler,
    RK4.sampler,
    RK45.sampler,
    LMS.sampler,
    DPMSolver1.sampler,
    DPMSolver2.sampler,
    DPMSolver3.sampler,
    DPMSolverPP2S.sampler,
    DPMSolverPP2M.sampler,
    DPMSolverPP3M.sampler,
    DPMSolverPPSDE.sampler,
    UniPC.sampler,
    FlowEuler.sampler,
    FlowMidpoint.sampler,
    EDMStochastic.sampler,
    PredictorCorrector.sampler,
    AnnealedLangevin.sampler,
    UnderdampedLangevin.sampler,
    MALA.sampler,
    AdaptiveSDE.sampler,
    GaussianStep.sampler,
    CoarseToFine.sampler,
  ]

  package static let module = Module(
    "sample", "Samplers: from noise to samples of a model, along its diffusion.",
    types: [
      TypeDescription(DefinedSampler.self, "a sampler of your own"),
      TypeDescription(SamplingRun.self, "what a sampler of your own works with"),
      TypeDescription(BrownianPath.self, "a Brownian motion that drives samplers"),
    ],
    entries: samplers.map(\.entry) + [
      .variable(
        "last",
        "The samples of the last run, whole or as an error, a NaN or Ctrl-C left them: points after `step` of "
          + "the steps, time (of each sample, where they step apart), times, seed, evaluations, what was "
          + "recorded, and the message of what ended it.",
        example: "return sample.last"
      ) { () throws -> Value in try LastSamples.last?.value() ?? .none }
    ] + BrownianPath.entries + DefinedSampler.entries + Certificate.entries + SamplingRun.entries)
}
