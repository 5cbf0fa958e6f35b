import Autodiff
import Catalog
import Glibc
import Models
import Processes
import Runtime
import Tensors

/// Underdamped Langevin dynamics at falling noise levels, or at one: the state moves with a velocity v, which the
/// score pushes and friction renews, dx = v dτ, dv = s(x, t) dτ − γ v dτ + √(2γ) dW.
///
/// A step of h = r σ(t) in the order of BAOAB (Leimkuhler and Matthews 2013):
///
/// v ← v + ½ h s,  x ← x + ½ h v,  v ← c v + √(1 − c²) z,  x ← x + ½ h v,  v ← v + ½ h s,  c = e^{−γ h}
///
/// with γ = Γ/σ(t), so that c = e^{−Γ r} at all levels. Cheng et al. 2018 (its use for sampling). Between two
/// levels x/α stays as it is, and v too. One model call a step, and one at each level.
package enum UnderdampedLangevin {
  package static let sampler = Sampler(
    "underdamped_langevin",
    "Langevin dynamics with a velocity, at each of the falling noise levels.",
    .option(
      "corrections", default: 5, "steps of the dynamics at each level", in: .within(1...10_000)),
    .option("ratio", default: 0.4, "r, the step h over σ", in: .positive),
    .option("friction", default: 1.0, "Γ = γ σ, how fast the velocity is renewed", in: .positive),
    LangevinLevel.option,
    convergence: .none("the Langevin steps do not shrink with those of the grid", bias: 0.15),
    source: "Cheng et al. 2018; Leimkuhler and Matthews 2013 (BAOAB)", start: start)

  package static func start(
    _ run: SamplingRun, corrections: Int, ratio: Double, friction: Double, level: Double?
  ) throws -> SamplingStep {
    let level = try LangevinLevel(run, level)
    var velocity: Tensor?
    let kept = exp(-friction * ratio)
    let renewed = (1 - kept * kept).squareRoot()
    return { x, interval in
      let t = level.time(interval)
      let h = ratio * run.process.sigma(at: t)
      var x = try level.begun(x, interval)
      var v = try velocity ?? run.normal(like: x)
      for _ in 0..<corrections {
        try Cancellation.check()
        v = try v + run.score(x, at: t) * (h / 2)
        x = try x + v * (h / 2)
        v = try v * kept + run.normal(like: x) * renewed
        x = try x + v * (h / 2)
        v = try v + run.score(x, at: t) * (h / 2)
      }
      velocity = v.value
      return x
    }
  }
}

/// Where steps of Langevin dynamics are made: at the lower time of each step of the grid, or always at one time.
struct LangevinLevel {
  private let run: SamplingRun
  private let fixed: Double?

  static let option = Parameter<Double?>.option(
    "level", default: nil,
    "a time to stay at, so that the chain is one of p_t; the times of the grid where absent")

  init(_ run: SamplingRun, _ fixed: Double?) throws {
    if let fixed { try run.process.check(time: fixed, name: "level") }
    (self.run, self.fixed) = (run, fixed)
  }

  func time(_ interval: Interval) -> Double { fixed ?? interval.u }

  /// The state at the new level: x/α stays as it is.
  func begun(_ x: Tensor, _ interval: Interval) throws -> Tensor {
    guard fixed == nil else { return x }
    return try x * (run.process.alpha(at: interval.u) / run.process.alpha(at: interval.t))
  }
}
