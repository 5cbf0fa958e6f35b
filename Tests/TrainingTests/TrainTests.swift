import Autodiff
import Catalog
import Models
import Optimizers
import Processes
import Runtime
import Tensors
import Testing
import Training

@Suite("Training") struct TrainTests {
  func network(seed: Int = 1, width: Int = 16) throws -> ScoreModel {
    let sde = SDE(VEPower())
    var options = ScoreMLP.Options()
    options.width = try Count(width)
    return try ScoreMLP.model(options, sde: sde, seed: seed)
  }

  func points(_ count: Int, seed: Int = 1) throws -> Tensor {
    try RandomStream(seed: seed).normal([count, 1])
  }

  func options(_ change: (inout TrainOptions) -> Void) throws -> TrainOptions {
    var options = TrainOptions()
    options.optimizer = try OptimModule.sgd(rate: 0.5)
    options.seed = .one(7)
    options.progress = false
    change(&options)
    return options
  }

  func weights(_ model: ScoreModel) throws -> [Float] {
    try model.network?.parameters.flat.floats() ?? []
  }

  @Test("training lowers the loss, and the same seed gives the same bits")
  func reproducible() throws {
    let data = try points(1000)
    let settings = try options {
      $0.epochs = 60
      $0.logEvery = 320
    }
    let first = try network()
    let fit = try Train.run([first], .first(.tensor(data)), settings)[0]
    let losses = fit.log.columns[2].values.compactMap(\.asNumber)
    #expect(losses.count == 6 && losses[5] < losses[0])
    #expect(fit.step == 60 * 32)
    let second = try network()
    _ = try Train.run([second], .first(.tensor(data)), settings)
    #expect(try weights(first) == weights(second))
    let other = try network()
    _ = try Train.run(
      [other], .first(.tensor(data)),
      try options {
        $0.epochs = 60; $0.seed = .one(8)
      })
    #expect(try weights(first) != weights(other))
  }

  @Test("models side by side end with the bits of one after another, however a run is cut")
  func listsAndBlocks() throws {
    let data = try (0..<5).map { try points(100 + 10 * 0, seed: $0) }
    let together = try (0..<5).map { try network(seed: $0) }
    _ = try Train.run(
      together, .second(data.map { .tensor($0) }),
      try options {
        $0.steps = 333; $0.seed = .each([1, 2, 3, 4, 5])
      })
    for i in 0..<5 {
      let alone = try network(seed: i)
      _ = try Train.run(
        [alone], .first(.tensor(data[i])),
        try options {
          $0.steps = 333
          $0.seed = .one(i + 1)
          $0.logEvery = 7
        })
      #expect(try weights(alone) == weights(together[i]))
    }
  }

  @Test("models side by side have the same bits at 1, 2, 3 and 7 threads, also where one stops")
  func threads() throws {
    let usual = WorkerPool.shared.threadCount
    defer { WorkerPool.shared.threadCount = usual }
    var data = try (0..<5).map { try points(64, seed: $0) }
    data[2] = try data[2] * 1e30
    var expected: [[Float]] = []
    for count in [1, 2, 3, 7] {
      WorkerPool.shared.threadCount = count
      let models = try (0..<5).map { try network(seed: $0) }
      let fits = try Train.run(
        models, .second(data.map { .tensor($0) }),
        try options {
          $0.steps = 203; $0.logEvery = 29
        })
      #expect(fits.map { $0.divergence == nil } == [true, true, false, true, true])
      let found = try models.map(weights)
      if expected.isEmpty { expected = found }
      #expect(found == expected, "at \(count) threads")
    }
  }

  @Test("the average is that of the parameters after each update, weighted by powers of the decay")
  func average() throws {
    /// The parameters after so many updates, and their average.
    func trained(_ steps: Int) throws -> (last: [Float], average: [Float]) {
      let model = try network()
      let fit = try Train.run(
        [model], .first(.tensor(points(64))),
        try options {
          $0.steps = try? Count(steps); $0.ema = .decay(0.75); $0.seed = .one(1)
        })[0]
      return (try weights(model), try fit.averagedModel.map(weights) ?? [])
    }
    let runs = try (1...3).map(trained)
    for i in runs[0].last.indices {
      #expect(runs[0].average[i] == runs[0].last[i])
      let sum = 0.5625 * runs[0].last[i] + 0.75 * runs[1].last[i] + runs[2].last[i]
      #expect(abs(runs[2].average[i] - sum / 2.3125) < 1e-6 * max(1, abs(runs[2].last[i])))
    }
  }

  @Test("a run whose loss is not finite stops by itself, and the others go on")
  func divergence() throws {
    let models = try [network(), network(seed: 2)]
    let wild = try points(100) * 1e30
    let fits = try Train.run(
      models, .second([.tensor(wild), .tensor(points(100))]), try options { $0.steps = 200 })
    #expect(fits[0].divergence?.quantity == "loss" && (fits[0].divergence?.step ?? 0) >= 1)
    #expect(fits[1].divergence == nil && fits[1].step == 200)
    let rows = fits.map { $0.log.columns[0].values.count }
    #expect(rows[0] == rows[1], "a diverged run keeps its rows, with NaN")
  }

  @Test("what cannot be trained is told before the first step")
  func errors() throws {
    let model = try network()
    func text(_ data: Tensor, _ change: (inout TrainOptions) -> Void) -> String {
      do {
        _ = try Train.run([model], .first(.tensor(data)), try options(change))
        return ""
      } catch { return "\(error)" }
    }
    let fine = try points(10)
    #expect(text(fine) { _ in } == "steps or epochs is required: a positive integer")
    #expect(
      text(fine) {
        $0.steps = 1; $0.epochs = 1
      } == "steps and epochs must not both be given")
    #expect(
      try text(.zeros([3, 2])) { $0.steps = 1 }
        == "data has shape [3, 2], expected [n d] with d = 1")
    #expect(
      try text(.zeros([0, 1])) { $0.steps = 1 } == "data must not be empty, got shape [0, 1]")
    #expect(
      try text(Tensor([Float(1), .nan], shape: [2, 1])) { $0.steps = 1 }
        == "data must be finite, got nan in row 2")
    #expect(
      text(fine) {
        $0.steps = 1; $0.seed = .each([1, 2])
      }
        == "seed must hold one integer for each of 1 models, got 2")
  }
}
