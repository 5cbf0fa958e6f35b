import Catalog

/// The Lua module `likelihood`: what a model says of points, in nats.
package enum LikelihoodModule {
  package static let module = Module(
    "likelihood", "Log-likelihoods and divergences of models along their diffusion.",
    entries: [FlowLikelihood.entry, VariationalBound.entry, PathDivergence.entry])
}
