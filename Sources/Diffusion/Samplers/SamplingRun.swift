import Catalog
import Glibc
import Models
import Processes
import Tensors

/// One step of a grid: from time t to the lower time u.
package struct Interval {
  package let t: Double
  package let u: Double
  /// The place of the step, from 0, and how many there are.
  package let index: Int
  package let count: Int
  /// Whether the noise that would end the step is to be left out: the last step of `final = "mean"`.
  package let omitsNoise: Bool

  package init(from t: Double, to u: Double, index: Int, count: Int, omitsNoise: Bool = false) {
    (self.t, self.u, self.index, self.count) = (t, u, index, count)
    self.omitsNoise = omitsNoise
  }
}

/// Takes the state from `interval.t` to `interval.u`, rows independently.
package typealias SamplingStep = (_ x: Tensor, _ interval: Interval) throws -> Tensor

/// What a sampler works with: the model, whose calls are counted and, within a step, made once; and noise.
/// A sampler is a start that gets a run and returns its step; what the step remembers, it captures.
package final class SamplingRun: FunctionHolder {
  package static var typeName: String { "sampling_run" }

  /// N(0, 1) numbers for a draw of a step (0 is the start), both counted from 0.
  package typealias Noise = (_ step: Int, _ draw: Int, _ shape: Shape, _ dtype: DType) throws
    -> Tensor

  /// Of the rows that step now, where it is told their classes.
  package private(set) var model: ScoreModel
  /// The model that is not told classes, and those of all rows.
  private let labels: (model: ScoreModel, ofRows: Tensor)?
  /// The decreasing times of the grid.
  package let times: [Double]
  /// How often the model was called.
  package private(set) var evaluations = 0
  /// How often noise was drawn.
  package private(set) var draws = 0
  private let source: Noise
  /// The same numbers as `source` for some rows, in raw memory, where they are keyed.
  let keyed: SamplingNoise?
  private var step = 0
  private var drawn = 0
  private var decided = 0
  /// Whether the step that was begun is to leave out its last noise.
  private(set) var omitsNoise = false
  private var known: [Known] = []

  /// What a sampler says of itself in the second result.
  private(set) var notes: [(key: String, value: Value)] = []
  /// Accepted and rejected steps of each row, where rows step apart.
  private(set) var rowSteps: (accepted: [Int], rejected: [Int])?
  /// Where rows that step apart were, each at its own time, when an error ended their step.
  var unfinished: (points: Tensor, times: [Double])?
  /// The Brownian motion of rows that step apart, and the row of it that is the first here.
  var motion: (path: () -> BrownianPath, firstRow: Int) = ({ BrownianPath(seed: 5) }, 0)
  /// Told of the share of a long step that is done.
  var watch: ((_ share: Double) -> Void)?

  private struct Known {
    let quantity: Quantity
    let x: Tensor
    let version: Int
    let t: Double
    let value: Tensor
  }

  package init(_ model: ScoreModel, times: [Double], noise: @escaping Noise) {
    (self.model, self.times, source, labels, keyed) = (model, times, noise, nil, nil)
  }

  init(_ model: ScoreModel, times: [Double], keyed noise: SamplingNoise) {
    (self.model, self.times, source, labels) = (model, times, noise.normal, nil)
    keyed = noise
  }

  /// - Parameter labels: the class of each row.
  package init(
    _ model: ScoreModel, labels: Tensor, times: [Double], noise: @escaping Noise
  ) throws {
    self.model = try model.labelled(labels)
    (self.times, source, self.labels, keyed) = (times, noise, (model, labels), nil)
  }

  /// The rows that step now; all where nil.
  private(set) var rows: [Int]?

  /// Goes on with these rows alone, and tells the model their classes; with all where nil.
  func restrict(to rows: [Int]?) throws {
    self.rows = rows
    guard let labels else { return }
    model = try labels.model.labelled(
      rows.map { try labels.ofRows.gathered(rows: $0) } ?? labels.ofRows)
  }

  package var functions: [Callback] { model.functions }
  package func describe() -> String {
    "sampling_run(step \(step)" + (times.isEmpty ? ")" : " of \(times.count - 1))")
  }

  package var process: any DiffusionProcess { model.process }

  /// Begins a step: its noise is its own, and nothing of the step before is kept.
  package func begin(_ interval: Interval) {
    (step, drawn, decided, omitsNoise) = (interval.index + 1, 0, 0, interval.omitsNoise)
    unfinished = nil
    forget()
  }

  /// Begins a step of a sampler without times.
  func begin(step index: Int) {
    (step, drawn, omitsNoise) = (index + 1, 0, false)
  }

  /// Noise levels of the rows, where a sampler without times ends by them.
  private(set) var levels: [Double] = []
  func note(levels: [Double]) { self.levels = levels }

  /// D(y) − y of a blind model, as a constant of the type of `y`.
  func blindResidual(_ y: Tensor) throws -> Tensor {
    defer { evaluations += 1 }
    let clean = try model.denoised(y)
    try ScoreModel.requireConstant(clean)
    return try clean.value.converted(to: y.dtype) - y
  }

  /// Adds a field to what a run says of itself.
  func note(_ key: String, _ value: Value) { notes.append((key, value)) }

  /// Drops what was kept of the model's calls.
  func forget() { known.removeAll(keepingCapacity: true) }

  /// N(0, 1) numbers shaped like `x`, others at each call.
  package func normal(like x: Tensor) throws -> Tensor {
    guard step == 0 || !model.function.givesVelocityOnly else {
      throw UserError(
        "the sampler adds noise in its steps, which needs a score; the model predicts 'transport' and gives its "
          + "velocity only: use one without noise, as sample.heun")
    }
    defer { (drawn, draws) = (drawn + 1, draws + 1) }
    return try source(step, drawn, x.shape, x.dtype)
  }

  /// U(0, 1) numbers by which rows decide, others at each call; no noise that moves them.
  func uniforms(_ count: Int) throws -> [Double] {
    defer { decided += 1 }
    let keyed = KeyedNoise(
      seed: RandomStream.derivedSeed(motion.path().seed, part: 0xDEC1DE), firstRow: motion.firstRow)
    // Φ(z) is uniform.
    return try keyed.normal(step, draw: decided, [count, 1], .float64).doubles().map {
      erfc(-$0 / 2.0.squareRoot()) / 2
    }
  }

  /// The key of a draw that something else than `normal` makes, and counts it.
  func takeKey(_ noise: SamplingNoise) -> KeyedNoise.Key {
    defer { (drawn, draws) = (drawn + 1, draws + 1) }
    return noise.keyed.key(step, draw: drawn)
  }

  /// Counts a call of the model that something else than `score` makes.
  func countEvaluation() { evaluations += 1 }

  /// ∇ log p_t(x).
  package func score(_ x: Tensor, at t: Double) throws -> Tensor { try value(.score, x, at: t) }

  /// E[x_0 | x_t = x].
  package func denoise(_ x: Tensor, at t: Double) throws -> Tensor { try value(.clean, x, at: t) }

  /// E[z | x_t = x].
  package func noise(_ x: Tensor, at t: Double) throws -> Tensor { try value(.noise, x, at: t) }

  /// dx/dt of the probability flow, f x − ½ g² s.
  package func velocity(_ x: Tensor, at t: Double) throws -> Tensor {
    try value(.velocity, x, at: t)
  }

  /// The same for rows at times of their own, as a constant of the type of `x`.
  func velocity(_ x: Tensor, at times: [Double]) throws -> Tensor {
    try constant(.velocity, x, at: times)
  }

  /// A quantity for rows at times of their own, as a constant of the type of `x`.
  func constant(_ quantity: Quantity, _ x: Tensor, at times: [Double]) throws -> Tensor {
    // With float64 points a network multiplies in float64, at twice the time. So what a product of other
    // sizes rounds differently is less than float32 shows, and a sample the same beside any others.
    let found = try value(quantity, x, at: Tensor(times))
    try ScoreModel.requireConstant(found)
    return try found.value.converted(to: x.dtype)
  }

  /// A quantity for rows at times of their own, shape [n].
  func value(_ quantity: Quantity, _ x: Tensor, at times: Tensor) throws -> Tensor {
    try process.check(times: times)
    defer { evaluations += 1 }
    let times = x.dtype == .float64 ? times : try times.converted(to: .float32)
    return try model.estimate(quantity, x, times)
  }

  /// A quantity at one time for all rows, kept within the step.
  func value(_ quantity: Quantity, _ x: Tensor, at t: Double) throws -> Tensor {
    let version = x.storage.version
    let same = known.first {
      $0.x === x && $0.version == version && $0.t == t && $0.quantity == quantity
    }
    if let same { return same.value }
    try process.check(time: t)
    let value = try rowValue(quantity, x, at: t) ?? model.estimate(quantity, x, at: t)
    evaluations += 1
    known.append(Known(quantity: quantity, x: x, version: version, t: t, value: value))
    return value
  }
}

extension SamplingRun {
  /// Prepares the counts of rows that step apart.
  func countRows(_ count: Int) {
    let zeros = [Int](repeating: 0, count: count)
    if rowSteps == nil { rowSteps = (zeros, zeros) }
  }

  var rowCount: Int { rowSteps?.accepted.count ?? 0 }

  func note(row: Int, isAccepted: Bool) {
    if isAccepted { rowSteps?.accepted[row] += 1 } else { rowSteps?.rejected[row] += 1 }
  }

  /// Steps of a row, accepted or not.
  func trials(ofRow row: Int) -> Int {
    rowSteps.map { $0.accepted[row] + $0.rejected[row] } ?? 0
  }

  /// Tells how far the rows between t and u have come.
  func reports(from t: Double, to u: Double, travelling times: [Double], of count: Int) {
    guard let watch else { return }
    watch(1 - times.reduce(0) { $0 + ($1 - u) / (t - u) } / Double(count))
  }
}
