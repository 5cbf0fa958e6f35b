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

/// One model on its way: data, order of the examples, noise, objective, optimiser state and log.
///
/// A run is whole between two updates. An update that fails, by an error in Lua or an interrupt, leaves
/// everything as it was before it, so that a later `advance` goes on to the same bits.
///
/// Randomness counts examples since the start, never batches or blocks: Philox keys per purpose
/// (order, time, noise), counter = example number, which follows from `step`.
final class TrainingRun {
  /// The point at which numbers stopped being finite.
  struct Divergence {
    let step: Int
    let quantity: String
  }

  let model: ScoreModel
  /// The model with averaged parameters, where `ema` was asked for.
  let averaged: ScoreModel?
  /// 1 for the first model of a list.
  let index: Int
  let seed: Int
  /// Points of the data, and how often each of a batch is taken with noise of its own.
  let pointCount: Int
  let noises: Int
  /// What changes with each update, beside tensors and log.
  struct Progress {
    var step = 0
    var divergence: Divergence?
    /// Learning rate of the last update.
    var lastRate: Double?
    /// Of the losses since the last row of the log.
    var lossSum = 0.0
    var lossCount = 0
  }

  @exclusivity(unchecked) private(set) var progress = Progress()
  private(set) var log: TrainingLog
  let data: Tensor
  /// Classes of the points, int64, where the network has them.
  let labels: Tensor?
  private let network: any Network
  private let process: any DiffusionProcess
  private let objective: any Objective
  private let hasBuffers: Bool
  let chain: UpdateChain
  private let order: PointOrder
  private let whole: NoisedBatch
  private let short: NoisedBatch
  private let gradient: Tensor
  private let average: ParameterAverage?
  private let timeKey: UInt64
  private let noiseKey: UInt64

  init(
    model: ScoreModel, score: NetworkScore, data: Tensor, options: TrainOptions, seed: Int,
    index: Int
  ) throws {
    let network = score.network
    (self.model, self.network, self.data) = (model, network, data)
    labels = try Train.checkedLabels(options.labels, score, count: data.shape[0])
    (self.seed, self.index) = (seed, index)
    func key(_ purpose: RandomPurpose) -> UInt64 {
      mix(seed: UInt64(bitPattern: Int64(seed)), purpose: purpose.rawValue)
    }
    timeKey = key(.time)
    noiseKey = key(.noise)
    process = model.process
    pointCount = data.shape[0]
    noises = options.noises.value
    let rows = try (options.batch * options.noises).value
    whole = try NoisedBatch(
      capacity: rows, shape: model.shape, isLabelled: options.labels != nil)
    order = try PointOrder(count: pointCount, batch: options.batch.value, key: key(.shuffle))
    objective =
      try options.loss.map { AutodiffObjective(score, model.sde, loss: $0) }
      ?? denoisingObjective(score, model.process)
    hasBuffers = network.parameters.items.contains(where: \.isBuffer)
    let count = network.parameters.trained.count
    chain = try (options.optimizer ?? OptimModule.adam()).makeChain(count: count)
    short = whole.prefix(order.lastBatch * noises)
    gradient = try .zeros([count])
    averaged = options.ema == nil ? nil : try model.copied()
    average = options.ema.flatMap { [averaged] decay in
      averaged?.network.map { ParameterAverage(decay: decay, in: $0.parameters.trainedValues) }
    }
    log = TrainingLog(probes: options.probe?.functions.map(\.name) ?? [])
  }

  var step: Int { progress.step }
  var divergence: Divergence? { progress.divergence }
  /// Points an update.
  var batch: Int { order.batch }
  var drawsWithReplacement: Bool { order.drawsWithReplacement }
  /// Rows of a whole batch.
  var rows: Int { whole.count }
  var stepsPerEpoch: Int { order.stepsPerEpoch }
  var hasStopped: Bool { divergence != nil }
  /// Whether the next update calls Lua, and so must be made on the thread that runs Lua.
  var callsLua: Bool { objective.callsLua(count: nextBatch.count) }
  private var nextBatch: NoisedBatch { order.isLast(step) ? short : whole }

  /// Examples before the next update.
  private var examples: UInt64 { UInt64(bitPattern: Int64(examples(before: step))) }

  private func examples(before step: Int) -> Int { order.points(before: step) &* noises }

  /// The mean loss since the last row of the log; NaN where there were no updates.
  var meanLoss: Double {
    progress.lossCount > 0 ? progress.lossSum / Double(progress.lossCount) : .nan
  }

  /// Takes up what a checkpoint holds beside the tensors, which stand in `model`, `chain` and `averaged`.
  func restore(_ progress: Progress, _ columns: [[Value]]) {
    self.progress = progress
    log.restore(columns)
    markWritten()
  }

