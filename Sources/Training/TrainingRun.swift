import Autodiff
import Catalog
import Diffusion
import Glibc
import KernelsBase
import Models
import Optimizers
import Processes
import Runtime
import Tensors

/// One model on its way: data, order of the examples, noise, objective, optimiser state. `advance` runs
/// a block of updates. With a compiled network and loss it never calls Lua, so that many models may
/// advance side by side; those written in Lua are called in each update.
///
/// Randomness counts examples since the start, never batches or blocks: Philox keys per purpose
/// (order, time, noise), counter = example number.
final class TrainingRun {
  let fit: Fit
  let index: Int
  private let data: Tensor
  private let network: any Network
  private let process: any DiffusionProcess
  private let objective: any Objective
  private let state: any OptimizerState
  private let whole: NoisedBatch
  private let short: NoisedBatch
  private let gradient: Tensor
  private let average: Tensor?
  private let emaDecay: Double
  private var order: [Int32]
  private var orderEpoch = -1
  private(set) var step = 0
  private(set) var examples: UInt64 = 0
  private var lossSum = 0.0
  private var lossCount = 0

  let batch: Int
  let stepsPerEpoch: Int
  let seed: Int
  private let shuffleKey: UInt64
  private let timeKey: UInt64
  private let noiseKey: UInt64

  init(
    model: ScoreModel, network: any Network, data: Tensor, options: TrainOptions,
    optimizer: Optimizer, seed: Int, index: Int
  ) throws {
    let n = data.shape[0]
    let d = data.shape[1]
    self.data = data
    self.network = network
    self.index = index
    self.seed = seed
    process = model.process
    batch = min(options.batch.value, n)
    stepsPerEpoch = (n + batch - 1) / batch
    objective =
      try options.loss.map { AutodiffObjective(network, model.sde, loss: $0) }
      ?? denoisingObjective(network, model.process)
    state = try optimizer.rule.makeState(count: network.parameters.trained.count)
    whole = try NoisedBatch(capacity: batch, dimension: d)
    short = whole.prefix(n - (stepsPerEpoch - 1) * batch)
    gradient = try .zeros([network.parameters.trained.count])
    emaDecay = options.ema ?? 0
    let trained = network.parameters.trainedValues
    if options.ema != nil { try Memory.request(trained.count, of: Float.self) }
    average =
      options.ema == nil
      ? nil : try Tensor(Array(trained))
    order = try checkedArray(repeating: 0, count: n)
    func key(_ purpose: RandomPurpose) -> UInt64 {
      mix(seed: UInt64(bitPattern: Int64(seed)), purpose: purpose.rawValue)
    }
    shuffleKey = key(.shuffle)
    timeKey = key(.time)
    noiseKey = key(.noise)
    fit = Fit(
      model: model, seed: seed, batch: batch, wanted: options.batch.value,
      probes: options.probe?.functions.map(\.name) ?? [])
  }

  var hasStopped: Bool { fit.divergence != nil }
  /// Whether each update calls Lua, and so runs only on the thread that does.
  var callsLua: Bool { objective.callsLua }

  /// Examples that the next `steps` updates will use.
  func exampleCount(steps: Int) -> Int {
    (step..<step + steps).reduce(0) { $0 + batchSize(of: $1) }
  }

  private func batchSize(of step: Int) -> Int {
    (step + 1) % stepsPerEpoch == 0 ? short.count : batch
  }

  /// The mean loss since the last call; nil where there were no updates.
  func takeMeanLoss() -> Double? {
    guard lossCount > 0 else { return nil }
    defer {
      lossSum = 0
      lossCount = 0
    }
    return lossSum / Double(lossCount)
  }

  /// What a block of updates needs from outside the loop, one element an example.
  struct Schedule {
    let times: Tensor
    let std: Tensor
    let mean: Tensor
    let weights: Tensor?
    let rates: [Double]
  }

  /// Times of the coming examples, drawn uniformly unless a Lua function draws them.
  func schedule(_ options: TrainOptions, rates: [Double]) throws -> Schedule {
    let count = exampleCount(steps: rates.count)
    let times = try options.time.map { try drawTimes($0, count) } ?? uniformTimes(count)
    let std = try process.std(of: times)
    let mean = try process.mean(of: times)
    let weights = try options.weight.map { weight in
      let lambda = try weight.call(times, returning: Tensor.self, name: "weight")
      guard lambda.shape == times.shape else {
        throw UserError(
          "weight must return a tensor of shape \(times.shape), got \(lambda.describe())")
      }
      let values = try lambda.constant("the result of weight").doubles()
      if let place = values.firstIndex(where: { !($0 >= 0) }) {
        throw UserError(
          "weight must return numbers of 0 or more, got \(formatNumber(values[place])) at position "
            + "\(place + 1), where t = \(formatNumber(try times.doubles()[place]))")
      }
      return try (lambda.converted(to: .float32) / square(std)).densified()
    }
    return Schedule(times: times, std: std, mean: mean, weights: weights, rates: rates)
  }

