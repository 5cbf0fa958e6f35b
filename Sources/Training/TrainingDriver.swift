import Autodiff
import Catalog
import Glibc
import Models
import Optimizers
import Runtime
import Synchronization
import Tensors

/// Cuts training runs into blocks, advances them, and calls probes between the blocks.
final class TrainingDriver {
  private let runs: [TrainingRun]
  private let options: TrainOptions
  private let optimizer: Optimizer
  private let steps: Int
  private let stepsPerEpoch: Int
  private let logEvery: Int
  private let start = ContinuousClock.now
  private var progress: ProgressLine

  /// Examples whose times are held at once.
  private static let blockExamples = 1 << 16

  init(
    runs: [TrainingRun], options: TrainOptions, optimizer: Optimizer, steps: Int,
    stepsPerEpoch: Int
  ) {
    self.runs = runs
    self.options = options
    self.optimizer = optimizer
    self.steps = steps
    self.stepsPerEpoch = stepsPerEpoch
    logEvery = options.probe?.every ?? options.logEvery?.value ?? max(1, steps / 100)
    progress = ProgressLine(total: steps, isShown: options.progress)
  }

  func run() throws {
    defer { progress.clear() }
    do {
      if options.probe != nil { try logAll(step: 0) }
      var step = 0
      while step < steps, runs.contains(where: { !$0.hasStopped }) {
        let count = min(blockLength, steps - step, logEvery - step % logEvery)
        try advance(from: step, count: count)
        step += count
        if step % logEvery == 0 || step == steps { try logAll(step: step) }
        progress.show(step: step, since: start)
      }
    } catch {
      finishAll()
      throw error
    }
    finishAll()
  }

  private var blockLength: Int {
    max(1, TrainingDriver.blockExamples / max(runs.map(\.batch).max() ?? 1, 1))
  }

  private func advance(from step: Int, count: Int) throws {
    let rates = try optimizer.rate.rates(from: step + 1, count: count)
    let moving = runs.filter { !$0.hasStopped }
    let schedules = try moving.map { try $0.schedule(options, rates: rates) }
    // The first failure in the order of the models is the one that is told.
    let failures = Failures()
    func advance(_ place: Int) {
      do { try moving[place].advance(schedules[place]) } catch { failures.note(error, at: place) }
    }
    let compiled = moving.indices.filter { !moving[$0].callsLua }
    try WorkerPool.shared.run(chunks: compiled.count) { advance(compiled[$0]) }
    for place in moving.indices where moving[place].callsLua && failures.first == nil {
      advance(place)
    }
    if let error = failures.first { throw error }
    try Cancellation.check()
  }

  /// One row of the log for each run: step, epoch, mean loss since the last row, probes.
  private func logAll(step: Int) throws {
    for run in runs {
      if run.hasStopped {
        if run.fit.log[0].values.last?.asNumber != Double(step) { appendStopped(run, step) }
        continue
      }
      let loss = run.takeMeanLoss()
      var row: [Value] = [
        .integer(step), .number(Double(step) / Double(stepsPerEpoch)), .number(loss ?? .nan),
      ]
      run.markWritten()
      for (name, body) in options.probe?.functions ?? [] {
        let state = ProbeState(
          run, step: step, epoch: Double(step) / Double(stepsPerEpoch), loss: loss ?? .nan)
        row.append(try body.probe(state, name: name))
      }
      run.fit.append(row)
    }
  }

  /// A diverged run keeps its place in the log, with NaN.
  private func appendStopped(_ run: TrainingRun, _ step: Int) {
    let probes = options.probe?.functions.count ?? 0
    run.fit.append(
      [.integer(step), .number(Double(step) / Double(stepsPerEpoch)), .number(.nan)]
        + Array(repeating: .number(.nan), count: probes))
  }

  private func finishAll() {
    let elapsed = (ContinuousClock.now - start).seconds
    for run in runs {
      run.fit.seconds = elapsed
      do { try run.finish() } catch { continue }
    }
  }
}

/// Errors of a parallel loop, by place.
private final class Failures: Sendable {
  private let errors: Mutex<[Int: any Error]> = Mutex([:])
  func note(_ error: any Error, at place: Int) { errors.withLock { $0[place] = error } }
  var first: (any Error)? { errors.withLock { $0.min { $0.key < $1.key }?.value } }
}

extension Duration {
  var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}

/// One line on stderr, `train 12000/64032  19 %  310k steps/s  0:12 left`, rewritten in place.
struct ProgressLine {
  private let total: Int
  private let isShown: Bool
  private var lastShown = ContinuousClock.now
  private var hasShown = false

  init(total: Int, isShown: Bool?) {
    self.total = total
    self.isShown = isShown ?? (isatty(2) != 0)
  }

  mutating func show(step: Int, since start: ContinuousClock.Instant) {
    let now = ContinuousClock.now
    guard isShown, (now - lastShown).seconds > 0.25 else { return }
    lastShown = now
    hasShown = true
    let elapsed = (now - start).seconds
    let speed = Double(step) / elapsed
    let left = Int(clamping: (Double(total - step) / speed).rounded())
    let clock = "\(left / 60):\(left % 60 < 10 ? "0" : "")\(left % 60)"
    write(
      "\r\u{1B}[Ktrain \(step)/\(total)  \(100 * step / total) %  \(shortNumber(speed)) steps/s  "
        + "\(clock) left")
  }

  func clear() { if hasShown { write("\r\u{1B}[K") } }

  private func write(_ text: String) {
    var text = text
    text.withUTF8 { _ = Glibc.write(2, $0.baseAddress, $0.count) }
  }
}
