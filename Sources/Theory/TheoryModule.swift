import Catalog

/// The Lua module `theory`: results that papers prove, as programs.
package enum TheoryModule {
  package static let module = Module(
    "theory", "Theory that can be run: models at any training time, spectra, and closed forms.",
    types: [
      TypeDescription(GradientFlow.self, "the gradient flow of a random-features model"),
      TypeDescription(RandomFeaturesFlow.self, "random features in high dimension at one time"),
      TypeDescription(LinearFlow.self, "the gradient flow of a linear score"),
    ],
    entries: [
      GradientFlow.entry, RandomFeaturesFlow.entry, RandomFeaturesSpectrum.entry, LinearFlow.entry,
      CovarianceKL.entry,
      SpeciationTime.entry, Cloning.entry, ClassPotential.entry, CollapseTime.entry,
      CollapseTime.excess, MutualInformation.entry, OwnWeight.entry,
    ] + GradientFlow.methods + RandomFeaturesFlow.methods + LinearFlow.methods)
}
