import Catalog

/// The Lua module `sample`: from noise to samples of a model.
package enum SampleModule {
  /// All samplers; a new one adds its line here.
  package static let samplers: [Sampler] = [
    EulerMaruyama.sampler,
    Heun.sampler,
    DPMSolverPP2M.sampler,
  ]

  package static let module = Module(
    "sample", "Samplers: from noise to samples of a model, along its diffusion.",
    entries: samplers.map(\.entry) + [
      .variable(
        "last",
        "The samples of the last call, also of one that an error, a NaN or Ctrl-C ended: points [count, "
          + "d] as far as they came (NaN where a row was not begun), times, step, seed.",
        example: "return sample.last"
      ) { () -> Value in try LastSamples.value }
    ])
}
