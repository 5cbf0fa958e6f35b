import Autodiff
import Catalog
import Models
import Processes
import Tensors

/// The reverse SDE with steps of each sample's own, from a pair of orders ½ and 1 (Jolicoeur-Martineau et al. 2021,
/// Algorithm 1), h = t − u and ΔW the same in both:
///
/// x′ = x − h [f x − g² s](x, t) + g(t) ΔW,
/// x̃ = x − h [f x − g² s](x′, u) + g(u) ΔW,  x″ = ½ (x′ + x̃),
///
/// with the error ‖x′ − x″‖/√d in units of max(atol, rtol max(|x′|, |x_before|)). A step with an error up to 1 is
/// accepted and ends at x″; the next is 0.9 h error^{−0.9}.
///
/// ΔW is that of a Brownian path (`BrownianPath`), so that a step that is rejected is tried again with the noise
/// that the path has there: to draw anew would favour small noise. Two model calls a step, accepted or not.
package enum AdaptiveSDE {
  package static let sampler = Sampler(
    "adaptive_sde", "The reverse SDE; each sample chooses its own steps.",
    .option("rtol", default: 0.02, "error of a step, relative to the state", in: .positive),
    .option(
      "atol", default: 0.01, "error of a step, absolute; the greater of both counts", in: .positive),
    .option(
      "max_steps", default: 10_000 as Count,
      "steps of a sample, rejected ones included; beyond, an error", in: .positive),
    plan: .ends,
    convergence: .none("the error of the law falls with the tolerances", bias: 0.03),
    isDriven: true,
    details:
      "Steps end at each of the times, which are the two ends unless times or steps are given. The last keeps "
      + "its noise; final = 'denoise' takes it away.",
    source: "Jolicoeur-Martineau et al. 2021, Algorithm 1",
    example: "m = target.gaussian_mixture{means = {-3, 3}}:model(sde.vp())  "
      + "return sample.adaptive_sde(m, {count = 16, seed = 1})",
    start: start)

  package static func start(
    _ run: SamplingRun, rtol: Double, atol: Double, maxSteps: Count
  ) -> SamplingStep {
    let control = StepControl(
      rtol: rtol, atol: atol, errorOrder: 1 / 0.9, maxSteps: maxSteps.value)
    var walks: [BrownianWalk] = []
    /// W(t) − W(u) of each row.
    func increments(_ x: Tensor, _ rows: RowIntervals) throws -> Tensor {
      let width = x.shape.rowWidth
      while walks.count < run.rowCount {
        walks.append(
          BrownianWalk(
            run.motion.path(), firstRow: run.motion.firstRow + walks.count, rows: 1, width: width))
      }
      var values: [Double] = []
      values.reserveCapacity(x.elementCount)
      for (place, row) in (run.rows ?? Array(0..<rows.t.count)).enumerated() {
        let first = try walks[row].value(at: rows.t[place])
        let last = try walks[row].value(at: rows.u[place])
        for i in 0..<width { values.append(first[i] - last[i]) }
      }
      return try Tensor(values, shape: x.shape)
    }
    let stepper = RowStepper(run, control) { x, rows, before in
      let dW = try increments(x, rows)
      let first = try moved(run, x, by: x, rows, at: rows.t, dW)
      let second = try moved(run, x, by: first, rows, at: rows.u, dW)
      let next = try (first + second) * 0.5
      return Trial(
        next,
        error: try control.greaterNorms(of: first - next, between: first, and: before ?? x),
        carried: (before ?? x, first))
    }
    return { x, interval in try stepper(x, interval) }
  }

  /// x − h [f y − g² s(y)] + g ΔW with f, g and s at one of the two times.
  private static func moved(
    _ run: SamplingRun, _ x: Tensor, by y: Tensor, _ rows: RowIntervals, at times: [Double],
    _ dW: Tensor
  ) throws -> Tensor {
    let process = run.process
    let s = try run.constant(.score, y, at: times)
    let h = zip(rows.t, rows.u).map { $0 - $1 }
    func column(_ values: [Double]) throws -> Tensor {
      try Tensor(values, shape: Shape([values.count] + [Int](repeating: 1, count: x.rank - 1)))
    }
    let f = times.map { process.drift(at: $0) }
    let g = times.map { process.diffusion(at: $0) }
    guard f.allSatisfy(\.isFinite), g.allSatisfy(\.isFinite) else {
      throw UserError(
        "the drift of \(run.model.sde.describe()) is infinite at t = \(formatNumber(times[0])), so the "
          + "reverse SDE cannot start there; start below it, or use sample.rk45")
    }
    return try x - y * column(zip(f, h).map { $0 * $1 }) + s
      * column(zip(g, h).map { $0 * $0 * $1 })
      + dW * column(g)
  }
}

extension StepControl {
  /// The root mean square of e_i/max(atol, rtol max(|x_i|, |x′_i|)) over each row.
  fileprivate func greaterNorms(of e: Tensor, between x: Tensor, and other: Tensor) throws
    -> [Double]
  {
    let (rows, width) = (e.shape[0], e.shape.rowWidth)
    let (e, x, other) = (try e.doubles(), try x.doubles(), try other.doubles())
    return (0..<rows).map { row in
      var total = 0.0
      for i in row * width..<(row + 1) * width {
        let part = e[i] / max(atol, rtol * max(abs(x[i]), abs(other[i])))
        total += part * part
      }
      return (total / Double(max(width, 1))).squareRoot()
    }
  }
}