  private func uniformTimes(_ count: Int) throws -> Tensor {
    let times = try Tensor(uninitialized: [count])
    let out = times.pointer(Float.self)
    kernels.uniform(out, rows: count, columns: 1, key: timeKey, step: 0, firstRow: examples)
    let range = process.trainingTimes
    let first = Float(range.lowerBound)
    let span = Float(range.upperBound - range.lowerBound)
    for i in 0..<count { out[i] = first + span * out[i] }
    return times
  }

  /// The stream a Lua function draws from counts rows by example since the start, so that times drawn
  /// row by row do not depend on how a run is cut into blocks.
  private func drawTimes(_ draw: Callback, _ count: Int) throws -> Tensor {
    let stream = RandomStream(seed: seed, purpose: .time, firstRow: examples)
    let times = try draw.call(count, stream, returning: Tensor.self, name: "time")
    guard times.shape == [count] else {
      throw UserError("time must return a tensor of shape [\(count)], got \(times.describe())")
    }
    let result = try times.constant("the result of time").converted(to: .float32).densified()
    try process.check(times: result, name: "time")
    return result
  }

  // MARK: The loop

  /// Runs `schedule.rates.count` updates, or fewer where numbers stop being finite or the user
  /// interrupts; the state is whole after each update.
  func advance(_ schedule: Schedule) throws {
    var start = 0
    for rate in schedule.rates {
      if Cancellation.isRequested { return }
      let current = (step + 1) % stepsPerEpoch == 0 ? short : whole
      try fill(current, schedule, start)
      start += current.count
      let out = gradient.pointer(Float.self)
      let loss = try objective.lossAndGradient(current, into: out)
      guard loss.isFinite else {
        fit.divergence = Fit.Divergence(step: step + 1, quantity: "loss")
        return
      }
      step += 1
      let trained = network.parameters.trainedValues
      guard let parameters = trained.baseAddress else { return }
      state.update(parameters, gradient: out, rate: rate, step: step)
      updateAverage(parameters, trained.count)
      lossSum += loss
      lossCount += 1
    }
  }

  /// The mean of θ₁ … θ_k with weights ∝ β^{k−j}: as Adam corrects its means, so that the start, which
  /// is no estimate of anything, does not weigh in (Kingma and Ba 2015, section 3).
  private func updateAverage(_ parameters: UnsafePointer<Float>, _ count: Int) {
    guard let average = average?.pointer(Float.self) else { return }
    let weight = Float((1 - emaDecay) / (1 - pow(emaDecay, Double(step))))
    WorkerPool.shared.runWhole(count: count, grain: 1 << 15) { range in
      kernels.lerp(
        average + range.lowerBound, parameters + range.lowerBound, weight, range.count)
    }
  }

  /// Gathers the next examples and mixes noise into them.
  private func fill(_ batch: NoisedBatch, _ schedule: Schedule, _ start: Int) throws {
    let d = data.shape[1]
    let epoch = step / stepsPerEpoch
    if epoch != orderEpoch {
      try shuffle(
        &order, key: shuffleKey, step: UInt32(truncatingIfNeeded: epoch), row: 0,
        poll: Cancellation.check)
      orderEpoch = epoch
    }
    let first = (step % stepsPerEpoch) * self.batch
    let source = data.pointer(Float.self)
    let clean = batch.clean.pointer(Float.self)
    for i in 0..<batch.count {
      (clean + i * d).update(from: source + Int(clamping: order[first + i]) * d, count: d)
    }
    copyRow(schedule.times, start, to: batch.times)
    copyRow(schedule.std, start, to: batch.std)
    copyRow(schedule.mean, start, to: batch.mean)
    let weights = batch.weights.pointer(Float.self)
    if let given = schedule.weights {
      weights.update(from: given.pointer(Float.self) + start, count: batch.count)
    } else {
      for i in 0..<batch.count { weights[i] = 1 }
    }
    kernels.normal(
      batch.noise.pointer(Float.self), rows: batch.count, columns: d, key: noiseKey, step: 0,
      firstRow: examples)
    batch.mixNoise()
    examples += UInt64(batch.count)
  }

  private func copyRow(_ source: Tensor, _ start: Int, to target: Tensor) {
    target.pointer(Float.self).update(
      from: source.pointer(Float.self) + start, count: target.elementCount)
  }

  /// Tells the storage that training has written to it, for gradients recorded before.
  func markWritten() { network.parameters.flat.storage.noteWrite() }

  /// The averaged model, and marks the parameters as written.
  func finish() throws {
    markWritten()
    fit.steps = step
    guard let average else { return }
    let copy = try fit.model.copied()
    copy.network?.parameters.setTrained(
      UnsafeBufferPointer(start: average.pointer(Float.self), count: average.elementCount))
    fit.emaModel = copy
  }
}
