import Catalog
import Glibc
import Processes
import Tensors

/// The noise levels σ̂ = σ/α between which a draw takes its times, as options.
package struct LevelOptions: OptionGroup {
  package var sigmaMin: Double?
  package var sigmaMax: Double?
  package init() {}
  package static let options: [Option<LevelOptions>] = [
    Option(
      "sigma_min", \.sigmaMin, "the lowest σ/α; that of training where absent", in: .positive),
    Option(
      "sigma_max", \.sigmaMax, "the highest σ/α; that of training where absent", in: .positive),
  ]

  func levels(of process: any DiffusionProcess) throws -> LevelTimes {
    let first = try time(of: sigmaMin, "sigma_min", process) ?? process.trainingTimes.lowerBound
    let last = try time(of: sigmaMax, "sigma_max", process) ?? process.trainingTimes.upperBound
    guard first < last else {
      throw UserError("sigma_max of the draw must be above its sigma_min")
    }
    return try LevelTimes(process, first...last)
  }

  private func time(of level: Double?, _ name: String, _ process: any DiffusionProcess) throws
    -> Double?
  {
    guard let level else { return nil }
    let domain = process.domain
    let (least, most) = (
      exp(-process.logSNR(at: domain.lowerBound) / 2),
      exp(-process.logSNR(at: domain.upperBound) / 2)
    )
    let slack = 1e-12 * level
    guard level >= least - slack, level <= most + slack else {
      throw UserError(
        "\(name) of the draw must lie from \(shortNumber(least)) to \(shortNumber(most)), the noise levels σ/α of the "
          + "diffusion, got \(formatNumber(level))")
    }
    return try process.time(ofLogSNR: -2 * log(level))
  }
}
