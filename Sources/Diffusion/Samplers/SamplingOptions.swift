import Catalog
import Models
import Processes
import Tensors

/// The options that all samplers share; the driver reads them.
package struct SamplingOptions: OptionGroup {
  package var count: Count?
  package var steps: Count?
  package var seed: Int?
  package var noise: BrownianPath?
  package var times: OneOf<[Double], Tensor>?
  package var start: Tensor?
  package var labels: Tensor?
  package var record: Count?
  package var fields = ["x"]
  package var info = false
  package var progress: Bool?
  package var finalText = "mean"

  /// What the samples are: the last state without the noise of the last step, the posterior mean there,
  /// or the last state itself.
  package enum Final: String, CaseIterable { case mean, denoise, state }
  package var final: Final {
    get { Final(rawValue: finalText) ?? .mean }
    set { finalText = newValue.rawValue }
  }

  package init() {}

  package static let options: [Option<SamplingOptions>] = [
    Option(
      "count", \.count, "how many samples; 64, or as many as start or labels has, where absent",
      in: .positive),
    Option(
      "steps", \.steps, "steps on the diffusion's own grid of times; 500 where absent",
      in: .positive),
    Option(
      "seed", \.seed, "of the start and the noise; the session's next where absent and needed"),
    Option(
      "noise", \.noise,
      "a path of sample.brownian that drives the steps, the same at any number of them, in place of seed"
    ),
    Option("times", \.times, "a decreasing grid of times to use instead; steps is then not used"),
    Option(
      "start", \.start,
      "points, [n] and the shape of one, to start from instead of N(0, σ²) at the first time"),
    Option("labels", \.labels, "the class of each sample [count], for a network with classes"),
    Option(
      "record", \.record, "keep the start, every k-th state and the last, in the second result",
      in: .positive),
    Option(
      "fields", \.fields,
      "what record keeps: x, clean (the posterior mean) and score_norm (of each sample), whose calls of "
        + "the model count as evaluations", in: recorded),
    Option(
      "info", \.info,
      "a table of seed (where noise was drawn), evaluations and times as second result"),
    Option(
      "final", \.finalText,
      "the last state without its step's noise, the posterior mean there, or the state",
      in: .oneOf(Final.allCases.map(\.rawValue))),
    Option("progress", \.progress, "a progress line on stderr; on a terminal where absent"),
  ]
}

extension SamplingOptions {
  private static let recorded: Domain<[String]> = {
    let names = SampleRecorder.Field.allCases.map(\.rawValue)
    return Domain("a list of \(names.map { "'\($0)'" }.joined(separator: ", ")), each once") {
      !$0.isEmpty && Set($0).count == $0.count && Set($0).isSubset(of: names)
    }
  }()

  /// Keeps states of this shape where that is asked for.
  func recorder(_ shape: Shape, _ dtype: DType, times: [Double]?) throws -> SampleRecorder? {
    try record.map {
      try SampleRecorder(
        shape, dtype, times: times, every: $0.value,
        fields: fields.compactMap(SampleRecorder.Field.init))
    }
  }

  /// The decreasing times to visit, checked.
  func grid(for process: any DiffusionProcess, _ plan: TimePlan) throws -> [Double] {
    if plan == .limit {
      guard times == nil, steps == nil else {
        throw UserError("times and steps are not for a sampler that ends at a noise level")
      }
      return []
    }
    guard let times else {
      let steps = steps ?? (plan == .ends ? 1 : 500)
      guard steps.value <= 1 << 27 else {
        throw UserError("steps must be at most \(1 << 27), got \(steps)")
      }
      return try process.grid(steps: steps.value)
    }
    let grid: [Double]
    switch times {
    case .first(let list): grid = list
    case .second(let tensor):
      guard tensor.rank == 1 else {
        throw UserError("times must be a list or a tensor of 1 axis, got shape \(tensor.shape)")
      }
      grid = try tensor.constant("times").doubles()
    }
    guard grid.count >= 2 else {
      throw UserError("times must hold at least 2 times, got \(grid.count)")
    }
    for (place, t) in grid.enumerated() {
      try process.check(time: t, name: "times", at: place)
      if place > 0, t >= grid[place - 1] {
        throw UserError(
          "times must decrease, got \(formatNumber(t)) after \(formatNumber(grid[place - 1])) "
            + "at position \(place + 1)")
      }
    }
    return grid
  }

  /// The classes where the caller gave them, checked, without a trace.
  func labels(for model: ScoreModel) throws -> Tensor? {
    guard let labels else { return nil }
    // Whether they are classes of the model is an error before anything is drawn.
    _ = try model.labelled(labels)
    if let count, count.value != labels.shape[0] {
      throw UserError("labels must have count = \(count) classes, got \(labels.shape[0])")
    }
    return try labels.constant("labels")
  }

  /// The starting points where the caller gave them, checked, without a trace.
  func startingPoints(for model: ScoreModel) throws -> Tensor? {
    guard let start else { return nil }
    try checkPoints(start, model, name: "start")
    if let count, count.value != start.shape[0] {
      throw UserError("start must have count = \(count) rows, got \(start.shape[0])")
    }
    let given = try start.constant("start")
    let points = given.dtype.isFloatingPoint ? given : try given.converted(to: .float32)
    if let row = try points.nonFiniteRows().first {
      throw UserError("start must hold finite numbers, got NaN or infinity in row \(row + 1)")
    }
    return points
  }
}
