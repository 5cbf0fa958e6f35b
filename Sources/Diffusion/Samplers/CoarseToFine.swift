import Autodiff
import Catalog
import Glibc
import Models
import Runtime
import Tensors

/// Stochastic coarse-to-fine ascent of the density that a blind denoiser D knows, which is told no noise
/// level (Kadkhodaie and Simoncelli 2021, Algorithms 1 and 2):
///
/// d_k = (I − MᵀM)(D(y) − y) + Mᵀ(b − M y),  σ_k = ‖d_k‖/√d,
/// y ← y + h_k d_k + γ_k z,  γ_k² = [(1 − β h_k)² − (1 − h_k)²] σ_k²,
///
/// until σ_k falls to sigma_end. With an ideal denoiser σ falls by the factor 1 − β h_k a step; β = 1
/// adds no noise. Without a measurement d_k = D(y) − y, the denoiser's own estimate of the noise. h_k grows
/// from h towards 1, h_k = h k/(1 + h (k − 1)), or stays h (Kadkhodaie et al. 2024, Algorithm 1).
package enum CoarseToFine {
  package struct Options: OptionGroup {
    package var h = 0.01
    package var beta = 0.1
    package var grows = true
    package var sigmaStart = 1.0
    package var sigmaEnd = 0.01
    package var center = 0.0
    package var maxSteps: Count = 100_000
    package var measurement: OneOf<Tensor, [Callback]>?
    package var observed: Tensor?

    package init() {}

    private static let share = Domain<Double>("a number above 0, at most 1") { $0 > 0 && $0 <= 1 }

    package static let options: [Option<Options>] = [
      Option(
        "h", \.h, "the share of the estimated noise that the first step takes away", in: share),
      Option("beta", \.beta, "how fast the noise level falls: 1 adds no noise", in: share),
      Option("grows", \.grows, "whether h grows towards 1 from step to step"),
      Option("sigma_start", \.sigmaStart, "standard deviation of the start", in: .positive),
      Option("sigma_end", \.sigmaEnd, "the noise level of a sample that ends it", in: .positive),
      Option("center", \.center, "mean of the start; 0.5 for pictures in [0, 1]", in: .finite),
      Option(
        "max_steps", \.maxSteps, "steps of a sample; beyond, an error", in: .positive),
      Option(
        "measurement", \.measurement,
        "what is known of the sample: a bool mask, a matrix [m d], or {M, its transpose} as functions "
          + "of batches"),
      Option(
        "observed", \.observed, "the value of the measurement; with a mask a whole point"),
    ]

    package func check() throws {
      guard (measurement == nil) == (observed == nil) else {
        throw UserError("measurement and observed go together")
      }
      guard sigmaEnd < sigmaStart else {
        throw UserError(
          "sigma_end must be below sigma_start = \(formatNumber(sigmaStart)), got "
            + formatNumber(sigmaEnd))
      }
    }

    /// h_k, k from 1.
    func h(_ k: Int) -> Double { grows ? h * Double(k) / (1 + h * Double(k - 1)) : h }
  }

  package static let sampler = Sampler(
    "coarse_to_fine", "Ascent with a blind denoiser from coarse to fine; it ends at a noise level.",
    Options.self, convergence: .none("it follows no process in time", bias: .infinity),
    source:
      "Kadkhodaie and Simoncelli 2021, Algorithms 1 and 2; Kadkhodaie et al. 2024, Algorithm 1",
    example: """
      m = nn.define{name = "shrink", shape = {2}, sde = sde.edm(), predicts = "residual",
        parameters = {}, forward = function(p, y) return y / 2 end}
      return sample.coarse_to_fine(m, {count = 4, beta = 1, seed = 1})
      """,
    start: start)

  package static func start(_ run: SamplingRun, _ options: Options) throws -> LimitedMethod {
    let model = run.model
    guard model.isBlind else {
      throw UserError(
        "model must be a blind denoiser, predicts = 'residual', got \(model.describe())")
    }
    let measured: LinearMeasurement? =
      if let measurement = options.measurement, let observed = options.observed {
        try LinearMeasurement(measurement, observed, shape: model.shape)
      } else { nil }
    /// d of each row.
    func direction(_ y: Tensor) throws -> Tensor {
      let f = try run.blindResidual(y)
      guard let measured else { return f }
      let known = try measured.known.converted(to: y.dtype)
      return try f - measured.projected(f) + (known - measured.projected(y))
    }
    return LimitedMethod(
      begin: { z in
        let center = try Tensor.full(z.shape, options.center, z.dtype)
        let noise = try z * options.sigmaStart
        guard let measured else { return try center + noise }
        return try center - measured.projected(center) + measured.known.converted(to: z.dtype)
          + noise
      },
      step: { y, index in
        let h = options.h(index + 1)
        let d = try direction(y)
        let levels = try noiseLevels(d)
        let isDone = levels.map { $0 <= options.sigmaEnd }
        run.note(levels: levels)
        try checkLimit(levels, isDone, index, options.maxSteps)
        let share = pow(1 - options.beta * h, 2) - pow(1 - h, 2)
        let moves = isDone.map { $0 ? 0.0 : h }
        let noises = zip(levels, isDone).map { $1 ? 0 : $0 * max(share, 0).squareRoot() }
        let next = try y + d * column(moves, like: y)
        guard share > 0, !isDone.allSatisfy({ $0 }) else { return (next, isDone) }
        return (try next + run.normal(like: y) * column(noises, like: y), isDone)
      },
      end: { try $0 + direction($0) })
  }

  private static func checkLimit(
    _ levels: [Double], _ isDone: [Bool], _ index: Int, _ maxSteps: Count
  ) throws {
    if let lost = levels.firstIndex(where: { !$0.isFinite }) {
      throw UserError(
        "the denoised sample became NaN or infinite in step \(index + 1), in sample \(lost + 1) of "
          + "\(levels.count)")
    }
    guard index >= maxSteps.value, let late = isDone.firstIndex(of: false) else { return }
    throw UserError(
      "\(isDone.count { !$0 }) of \(isDone.count) samples have made max_steps = \(maxSteps) steps; the "
        + "first is at the noise level \(shortNumber(levels[late]))")
  }

  /// ‖d‖/√d of each row.
  private static func noiseLevels(_ d: Tensor) throws -> [Double] {
    let (rows, values) = (d.shape[0], try d.value.doubles())
    let width = values.count / max(rows, 1)
    return (0..<rows).map { row in
      let squares = values[row * width..<(row + 1) * width].reduce(0) { $0 + $1 * $1 }
      return (squares / Double(width)).squareRoot()
    }
  }

  private static func column(_ values: [Double], like x: Tensor) throws -> Tensor {
    try Tensor(values, shape: Shape([values.count] + [Int](repeating: 1, count: x.rank - 1)))
      .converted(to: x.dtype)
  }
}
