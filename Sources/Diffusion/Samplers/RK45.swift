import Autodiff
import Catalog
import Models
import Tensors

/// The Runge–Kutta pair of Dormand and Prince on the probability-flow ODE dx/dt = f x − ½ g² s, with steps
/// of each sample chosen so that their error stays within rtol |x| + atol.
///
/// Dormand and Prince 1980; Song et al. 2021, Appendix D.4, with rtol = atol = 1e-5. A sample does not
/// depend on how many are drawn with it. Six model calls a step, accepted or not, and one at the start.
package enum RK45 {
  package static let sampler = Sampler(
    "rk45", "Dormand–Prince on the probability-flow ODE; each sample chooses its own steps.",
    .option("rtol", default: 1e-5, "error of a step, relative to the state", in: .positive),
    .option("atol", default: 1e-5, "error of a step beside it, absolute", in: .positive),
    .option(
      "max_steps", default: 10_000 as Count,
      "steps of a sample, rejected ones included; beyond, an error", in: .positive),
    plan: .ends, convergence: .tolerance,
    details:
      "Steps end at each of the times, which are the two ends unless times or steps are given.",
    source: "Dormand and Prince 1980; Song et al. 2021, Appendix D.4",
    example: "m = nn.score_mlp{sde = sde.vp(), seed = 1}  "
      + "return sample.rk45(m, {count = 16, rtol = 1e-3, atol = 1e-3, seed = 1})",
    atTolerance: { tolerance in
      { start($0, rtol: tolerance, atol: tolerance, maxSteps: 10_000) }
    },
    start: start)

  package static func start(
    _ run: SamplingRun, rtol: Double, atol: Double, maxSteps: Count
  ) -> SamplingStep {
    let control = StepControl(rtol: rtol, atol: atol, errorOrder: 5, maxSteps: maxSteps.value)
    let stepper = RowStepper(
      run, control, RungeKutta.dormandPrince.trial(run, control))
    return { x, interval in try stepper(x, interval) }
  }
}

extension RungeKutta {
  /// A step of rows apart, with its error by the embedded method. The last stage must be the slope at the
  /// result, which is then the first of the next step.
  package func trial(_ run: SamplingRun, _ control: StepControl) -> TrialStep {
    trial(control) { try run.velocity($0, at: $1) }
  }

  /// The same of any field dx/dt.
  func trial(
    _ control: StepControl, _ slope: @escaping (_ x: Tensor, _ times: [Double]) throws -> Tensor
  ) -> TrialStep {
    { x, rows, carried in
      let widths = zip(rows.t, rows.u).map { $1 - $0 }
      let h = try Width.rows(
        Tensor(widths, shape: Shape([widths.count] + [Int](repeating: 1, count: x.rank - 1))))
      let first = try carried ?? slope(x, rows.t)
      var next = x
      let slopes = try slopes(x, h, from: first) { x, node in
        next = x
        return try slope(x, node == 1 ? rows.u : zip(rows.t, widths).map { $0 + node * $1 })
      }
      let e = try h.times(error ?? result, of: slopes)
      return Trial(
        next, error: try control.norms(of: e, between: x, and: next),
        carried: (first, slopes[slopes.count - 1]))
    }
  }
}
