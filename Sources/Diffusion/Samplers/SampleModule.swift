import Catalog

/// The Lua module `sample`: from noise to samples of a model.
package enum SampleModule {
  /// All samplers; a new one adds its line here.
  package static let samplers: [Sampler] = [
    EulerMaruyama.sampler
  ]

  package static let module = Module(
    "sample", "Samplers: from noise to samples of a model, along its diffusion.",
    entries: samplers.map(\.entry))
}
