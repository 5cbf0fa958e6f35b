import Catalog
import Diffusion
import Models
import Runtime
import Tensors

/// A training run of one model, from before its first update on. The Lua type `fit`. The fits of a list
/// of models advance together.
package final class Fit: FunctionHolder {
  package static var typeName: String { "fit" }

  let run: TrainingRun
  let group: TrainingGroup

  init(_ run: TrainingRun, _ group: TrainingGroup) { (self.run, self.group) = (run, group) }

  package var model: ScoreModel { run.model }
  package var step: Int { run.step }
  /// The update whose loss or gradient was not finite.
  package var divergence: (step: Int, quantity: String)? {
    run.divergence.map { ($0.step, $0.quantity) }
  }
  package var log: TrainingLog { run.log }
  package var averagedModel: ScoreModel? { run.averaged }

  package var functions: [Callback] {
    let options = group.options
    return run.model.functions + group.optimizer.functions
      + (options.weight.map { [$0] } ?? []) + (options.time?.functions ?? [])
      + (options.loss?.functions ?? [])
      + (options.probe?.functions.map(\.body) ?? [])
  }

  package func describe() -> String {
    let end =
      run.divergence.map { ", \($0.quantity) not finite at step \($0.step)" }
      ?? run.log.lastLoss.map { ", loss \(shortNumber($0))" } ?? ""
    let drawn =
      run.drawsWithReplacement
      ? "\(run.batch) of \(run.pointCount) points an update, drawn with replacement, " : ""
    let made = group.steps.map { run.step < $0 ? "\(run.step) of \($0)" : "\(run.step)" }
    let initial = initialShare ?? 0
    let kept =
      initial >= 0.01
      ? ", ema holds \(formatNumber((initial * 100).rounded())) % of the initial parameters" : ""
    let left = run.hasLeft ? " and left" : ""
    return "fit(\(run.model.function.name), \(drawn)\(made ?? "\(run.step)") steps\(left), "
      + "\(shortNumber(group.seconds)) s\(end)\(kept))"
  }

  // MARK: Going on

  /// Makes so many more updates, of all models of the list.
  package func advance(_ count: Count) throws {
    try checkMoving()
    try group.advance(by: count)
    try checkMoving()
  }

  /// Goes on to the end that was asked for.
  package func finish() throws {
    guard let steps = group.steps else {
      throw UserError("the run has no end: neither steps nor epochs was given; use fit:advance(n)")
    }
    try checkMoving()
    try group.advance(to: steps)
    try checkMoving()
  }

  /// The others of the list go on without this one.
  package func leave() throws { try group.leave(run) }

  /// Throws where the run makes no more updates: numbers stopped being finite, and the parameters are those before that
  /// update, or it has left its list.
  func checkMoving() throws {
    guard !run.hasLeft else {
      throw UserError(
        "the fit has left after \(run.step) updates and makes no more; advance another of its list")
    }
    guard let stop = run.divergence else { return }
    throw UserError(
      "\(stop.quantity) is not finite at step \(stop.step); the model has the parameters before it")
  }

  /// The weight of the initial parameters in the averaged ones; nil without an average.
  package var initialShare: Double? {
    run.average?.initialShare(after: run.chain.updates(after: run.step))
  }

  /// The model with parameters averaged by the profile of another width.
  package func posthocModel(std: Double) throws -> ScoreModel {
    guard let posthoc = run.posthoc else {
      throw UserError("the run kept no averages: give train posthoc_ema = optim.posthoc_ema{…}")
    }
    let model = try run.model.copied()
    guard let target = model.network?.parameters.trainedValues else { return model }
    let values = try posthoc.average(std: std, updates: run.chain.updates(after: run.step))
    for i in target.indices { target[i] = values[i] }
    model.network?.parameters.flat.storage.noteWrite()
    return model
  }

  /// The learning rate of the last update, or of the first where there was none.
  func rate() throws -> Double {
    try run.progress.lastRate ?? group.optimizer.rate.rates(from: 1, count: 1)[0]
  }

  /// The fits of the last run that Lua started.
  package static var last: FitList {
    get { lock.withLock { _ in lastFits } }
    set { lock.withLock { _ in lastFits = newValue } }
  }
  private static let lock = Guarded(())
  nonisolated(unsafe) private static var lastFits = FitList(fits: [], isList: false)
}

/// What a run returns: one fit, or a list where a list of models was given.
package struct FitList {
  package let fits: [Fit]
  let isList: Bool

  /// nil before the first run.
  var value: Value {
    isList ? .list(fits.map { .object($0) }) : fits.first.map { .object($0) } ?? .none
  }
}
