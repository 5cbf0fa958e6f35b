import Catalog
import Glibc
import Processes

/// The time of a signal-to-noise ratio α²/σ²: in the diffusion that is given, else in that of Biroli et al. 2024,
/// α = e^−t and σ² = 1 − e^−2t, where t = ½ ln(1 + 1/snr).
func time(ofSNR snr: Double, _ sde: SDE?) throws -> Double {
  guard let sde else { return 0.5 * log1p(1 / snr) }
  return try sde.process.time(ofLogSNR: log(snr))
}

/// α and σ at a time.
func marginal(_ t: Double, _ sde: SDE?) throws -> (alpha: Double, sigma: Double) {
  guard let sde else { return (exp(-t), (-expm1(-2 * t)).squareRoot()) }
  try sde.process.check(time: t)
  return (sde.process.alpha(at: t), sde.process.sigma(at: t))
}

let diffusionSummary = "of the time; the Ornstein–Uhlenbeck process of Biroli et al. where absent"
