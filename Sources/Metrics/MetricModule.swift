import Catalog

/// The Lua module `metric`: how far a model or its samples are from a target.
package enum MetricModule {
  package static let module = Module(
    "metric", "How far a model or its samples are from a target, and how much they copy the data.",
    entries: [
      KLOfScore.entry, KLOfScore.floor, KLAtTime.entry, DensityOfScore.entry,
      DensityOfScore.massLeft, DSMBayesLoss.entry, MemorizedFraction.entry, Nearest.entry,
      Quantiles.entry, Quantiles.interval, Bootstrap.entry,
    ])
}
