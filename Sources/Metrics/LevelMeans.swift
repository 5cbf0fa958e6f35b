import Autodiff
import Catalog
import Models
import Processes
import Runtime
import Tensors

/// At which noise levels a model is looked at, with noise that depends on nothing but seed, level, draw and row.
struct LevelOptions: OptionGroup {
  var times: [Double]?
  var draws = 1
  var seed: Int?

  static let options: [Option<LevelOptions>] = [
    Option(
      "times", \.times,
      "a list of them; where absent 10 between the ends of sampling, equally spaced in log-SNR"),
    Option("draws", \.draws, "of the noise, for each point and time", in: .within(1...65536)),
    Option("seed", \.seed, "any integer; the session's next where absent"),
  ]
}

/// Means over noised points at several times, with their standard errors.
struct LevelMeans {
  let times: [Double]
  let seed: Int
  private let draws: Int
  private let process: any DiffusionProcess

  /// Rows of a batch.
  private static let block = 4096

  init(_ process: any DiffusionProcess, _ options: LevelOptions) throws {
    self.process = process
    draws = options.draws
    if let given = options.times {
      guard !given.isEmpty else { throw UserError("times must not be empty") }
      for (place, t) in given.enumerated() {
        try process.check(time: t, name: "times", at: place)
        guard process.sigma(at: t) > 0 else {
          throw UserError("times must have noise, got sigma = 0 at t = \(formatNumber(t))")
        }
      }
      times = given
    } else {
      let ends = process.times
      let most = min(process.logSNR(at: ends.lowerBound), 20)
      let least = max(process.logSNR(at: ends.upperBound), -20)
      // Rounding must not lead beyond the ends.
      times = try (0..<10).map {
        try process.time(ofLogSNR: most + (least - most) * (1e-9 + (1 - 2e-9) * Double($0) / 9))
      }
    }
    seed = options.seed ?? SessionSeed.next()
  }

  /// A batch of noised points x_t = α x_0 + σ z at one time.
  struct Batch {
    let noised: Tensor
    let noise: Tensor
    let t: Double
    let sigma: Double
    /// Shape [rows].
    let times: Tensor
  }

  /// The mean over points and draws of what `body` gives for each row of a batch, [rows].
  func means(_ points: Tensor, _ name: String, _ body: (Batch) throws -> Tensor) throws -> Value {
    let count = points.shape[0]
    guard count >= 2 else { throw UserError("x must hold 2 points or more, got \(count)") }
    let type: DType = points.dtype == .float64 ? .float64 : .float32
    let x = try points.converted(to: type).densified()
    let stream = RandomStream(seed: seed, purpose: .noise)
    var (values, errors) = ([Double](), [Double]())
    for (level, t) in times.enumerated() {
      let (alpha, sigma) = (process.alpha(at: t), process.sigma(at: t))
      var sums = try checkedArray(repeating: 0.0, count: count)
      for draw in 0..<draws {
        let step = UInt32(truncatingIfNeeded: level * 65536 + draw)
        for first in stride(from: 0, to: count, by: Self.block) {
          try Cancellation.check()
          let rows = first..<min(first + Self.block, count)
          let clean = x.slice(axis: 0, rows)
          let z = try stream.normal(clean.shape, type, step: step, firstRow: first)
          let noised = try clean.combined(with: alpha, .multiply).combined(
            with: z.combined(with: sigma, .multiply), .add)
          let batch = Batch(
            noised: noised, noise: z, t: t, sigma: sigma,
            times: try .full([rows.count], t, type))
          let numbers = try body(batch).constant("the score of a model").doubles()
          for (row, number) in zip(rows, numbers) { sums[row] += number }
        }
      }
      let means = try sums.polledMap { $0 / Double(draws) }
      let mean = means.reduce(0, +) / Double(count)
      let squares = means.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      values.append(mean)
      errors.append((squares / Double(count - 1) / Double(count)).squareRoot())
    }
    return .named([
      ("times", .object(try Tensor(times))), (name, .object(try Tensor(values))),
      ("se", .object(try Tensor(errors))), ("n", .integer(count)), ("draws", .integer(draws)),
      ("seed", .integer(seed)),
    ])
  }
}

/// ‖a ± b‖² of each row, in float64.
func squaredLengths(_ a: Tensor, _ b: Tensor, _ kernel: BinaryKernel) throws -> Tensor {
  let difference = try a.converted(to: .float64).combined(with: b.converted(to: .float64), kernel)
  return try flattenedPoints(difference).applying(.square).reduced(.sum, axis: 1)
}
