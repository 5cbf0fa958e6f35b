import Catalog
import Tensors

/// The Lua module `schedule`: the times that a sampler visits.
package enum ScheduleModule {
  package static let module = Module(
    "schedule",
    "Decreasing times for samplers, from noise to data. Any decreasing tensor of times is one too.",
    entries: [
      entry(
        "uniform", "Times evenly spaced between the first and the last time of a sampler.",
        source: "Song et al. 2021"
      ) { try TimeGrid.uniform($0.times, steps: $1) },
      entry(
        "log_snr", "Times evenly spaced in log-SNR, ln(α²/σ²).",
        source: "Lu et al. 2022 (DPM-Solver; its λ is half the log-SNR)"
      ) { try TimeGrid.logSNR($0, steps: $1) },
      entry(
        "cosine", "Times whose log-SNR falls as that of the cosine schedule.",
        source: "Nichol and Dhariwal 2021"
      ) { try TimeGrid.cosine($0, steps: $1) },
      .function(
        "karras",
        "Noise levels σ/α evenly spaced in the power 1/ρ, then the time of the data.",
        .arg("sde"), .arg("levels", "noise levels", in: lengths(from: 2)),
        .option("rho", default: 7, "how dense the levels are at low noise", in: .positive),
        returns:
          "float64 tensor of shape [levels + 1]; [levels] where the process starts with noise",
        source: "Karras et al. 2022, Eq. 5", example: "return schedule.karras(sde.edm(), 18)"
      ) { (sde: SDE, levels: Int, rho: Double) in
        try Tensor(TimeGrid.karras(sde.process, levels: levels, rho: rho))
      },
      .function(
        "trained", "Some of the evenly spaced times that a model of discrete time is trained on.",
        .arg("sde"), .arg("steps", in: lengths(from: 1)),
        .option(
          "of", default: 1000, "how many times the model is trained on", in: lengths(from: 2)),
        returns: "float64 tensor of shape [steps + 1]",
        source: "Ho et al. 2020; Song et al. 2021 (DDIM)",
        example: "return schedule.trained(sde.vp(), 20)"
      ) { (sde: SDE, steps: Int, count: Int) in
        try Tensor(TimeGrid.trained(sde.process, steps: steps, of: count))
      },
    ])

  private static func lengths(from least: Int) -> Domain<Int> { .within(least...(1 << 27)) }

  private static func entry(
    _ name: String, _ summary: String, source: String,
    _ grid: @escaping (any DiffusionProcess, Int) throws -> [Double]
  ) -> Entry {
    .function(
      name, summary, .arg("sde"), .arg("steps", in: lengths(from: 1)),
      returns: "float64 tensor of shape [steps + 1]", source: source,
      example: "return schedule.\(name)(sde.vp(), 10)"
    ) { (sde: SDE, steps: Int) in try Tensor(grid(sde.process, steps)) }
  }
}
