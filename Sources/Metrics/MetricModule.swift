import Catalog

/// The Lua module `metric`: how far a model or its samples are from a target.
package enum MetricModule {
  /// All metrics with a contract; a new one adds its line here.
  package static let metrics: [Metric] = [
    KLOfScore.metric,
    KLAtTime.metric,
    ScoreError.metric,
    MemorizedFraction.metric,
    EnergyDistance.metric,
    SlicedWasserstein.metric,
    Wasserstein.metric,
    Sinkhorn.metric,
    MaximumMeanDiscrepancy.metric,
    FrechetDistance.metric,
    KernelInceptionDistance.metric,
    KLNearest.metric,
    KLGaussian.metric,
  ]

  package static let module = Module(
    "metric", "How far a model or its samples are from a target, and how much they copy the data.",
    types: [
      TypeDescription(Measurement.self, "what a metric measured"),
      TypeDescription(DefinedMetric.self, "a metric of your own"),
      TypeDescription(Ledger.self, "what samples are to the points of a target"),
    ],
    entries: metrics.map(\.entry) + [
      SameLaw.entry, PrecisionRecall.entry, MMDTest.entry, DSMLoss.entry, KLOfScore.floor,
      DensityOfScore.entry, DensityOfScore.massLeft,
      DSMBayesLoss.entry,
      PSNR.entry, SSIM.entry, PSNRCurve.entry, SURE.entry, SURE.traceError, EffectiveRank.entry,
      SubspaceAlignment.entry,
      Nearest.entry, Quantiles.entry, Quantiles.interval, Bootstrap.entry,
    ] + DefinedMetric.entries + Measurement.entries + Ledger.entries)
}
