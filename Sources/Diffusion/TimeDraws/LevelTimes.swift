import Catalog
import Glibc
import Processes
import Runtime
import Tensors

/// t as a function of ℓ = ln σ/α between two times of a process: cubic pieces through 513 times with their slopes, exact
/// to some 1e-8 of t where the process is smooth.
struct LevelTimes {
  let range: ClosedRange<Double>
  private let process: any DiffusionProcess
  private let times: [Double]
  /// dt/dℓ times the width of a piece.
  private let slopes: [Double]
  private let width: Double

  init(_ process: any DiffusionProcess, _ ends: ClosedRange<Double>) throws {
    self.process = process
    let (first, last) = (ends.lowerBound, ends.upperBound)
    let (low, high) = (-process.logSNR(at: first) / 2, -process.logSNR(at: last) / 2)
    guard low.isFinite, high.isFinite, low < high else {
      throw UserError(
        "noise levels σ/α of the draw must be positive and finite, from t = \(formatNumber(first)) to "
          + "\(formatNumber(last)) they go from \(shortNumber(exp(low))) to \(shortNumber(exp(high)))"
      )
    }
    let pieces = 512
    range = low...high
    width = (high - low) / Double(pieces)
    let width = width
    times = try (0...pieces).map { place in
      if place == 0 { return first }
      if place == pieces { return last }
      return try process.time(ofLogSNR: -2 * (low + width * Double(place)))
    }
    slopes = times.map { width / LevelTimes.slope(process, $0) }
  }

  /// dℓ/dt = ½ (σ²)′/σ² − α′/α.
  private static func slope(_ process: any DiffusionProcess, _ t: Double) -> Double {
    let sigma = process.sigma(at: t)
    return process.value(.varianceSlope, at: t) / (2 * sigma * sigma)
      - process.value(.alphaSlope, at: t) / process.alpha(at: t)
  }

  private func time(of level: Double) -> Double {
    let place = (level - range.lowerBound) / width
    let piece = max(0, min(Int(clamping: place), times.count - 2))
    let s = max(0, min(place - Double(piece), 1))
    let (t, u) = (times[piece], times[piece + 1])
    // Hermite's cubic in t(0), t(1), t′(0), t′(1).
    let (d, e) = (slopes[piece], slopes[piece + 1])
    let cubic = d + e - 2 * (u - t)
    return t + s * (d + s * (u - t - d - cubic + s * cubic))
  }

  /// The law of t where ℓ has one.
  func law(
    quantile: @escaping (Double) -> Double, density: @escaping (Double) -> Double
  ) -> TimeLaw {
    TimeLaw(
      quantile: { time(of: quantile($0)) },
      density: { t in
        let level = -process.logSNR(at: t) / 2
        // What float32 rounds at the ends is still within.
        guard level > range.lowerBound - 1e-5, level < range.upperBound + 1e-5 else { return 0 }
        return density(level) * LevelTimes.slope(process, t)
      })
  }
}

extension LevelTimes {
  /// σ̂ with density ∝ σ̂^power on the range. With ℓ = ln σ̂ the density is ∝ e^{qℓ}, q = power + 1.
  func powerLaw(_ power: Double) -> TimeLaw {
    let (a, q) = (range.lowerBound, power + 1)
    let span = range.upperBound - a
    guard abs(q) * span > 1e-9 else {
      return law {
        a + span * $0
      } density: { _ in
        1 / span
      }
    }
    // e^{q(ℓ − a)} from 1 to 1 + growth.
    let growth = expm1(q * span)
    return law {
      a + log1p($0 * growth) / q
    } density: {
      q * exp(q * ($0 - a)) / growth
    }
  }
}
