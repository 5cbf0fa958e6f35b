import Catalog
import Glibc
import Models
import Processes
import Runtime
import Tensors

/// One step of rows that are at times of their own.
package struct RowIntervals {
  package let t: [Double]
  package let u: [Double]
}

/// What a step of rows apart comes to, before it is known which rows accept it.
package struct Trial {
  /// The state of each row at its u, float64.
  package let x: Tensor
  /// The error of each row, in units of the tolerance: up to 1 is accepted.
  package let error: [Double]
  /// What each row takes along: the first where it stays, the second where it moves.
  package let carried: (stays: Tensor, moves: Tensor)?

  package init(_ x: Tensor, error: [Double], carried: (stays: Tensor, moves: Tensor)? = nil) {
    (self.x, self.error, self.carried) = (x, error, carried)
  }
}

/// Takes each row from t to u, which must depend on that row alone.
package typealias TrialStep = (_ x: Tensor, _ rows: RowIntervals, _ carried: Tensor?) throws ->
  Trial

/// The time plan of adaptive methods: between two times of the grid each row makes steps of its own, so
/// that it does not depend on the others. Rows that have arrived are no longer sent to the model.
///
/// The state is float64 on the way, so that the error can be told from rounding.
package final class RowStepper {
  private let run: SamplingRun
  private let control: StepControl
  private let trial: TrialStep
  /// What errors call a row.
  private let noun: String
  /// The time that errors show for one of the stepper's own.
  private let clock: (Double) -> Double
  /// How far each row tries to go next; empty before the first step.
  private var widths: [Double] = []
  private var wasRejected: [Bool] = []

  /// The rows that are on their way, and where they are.
  private struct Travellers {
    var rows: [Int]
    var t: [Double]
    var x: Tensor
    var carried: Tensor?
  }

  package init(
    _ run: SamplingRun, _ control: StepControl, of noun: String = "samples",
    clock: @escaping (Double) -> Double = { $0 }, _ trial: @escaping TrialStep
  ) {
    (self.run, self.control, self.trial) = (run, control, trial)
    (self.noun, self.clock) = (noun, clock)
  }

  package func callAsFunction(_ x: Tensor, _ interval: Interval) throws -> Tensor {
    guard run.process.sigma(at: interval.u) == 0 else {
      return try travelled(x, from: interval.t, to: interval.u).converted(to: x.dtype)
    }
    // The velocity may be infinite where no noise is left: the last stretch is in closed form.
    let lowest = max(interval.u, run.process.times.lowerBound)
    let near =
      lowest < interval.t && run.process.sigma(at: lowest) > 0
      ? try travelled(x, from: interval.t, to: lowest) : x
    let end = try run.cleanEnd(near, from: min(lowest, interval.t), to: interval.u) ?? near
    return try end.converted(to: x.dtype)
  }

  private func travelled(_ x: Tensor, from t: Double, to u: Double) throws -> Tensor {
    let count = x.shape[0]
    run.countRows(count)
    if widths.isEmpty {
      widths = [Double](repeating: (t - u) * StepControl.firstShare, count: count)
      wasRejected = [Bool](repeating: false, count: count)
    }
    let arrived = try x.converted(to: .float64).copied()
    var on = Travellers(
      rows: Array(0..<count), t: [Double](repeating: t, count: count), x: arrived)
    do {
      while !on.rows.isEmpty {
        try Cancellation.check()
        run.forget()
        let targets = zip(on.rows, on.t).map { row, t in
          t - widths[row] * (1 + 1e-9) <= u ? u : t - widths[row]
        }
        let trial = try trial(on.x, RowIntervals(t: on.t, u: targets), on.carried)
        on = try moved(on, to: targets, trial)
        on = try settled(on, at: u, into: arrived)
        run.reports(from: t, to: u, travelling: on.t, of: count)
        try checkLimit(on)
      }
    } catch {
      var times = [Double](repeating: u, count: count)
      try copyRows(of: on.x, to: on.rows, in: arrived)
      for (row, t) in zip(on.rows, on.t) { times[row] = t }
      run.unfinished = (arrived, times)
      throw error
    }
    try run.restrict(to: nil)
    return arrived
  }

  /// Rows that accept their step are at their targets, with another width for the next.
  private func moved(_ on: Travellers, to targets: [Double], _ trial: Trial) throws -> Travellers {
    guard trial.x.shape == on.x.shape, trial.error.count == on.rows.count else {
      throw UserError(
        "a step must return a state of shape \(on.x.shape) and \(on.rows.count) errors, got "
          + "\(trial.x.shape) and \(trial.error.count)")
    }
    var (next, accepted, collapsed) = (on, [Int](), [Int]())
    for (place, row) in on.rows.enumerated() {
      let (error, tried) = (trial.error[place], on.t[place] - targets[place])
      let isAccepted = error <= 1
      let wanted = tried * control.factor(error, afterRejection: wasRejected[row])
      // A step cut short by the end of the stretch says nothing against longer ones.
      widths[row] = isAccepted && tried < widths[row] ? max(widths[row], wanted) : wanted
      wasRejected[row] = !isAccepted
      run.note(row: row, isAccepted: isAccepted)
      if isAccepted {
        next.t[place] = targets[place]
        accepted.append(place)
      } else if widths[row] < 16 * on.t[place].ulp {
        collapsed.append(place)
      }
    }
    guard collapsed.isEmpty else { throw collapse(on, collapsed, trial) }
    if accepted.count == on.rows.count {
      next.x = trial.x
    } else {
      next.x = try on.x.copied()
      try copyRows(accepted, of: trial.x, to: accepted, in: next.x)
    }
    if let (stays, moves) = trial.carried {
      let kept = accepted.count == on.rows.count ? moves : try stays.copied()
      if accepted.count < on.rows.count {
        try copyRows(accepted, of: moves, to: accepted, in: kept)
      }
      next.carried = kept
    }
    return next
  }

  /// Puts rows that have arrived into the result and goes on with the others.
  private func settled(_ on: Travellers, at u: Double, into result: Tensor) throws -> Travellers {
    let done = on.t.indices.filter { on.t[$0] <= u }
    if done.isEmpty { return on }
    try copyRows(done, of: on.x, to: done.map { on.rows[$0] }, in: result)
    let left = on.t.indices.filter { on.t[$0] > u }
    try run.restrict(to: left.map { on.rows[$0] })
    return Travellers(
      rows: left.map { on.rows[$0] }, t: left.map { on.t[$0] }, x: try on.x.gathered(rows: left),
      carried: try on.carried?.gathered(rows: left))
  }

  private func checkLimit(_ on: Travellers) throws {
    let late = on.rows.indices.filter { run.trials(ofRow: on.rows[$0]) >= control.maxSteps }
    guard let first = late.first else { return }
    throw UserError(
      "\(late.count) of \(run.rowCount) \(noun) have made max_steps = \(control.maxSteps) steps; the "
        + "first is at t = \(shortNumber(clock(on.t[first])))")
  }

  private func collapse(_ on: Travellers, _ places: [Int], _ trial: Trial) -> UserError {
    let isLost = places.contains { !trial.error[$0].isFinite }
    let reason =
      isLost
      ? "the score or the state is NaN or infinite there"
      : "the tolerances are below what rounding in the model allows"
    return UserError(
      "the steps of \(places.count) of \(run.rowCount) \(noun) shrank to nothing at t = "
        + "\(shortNumber(clock(on.t[places[0]]))): \(reason)")
  }

  /// Copies rows of a dense float64 tensor into rows of another.
  private func copyRows(
    _ places: [Int]? = nil, of source: Tensor, to rows: [Int], in target: Tensor
  ) throws {
    let source = try source.densified()
    let width = source.elementCount / max(source.shape[0], 1)
    let (from, to) = (source.pointer(Double.self), target.pointer(Double.self))
    for (index, row) in rows.enumerated() {
      (to + row * width).update(from: from + (places?[index] ?? index) * width, count: width)
    }
  }
}
