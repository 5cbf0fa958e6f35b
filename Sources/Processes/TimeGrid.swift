import Catalog
import Glibc
import Runtime

/// Decreasing times from noise to data: what a sampler visits. Each has both ends exact, whatever the
/// rounding in between.
package enum TimeGrid {
  /// `steps + 1` times evenly spaced.
  static func uniform(_ times: ClosedRange<Double>, steps: Int) throws -> [Double] {
    let span = times.upperBound - times.lowerBound
    return try (0...steps).polledMap {
      $0 == steps ? times.lowerBound : times.upperBound - span * Double($0) / Double(steps)
    }
  }

  /// `steps + 1` levels from `first` to `last`, evenly spaced in the power 1/ρ (Karras et al. 2022, Eq. 5).
  static func powerSpaced(_ first: Double, _ last: Double, steps: Int, rho: Double) throws
    -> [Double]
  {
    let (top, bottom) = (pow(first, 1 / rho), pow(last, 1 / rho))
    return try (0...steps).polledMap { i in
      i == 0
        ? first
        : i == steps ? last : pow(top + Double(i) / Double(steps) * (bottom - top), rho)
    }
  }

  /// The times at which `levels` of ln(α²/σ²), increasing, are met between the two ends.
  private static func times(
    of process: any DiffusionProcess, _ levels: [Double]
  ) throws -> [Double] {
    let ends = process.times
    let inner = try levels.dropFirst().dropLast().polledMap { try process.time(ofLogSNR: $0) }
    return try strictlyFalling([ends.upperBound] + inner + [ends.lowerBound])
  }

  /// `steps + 1` times evenly spaced in log-SNR (Lu et al. 2022, DPM-Solver, whose λ is half of it).
  package static func logSNR(_ process: any DiffusionProcess, steps: Int) throws -> [Double] {
    let (first, last) = try ends(process)
    return try times(
      of: process, (0...steps).polledMap { first + (last - first) * Double($0) / Double(steps) })
  }

  /// `steps + 1` times whose log-SNR is that of the cosine schedule at evenly spaced times,
  /// λ(u) = −2 ln tan(½πu) (Nichol and Dhariwal 2021), between the ends of the process.
  static func cosine(_ process: any DiffusionProcess, steps: Int) throws -> [Double] {
    let (first, last) = try ends(process)
    func place(_ level: Double) -> Double { atan(exp(-level / 2)) * 2 / Double.pi }
    let (start, end) = (place(first), place(last))
    return try times(
      of: process,
      (0...steps).polledMap {
        -2 * log(tan(Double.pi / 2 * (start + (end - start) * Double($0) / Double(steps))))
      })
  }

  /// `levels` noise-to-signal ratios σ/α, evenly spaced in the power 1/ρ from the first to the last time
  /// of the process, then the end of its domain: Karras et al. 2022, Eq. 5.
  static func karras(_ process: any DiffusionProcess, levels: Int, rho: Double) throws -> [Double] {
    let (first, last) = try ends(process)
    let ratios = try powerSpaced(exp(-first / 2), exp(-last / 2), steps: levels - 1, rho: rho)
    let grid = try times(of: process, ratios.polledMap { -2 * log($0) })
    return process.domain.lowerBound < process.times.lowerBound
      ? grid + [process.domain.lowerBound] : grid
  }

  /// `steps + 1` of the `count` evenly spaced times that a model of discrete time is trained on, both
  /// ends among them (Ho et al. 2020 train on 1000).
  static func trained(_ process: any DiffusionProcess, steps: Int, of count: Int) throws
    -> [Double]
  {
    guard steps < count else {
      throw UserError("steps must be below of = \(count), got \(steps)")
    }
    let all = try uniform(process.trainingTimes, steps: count - 1)
    return try (0...steps).polledMap { i in
      all[Int(clamping: (Double(count - 1) * Double(i) / Double(steps)).rounded())]
    }
  }

  /// Log-SNR at the first and the last time of a sampler.
  private static func ends(_ process: any DiffusionProcess) throws -> (Double, Double) {
    (
      process.logSNR(at: process.times.upperBound), process.logSNR(at: process.times.lowerBound)
    )
  }

  private static func strictlyFalling(_ times: [Double]) throws -> [Double] {
    let place = try times.indices.dropFirst().polledReduce(0) { found, place in
      found == 0 && times[place] >= times[place - 1] ? place : found
    }
    guard place == 0 else {
      throw UserError(
        "steps must be fewer: times \(place) and \(place + 1) of the grid are equal, "
          + formatNumber(times[place]))
    }
    return times
  }
}
