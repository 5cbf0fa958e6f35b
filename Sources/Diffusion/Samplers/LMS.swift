import Autodiff
import Catalog
import Models
import Processes
import Tensors

/// The linear multistep method (Adams–Bashforth) on the probability flow in the noise level ς = σ/α, where it
/// reads d(x/α)/dς = E[z | x]:
///
/// x_u = α_u [x/α_t + ∫ P(ς) dς],  P the polynomial through E[z | x] at the last `order` times.
///
/// Bashforth and Adams 1883; Karras et al. 2022, Eq. 4, has the ODE; Liu et al. 2022 (PNDM) and the code of
/// Crowson et al. 2022 sample so. A first step that has too few values to keep the order is one of
/// DPM-Solver-2 or 3, of one order less than the method. One model call a step, and up to two more in the first
/// steps: one in all of order 3, four of order 4.
package enum LMS {
  package static let sampler = Sampler(
    "lms", "The linear multistep method on the probability flow; one model call a step.",
    .option("order", default: 4, "of the method", in: .within(1...4)),
    convergence: .ode(order: 4),
    variants: (1...3).map { order in
      CertifiedStart("order = \(order)", .ode(order: Double(order))) { start($0, order: order) }
    },
    details: "Of the order given.",
    source: "Bashforth and Adams 1883; Karras et al. 2022, Eq. 4; Liu et al. 2022 (PNDM)",
    start: start)

  package static func start(_ run: SamplingRun, order: Int) -> SamplingStep {
    var known: [(level: Double, noise: Tensor)] = []
    return run.stepsInLambda { x, step, _ in
      let (now, next) = (step.sigma.t / step.alpha.t, step.sigma.u / step.alpha.u)
      known = Array(known.suffix(order - 1)) + [(now, try run.noise(x, at: step.t))]
      if known.count + 1 < order {
        return order == 3
          ? try DPMSolver2.move(run, x, step) : try DPMSolver3.move(run, x, step)
      }
      let weights = PolynomialWeights.integrals(
        nodes: known.map { ($0.level - now) / (next - now) }, decay: 0)
      return try combination(
        [(step.alpha.u / step.alpha.t, x)]
          + zip(weights, known).map { (step.alpha.u * (next - now) * $0, $1.noise) })
    }
  }
}
