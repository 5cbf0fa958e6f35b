import Autodiff
import Catalog
import Diffusion
import Files
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
  let points: any PointSource
  /// The points where they are in memory.
  private let data: Tensor?
  /// Classes of the points, int64, where the network has them.
  let labels: Tensor?
  private let network: any Network
  let process: any DiffusionProcess
  private let objective: any Objective
  /// What weighs the examples; denoising score matching where the loss is a function of the user's own.
  let loss: any Loss
  let setting: LossSetting
  private let hasBuffers: Bool
  let chain: UpdateChain
  private let order: PointOrder
  private let whole: NoisedBatch
  private let short: NoisedBatch
  private let gradient: Tensor
  let average: ParameterAverage?
  let posthoc: PosthocRecorder?
  let draws: ExampleDraws
  /// The times of all updates, where draws are common.
  @exclusivity(unchecked) var commonTimes: TimeTable?

  init(
    model: ScoreModel, score: NetworkScore, points: any PointSource, options: TrainOptions,
    seed: Int,
    index: Int
  ) throws {
    let network = score.network
    (self.model, self.network, self.points) = (model, network, points)
    data = (points as? TensorPoints)?.tensor
    labels = try Train.checkedLabels(options.labels, score, count: points.count)
    (self.seed, self.index) = (seed, index)
    process = model.process
    pointCount = points.count
    noises = options.noises.value
    let rows = try (options.batch * options.noises).value
    let chosen = options.loss?.choice?.loss
    loss = chosen ?? DenoisingLoss()
    setting = LossSetting(score, model.sde, rows: rows, isLabelled: labels != nil)
    whole = try NoisedBatch(
      capacity: rows, shape: model.shape, isLabelled: options.labels != nil,
      probes: loss.probes?.count ?? 0, isNumbered: network.drawsNumbers)
    draws = try ExampleDraws(options, process, seed: seed, probes: loss.probes)
    order = try PointOrder(
      count: pointCount, batch: options.batch.value,
      key: mix(seed: UInt64(bitPattern: Int64(seed)), purpose: RandomPurpose.shuffle.rawValue))
    objective = try Self.objective(options, loss, setting)
    hasBuffers = network.parameters.items.contains(where: \.isBuffer)
    let count = network.parameters.trained.count
    chain = try (options.optimizer ?? OptimModule.adam()).makeChain(count: count)
    short = whole.prefix(order.lastBatch * noises)
    gradient = try .zeros([count])
    averaged = options.ema == nil ? nil : try model.copied()
    average = try options.ema.flatMap { [averaged] choice in
      try averaged?.network.map {
        try ParameterAverage(
          choice.rule(), examples: rows, in: $0.parameters.trainedValues)
      }
    }
    posthoc = try options.posthoc.map {
      try PosthocRecorder($0, parameters: count, examples: rows, index: index, seed: seed)
    }
    log = TrainingLog(probes: options.probe?.functions.map(\.name) ?? [])
  }

  private static func objective(_ options: TrainOptions, _ loss: any Loss, _ setting: LossSetting)
    throws -> any Objective
  {
    if case .first(let function)? = options.loss {
      return AutodiffObjective(setting.score, setting.sde, loss: function)
    }
    try loss.check(setting)
    guard options.weight == nil || loss.takesScoreWeight else {
      let own = options.loss?.choice?.describe() ?? "it"
      throw UserError(
        "weight must not be given beside the loss \(own), which has weights of its own")
    }
    return try loss.objective(setting)
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
  /// Whether it makes no more updates with the others of its list.
  var hasLeft = false
  var isMoving: Bool { !hasStopped && !hasLeft }
  /// Whether the next update calls Lua, and so must be made on the thread that runs Lua.
  var callsLua: Bool { objective.callsLua(count: nextBatch.count) }
  private var nextBatch: NoisedBatch { order.isLast(step) ? short : whole }

  /// Examples of an update.
  func rows(of step: Int) -> Int { order.isLast(step) ? short.count : whole.count }

  func examples(before step: Int) -> Int { order.points(before: step) &* noises }

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

  // MARK: The loop

  /// Makes updates to the end of the schedule, or until there are `aim`, or to the first that calls Lua where
  /// `callingLua` is not set, or to the first that does not where it is. Ends early where numbers stop being
  /// finite or the user interrupts; the state is whole after each update.
  func advance(_ schedule: Schedule, callingLua: Bool, to aim: Int = .max) throws {
    while schedule.steps.contains(step), step < aim {
      let current = nextBatch
      guard objective.callsLua(count: current.count) == callingLua else { return }
      let rate = schedule.rates[step - schedule.steps.lowerBound]
      if Cancellation.isRequested { return }
      try posthoc?.writeWhereDue(updates: chain.updates(after: step))
      try fill(current, schedule.examples)
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
        posthoc?.add(parameters, updates: chain.updates(after: step))
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
  private func fill(_ batch: NoisedBatch, _ examples: TimeTable) throws {
    let d = model.dimension
    let clean = batch.clean.pointer(Float.self)
    try order.withPlaces(of: step) { places in
      if let data {
        let source = data.pointer(Float.self)
        for i in 0..<batch.count {
          let place = Int(clamping: places[noises == 1 ? i : i / noises])
          (clean + i * d).update(from: source + place * d, count: d)
        }
      } else {
        try points.fill(
          clean, places, count: batch.count, times: noises, drawn: order.points(before: step))
      }
      if let labels, let chosen = batch.labels?.pointer(Int64.self) {
        let classes = labels.pointer(Int64.self)
        for i in 0..<batch.count { chosen[i] = classes[Int(clamping: places[i / noises])] }
      }
      switch draws.sharing {
      case nil: draw(batch, 0, self.examples(before: step), batch.count, examples)
      case .update: draw(batch, 0, 0, batch.count, examples)
      case .point:
        for offset in stride(from: 0, to: batch.count, by: noises) {
          let place = Int(clamping: places[offset / noises])
          draw(batch, offset, place * noises, noises, examples)
        }
      }
    }
    if let numbers = batch.examples?.pointer(Double.self) {
      let first = self.examples(before: step)
      for i in 0..<batch.count {
        (numbers[2 * i], numbers[2 * i + 1]) = (Double(seed), Double(first &+ i))
      }
    }
    batch.mixNoise()
  }

  /// Fills rows of a batch, from `offset` on, with the draws of examples, from the number `example` on.
  private func draw(
    _ batch: NoisedBatch, _ offset: Int, _ example: Int, _ count: Int, _ table: TimeTable
  ) {
    let start = example - table.first
    func copy(_ source: Tensor, _ target: Tensor) {
      (target.pointer(Float.self) + offset).update(
        from: source.pointer(Float.self) + start, count: count)
    }
    copy(table.drawn.t, batch.times)
    copy(table.drawn.sigma, batch.sigma)
    copy(table.drawn.alpha, batch.alpha)
    if let given = table.weights {
      copy(given, batch.weights)
    } else {
      let weights = batch.weights.pointer(Float.self) + offset
      for i in 0..<count { weights[i] = 1 }
    }
    draws.fill(
      batch, offset, example: UInt64(bitPattern: Int64(example)), count: count,
      dimension: model.dimension)
  }

  /// Tells the storages that training has written to them, for gradients recorded before.
  func markWritten() {
    network.parameters.flat.storage.noteWrite()
    averaged?.network?.parameters.flat.storage.noteWrite()
  }
}