  /// Closes a row of the log; the mean of the loss starts anew.
  func append(_ row: [Value]) {
    log.append(row)
    progress.lossSum = 0
    progress.lossCount = 0
  }

  /// What a block of updates needs from outside the loop, one element an example.
  struct Schedule {
    /// The updates that it is for.
    let steps: Range<Int>
    let times: Tensor
    let sigma: Tensor
    let alpha: Tensor
    let weights: Tensor?
    let rates: [Double]
  }

  /// Times of the coming examples, drawn uniformly unless a Lua function draws them.
  func schedule(_ options: TrainOptions, rates: [Double]) throws -> Schedule {
    let count = examples(before: step + rates.count) - examples(before: step)
    let times = try options.time.map { try drawTimes($0, count) } ?? uniformTimes(count)
    let sigma = try process.sigma(of: times)
    let alpha = try process.alpha(of: times)
    let weights =
      try options.weight.map { weight in
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
        return try (lambda.converted(to: .float32) / square(sigma)).densified()
      } ?? usualWeights(times)
    return Schedule(
      steps: step..<step + rates.count, times: times, sigma: sigma, alpha: alpha, weights: weights,
      rates: rates)
  }

  /// The weights where none are given; nil where all are 1.
  private func usualWeights(_ times: Tensor) throws -> Tensor? {
    guard let parametrization = model.networkScore?.parametrization,
      parametrization.weighsQuantity
    else { return nil }
    return try Tensor(
      times.doubles().polledMap { Float(parametrization.lossWeight(process, at: $0)) })
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

  /// Makes updates to the end of the schedule, or to the first that calls Lua where `callingLua` is not
  /// set, or to the first that does not where it is. Ends early where numbers stop being finite or the user
  /// interrupts; the state is whole after each update.
  func advance(_ schedule: Schedule, callingLua: Bool) throws {
    var start = examples(before: step) - examples(before: schedule.steps.lowerBound)
    while schedule.steps.contains(step) {
      let current = nextBatch
      guard objective.callsLua(count: current.count) == callingLua else { return }
      let rate = schedule.rates[step - schedule.steps.lowerBound]
      if Cancellation.isRequested { return }
      try fill(current, schedule, start)
      start += current.count
      let out = gradient.pointer(Float.self)
      let loss = try objective.lossAndGradient(current, into: out)
      guard loss.isFinite else { return stop("loss") }
      guard kernels.isFinite(out, gradient.elementCount) else { return stop("gradient") }
      let buffers = hasBuffers ? try objective.buffers.map { try $0.densified() } : []
      if hasBuffers,
        !buffers.allSatisfy({ kernels.isFinite($0.pointer(Float.self), $0.elementCount) })
      {
        return stop("buffer")
      }
      // Nothing below fails.
      if hasBuffers { write(buffers) }
      let trained = network.parameters.trainedValues
      guard let parameters = trained.baseAddress else { return }
      progress.step += 1
      progress.lastRate = rate
      if chain.update(parameters, gradient: out, rate: rate, step: step) {
        average?.add(parameters, updates: chain.updates(after: step))
      }
      progress.lossSum += loss
      progress.lossCount += 1
    }
  }

  private func write(_ buffers: [Tensor]) {
    for ((item, view), value) in zip(network.parameters.buffers, buffers) {
      view.pointer(Float.self).update(from: value.pointer(Float.self), count: item.range.count)
    }
    averaged?.network?.parameters.copyBuffers(from: network.parameters)
  }

  private func stop(_ quantity: String) {
    progress.divergence = Divergence(step: step + 1, quantity: quantity)
  }

  /// Gathers the next examples and mixes noise into them.
  private func fill(_ batch: NoisedBatch, _ schedule: Schedule, _ start: Int) throws {
    let d = model.dimension
    let source = data.pointer(Float.self)
    let clean = batch.clean.pointer(Float.self)
    try order.withPlaces(of: step) { places in
      for i in 0..<batch.count {
        let place = Int(clamping: places[noises == 1 ? i : i / noises])
        (clean + i * d).update(from: source + place * d, count: d)
      }
      guard let labels, let chosen = batch.labels?.pointer(Int64.self) else { return }
      let classes = labels.pointer(Int64.self)
      for i in 0..<batch.count { chosen[i] = classes[Int(clamping: places[i / noises])] }
    }
    copyRow(schedule.times, start, to: batch.times)
    copyRow(schedule.sigma, start, to: batch.sigma)
    copyRow(schedule.alpha, start, to: batch.alpha)
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
  }

  private func copyRow(_ source: Tensor, _ start: Int, to target: Tensor) {
    target.pointer(Float.self).update(
      from: source.pointer(Float.self) + start, count: target.elementCount)
  }

  /// Tells the storages that training has written to them, for gradients recorded before.
  func markWritten() {
    network.parameters.flat.storage.noteWrite()
    averaged?.network?.parameters.flat.storage.noteWrite()
  }
}
