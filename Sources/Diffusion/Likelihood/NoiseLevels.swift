import Autodiff
import Catalog
import Models
import Processes
import Runtime
import Tensors

/// At which noise levels a model is looked at, and with which noise.
struct NoiseLevelOptions: OptionGroup {
  var levels: Count = 128
  var draws: Count = 1
  var times: [Double]?
  var seed: Int?

  static let options: [Option<NoiseLevelOptions>] = [
    Option("levels", \.levels, "noise levels of the quadrature", in: .levels),
    Option("draws", \.draws, "of the noise, for each point and level", in: .positive),
    Option(
      "times", \.times,
      "{t_0, T}; the first training time of the diffusion and its last time where absent",
      in: .rising),
    Option("seed", \.seed, "of the noise; the session's next where absent"),
  ]
}

/// Noise levels between t_0 and T for integrals over λ = ln(α²/σ²), with the same noise for every model.
///
/// With g² dt = −σ² dλ a weighted error of scores is one of noise: ½ ∫ g² ‖δs‖² dt = ½ ∫ ‖σ δs‖² dλ
/// (Kingma et al. 2021, Eq. 18).
struct NoiseLevels {
  struct Level {
    let t: Double
    let logSNR: Double
    /// Of the quadrature in λ.
    let weight: Double
    let alpha: Double
    let sigma: Double
  }

  /// From the end T, where λ is least, to t_0.
  let levels: [Level]
  let seed: Int
  private let draws: Int

  /// Gauss–Legendre nodes in λ.
  init(
    _ process: any DiffusionProcess, _ span: LikelihoodSpan, _ options: NoiseLevelOptions
  ) throws {
    let (least, most) = (process.logSNR(at: span.last), process.logSNR(at: span.first))
    guard least.isFinite, most.isFinite else {
      throw UserError(
        "times must lie where ln(alpha²/sigma²) is finite, got {\(formatNumber(span.first)), "
          + "\(formatNumber(span.last))}")
    }
    levels = try gaussLegendre(options.levels.value, on: least...most).map { node in
      let t = try process.time(ofLogSNR: node.x)
      return Level(
        t: t, logSNR: node.x, weight: node.weight, alpha: process.alpha(at: t),
        sigma: process.sigma(at: t))
    }
    draws = options.draws.value
    seed = options.seed ?? SessionSeed.next()
  }

  /// What `error` gives for each point and level, averaged over the draws.
  ///
  /// - Parameters:
  ///   - x: the points, rows [n, d] of float64.
  ///   - error: of x_t = α x + σ z with the noise z at a level, for the points of a range: shape [n].
  func errors(
    of x: Tensor,
    _ error: (_ noised: Tensor, _ z: Tensor, _ level: Level, _ rows: Range<Int>) throws -> Tensor
  ) throws -> LevelErrors {
    let (count, d) = (x.shape[0], x.shape[1])
    let (size, overflows) = count.multipliedReportingOverflow(by: levels.count)
    var values: [Double] = []
    try values.reserveChecked(overflows ? .max : size)
    values.append(contentsOf: repeatElement(0, count: size))
    let length = max(1, min(4096, (1 << 21) / max(d, 1)))
    for first in stride(from: 0, to: count, by: length) {
      let rows = first..<min(count, first + length)
      let noise = KeyedNoise(seed: seed, firstRow: first)
      let clean = x.slice(axis: 0, rows)
      for (place, level) in levels.enumerated() {
        for draw in 0..<draws {
          try Cancellation.check()
          let z = try noise.normal(place, draw: draw, clean.shape, .float64)
          let found = try error(clean * level.alpha + z * level.sigma, z, level, rows)
          try ScoreModel.requireConstant(found)
          for (row, value) in zip(rows, try found.value.doubles()) {
            values[row * levels.count + place] += value / Double(draws)
          }
        }
      }
    }
    return LevelErrors(levels: levels, values: values, count: count)
  }
}

/// Errors of points at noise levels.
struct LevelErrors {
  let levels: [NoiseLevels.Level]
  /// Shape [n, levels].
  let values: [Double]
  let count: Int

  /// ∫ error dλ of each point.
  var integrals: [Double] {
    (0..<count).map { row in
      levels.indices.reduce(0) { $0 + levels[$1].weight * values[row * levels.count + $1] }
    }
  }

  /// Mean over the points and its standard error, at each level.
  func profile() -> (mean: [Double], error: [Double]) {
    let both = levels.indices.map { place in
      meanAndError((0..<count).map { values[$0 * levels.count + place] })
    }
    return (both.map(\.mean), both.map(\.error))
  }

  /// Of each level, for a table of Lua.
  func fields() throws -> [(key: String, value: Value)] {
    let (mean, error) = profile()
    return [
      ("times", .object(try Tensor(levels.map(\.t)))),
      ("log_snr", .object(try Tensor(levels.map(\.logSNR)))),
      ("density", .object(try Tensor(mean))),
      ("density_error", .object(try Tensor(error))),
    ]
  }
}

/// The mean and its standard error; the latter is nan of a single number.
func meanAndError(_ values: [Double]) -> (mean: Double, error: Double) {
  let n = Double(values.count)
  let mean = values.reduce(0, +) / n
  let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
  return (mean, (squares / (n - 1) / n).squareRoot())
}

extension ScoreModel {
  /// E[z | x_t] as float64 rows. A network is given float32, in which its parameters are.
  func estimatedNoise(_ rows: Tensor, at t: Double) throws -> Tensor {
    let points = try reshape(rows, to: [rows.shape[0]] + shape)
    let given = network == nil ? points : try points.converted(to: .float32)
    return try flattenedPoints(estimate(.noise, given, at: t)).converted(to: .float64)
  }
}

extension Domain where Value == Count {
  static var levels: Domain {
    Domain("an integer from 2 to 4096") { (2...4096).contains($0.value) }
  }
}
