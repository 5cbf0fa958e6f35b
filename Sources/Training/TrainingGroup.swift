import Catalog
import Diffusion
import Glibc
import Optimizers
import Runtime

/// Training runs that advance together, one for each model of a list. Cuts their updates into blocks that
/// end where a row of the log is due, draws rates and times ahead of a block, and calls probes after it.
///
/// After an error the runs may stand at different updates of one block; `advance` brings all to its end.
final class TrainingGroup {
  let runs: [TrainingRun]
  let options: TrainOptions
  let optimizer: Optimizer
  /// Updates in all; nil where the run was started without an end.
  let steps: Int?
  let logEvery: Int
  private(set) var seconds: Double
  /// Updates that all runs made, those that stopped aside.
  private var step: Int
  private var isAdvancing = false

  /// Examples whose times are held at once.
  private static let blockExamples = 1 << 16

  /// - Parameters: `step` and `seconds`, where a run that was stored goes on.
  init(
    runs: [TrainingRun], options: TrainOptions, steps: Int?, step: Int = 0, seconds: Double = 0
  ) {
    self.step = step
    self.seconds = seconds
    self.runs = runs
    self.options = options
    optimizer = options.optimizer ?? OptimModule.adam()
    self.steps = steps
    logEvery =
      options.probe?.every ?? options.logEvery?.value ?? steps.map { max(1, $0 / 100) } ?? 100
  }

  /// Makes updates until all runs that still move have made `target`.
  func advance(to target: Int) throws {
    guard !isAdvancing else {
      throw UserError("the run is in the middle of an update or a probe")
    }
    isAdvancing = true
    let start = ContinuousClock.now
    var progress = ProgressLine("train", total: target, from: step, isShown: options.progress)
    defer {
      isAdvancing = false
      seconds += (ContinuousClock.now - start).seconds
      progress.clear()
      for run in runs { run.markWritten() }
    }
    try logWhereDue()
    while step < target, runs.contains(where: \.isMoving) {
      let end = min(step + blockLength, target, nextRow, nextCheckpoint)
      try advanceBlock(to: end)
      guard runs.contains(where: \.isMoving) else { return }
      step = end
      try logWhereDue()
      try saveWhereDue(since: start)
      progress.show(step: step, since: start)
    }
  }

  /// The others go on without this one.
  func leave(_ run: TrainingRun) throws {
    guard !isAdvancing else {
      throw UserError("the run is in the middle of an update or a probe")
    }
    run.hasLeft = true
  }

  func advance(by count: Count) throws {
    try advance(to: (Count(step) + count).value)
  }

  private var blockLength: Int {
    max(1, TrainingGroup.blockExamples / max(runs.map(\.rows).max() ?? 1, 1))
  }

  /// The update behind which the next row of the log is due.
  private var nextRow: Int {
    let next = step - step % logEvery + logEvery
    return steps.map { step < $0 ? min(next, $0) : next } ?? next
  }

  /// The update behind which the next checkpoint is due.
  private var nextCheckpoint: Int {
    options.checkpoint.map { step - step % $0.every + $0.every } ?? .max
  }

  private func saveWhereDue(since start: ContinuousClock.Instant) throws {
    guard let plan = options.checkpoint, step % plan.every == 0 else { return }
    let before = seconds
    seconds += (ContinuousClock.now - start).seconds
    defer { seconds = before }
    for run in runs where run.isMoving {
      try Checkpoint.save(Fit(run, self), to: plan.path(of: run, among: runs.count))
    }
  }

  /// Updates of one turn: an eighth of a block, so that three models keep two threads busy to its end.
  private static func turnLength(_ block: Int) -> Int { (block + 7) / 8 }

  private func advanceBlock(to end: Int) throws {
    let rates = try optimizer.rate.rates(from: step + 1, count: end - step)
    let moving = runs.filter { $0.isMoving && $0.step < end }
    let schedules = try moving.map {
      try $0.schedule(options, rates: Array(rates.dropFirst($0.step - step)))
    }
    while true {
      let left = moving.indices.filter { moving[$0].isMoving && moving[$0].step < end }
      if left.isEmpty { return }
      // What calls Lua in its next update, in turn; then side by side what does not.
      for place in left where moving[place].callsLua {
        try moving[place].advance(schedules[place], callingLua: true)
        try Cancellation.check()
      }
      // The first failure in the order of the models is the one that is told.
      let failures = Failures()
      let turns = Turns(left.map { (place: $0, step: moving[$0].step) })
      try WorkerPool.shared.run(chunks: left.count) { _ in
        while !Cancellation.isRequested, let place = turns.take() {
          let (run, schedule) = (moving[place], schedules[place])
          let aim = run.step + TrainingGroup.turnLength(schedule.steps.count)
          do { try run.advance(schedule, callingLua: false, to: aim) } catch {
            failures.note(error, at: place)
            continue
          }
          if run.step == aim { turns.giveBack(place, step: aim) }
        }
      }
      if let error = failures.first { throw error }
      try Cancellation.check()
    }
  }

  /// One row of the log for each run where one is due: step, epoch, mean loss since the last row, probes.
  private func logWhereDue() throws {
    guard step % logEvery == 0 || step == steps, step > 0 || options.probe != nil else { return }
    for run in runs where run.log.lastStep != step && !run.hasLeft {
      let epoch = Double(step) / Double(run.stepsPerEpoch)
      let loss = run.hasStopped ? .nan : run.meanLoss
      var row: [Value] = [.integer(step), .number(epoch), .number(loss)]
      run.markWritten()
      for (name, body) in options.probe?.functions ?? [] {
        // A diverged run keeps its place in the log, with NaN.
        let value =
          try run.hasStopped
          ? .number(.nan)
          : body.probe(ProbeState(run, epoch: epoch, loss: loss), name: name)
        row.append(value)
      }
      run.append(row)
    }
  }
}

/// Which run a thread advances next: of those that no thread has now, the one with the fewest updates. A run
/// that is not given back, since it failed, is done, or calls Lua next, is not taken again.
private final class Turns: Sendable {
  private let waiting: Guarded<[(place: Int, step: Int)]>

  init(_ runs: [(place: Int, step: Int)]) { waiting = Guarded(runs) }

  func take() -> Int? {
    waiting.withLock { waiting in
      guard let next = waiting.indices.min(by: { waiting[$0].step < waiting[$1].step }) else {
        return nil
      }
      return waiting.remove(at: next).place
    }
  }

  func giveBack(_ place: Int, step: Int) { waiting.withLock { $0.append((place, step)) } }
}

/// Errors of a parallel loop, by place.
private final class Failures: Sendable {
  private let errors: Guarded<[Int: any Error]> = Guarded([:])
  func note(_ error: any Error, at place: Int) { errors.withLock { $0[place] = error } }
  var first: (any Error)? { errors.withLock { $0.min { $0.key < $1.key }?.value } }
}
