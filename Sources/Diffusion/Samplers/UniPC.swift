import Autodiff
import Catalog
import Models
import Processes
import Tensors

/// UniPC, the unified predictor and corrector on the probability flow in λ = ln(α/σ), h = λ_u − λ_t: with P_k
/// the polynomial through the last k posterior means D_i = E[x_0 | x_i],
///
/// x̃_u = (σ_u/σ_t) x + α_u ∫ e^{−(λ_u − λ)} P_p(λ) dλ,  D_u = D(x̃_u, u),
/// x_u = (σ_u/σ_t) x + α_u ∫ e^{−(λ_u − λ)} P_{p+1}(λ) dλ,  P_{p+1} through D_u, too.
///
/// Zhao et al. 2023, Algorithms 1 and 2, Eq. 3 and 8. Their equations for the coefficients are solved for all
/// p, so that their function B(h) cancels. The corrector adds one to the order p of the predictor. D_u serves
/// the next step, so that a step is one model call; the last step is not corrected, since that would take
/// another. The first steps have fewer means; for p = 3 the first is a single one of order 3 in three calls.
package enum UniPC {
  package static let sampler = Sampler(
    "unipc", "UniPC, predictor and corrector on the probability flow; one model call a step.",
    .option("order", default: 2, "p, of the predictor", in: .within(1...3)),
    convergence: .ode(order: 3),
    variants: [1, 3].map { order in
      CertifiedStart("order = \(order)", .ode(order: Double(order + 1))) { start($0, order: order) }
    },
    details: "With the corrector one more than the predictor's.",
    source: "Zhao et al. 2023, Algorithms 1 and 2", start: start)

  package static func start(_ run: SamplingRun, order: Int) -> SamplingStep {
    var known: [(lambda: Double, value: Tensor)] = []
    return run.stepsInLambda { x, step, interval in
      if known.last?.lambda != step.lambda.t {
        known.append((step.lambda.t, try run.denoise(x, at: step.t)))
      }
      known = Array(known.suffix(order))
      if known.count + 1 < order { return try DPMSolverPP3S.move(run, x, step) }
      let predicted = try step.moved(x, through: known)
      if interval.index == interval.count - 1 { return predicted }
      known.append((step.lambda.u, try run.denoise(predicted, at: step.u)))
      return try step.moved(x, through: known)
    }
  }
}
