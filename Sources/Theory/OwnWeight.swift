import Autodiff
import Catalog
import Glibc
import Processes
import Targets
import Tensors

/// The posterior weight of the training point μ that x = r x_μ + s z came from, averaged over μ and z:
///   w = N(x; r x_μ, s² I)/Σ_ν N(x; r x_ν, s² I).
/// It is 1/n where noise hides all, and passes one half where trajectories collapse to single points.
struct OwnWeight {
  private let law: EmpiricalDistribution
  private let clean: Tensor
  private let noise: Tensor
  private let squares: [Double]
  private let count: Int

  init(_ data: Tensor, draws: Int, seed: Int) throws {
    let data = try data.constant("data")
    guard data.rank >= 2, data.elementCount > 0 else {
      throw UserError("data must have shape [n, d] or be pictures, got \(data.shape)")
    }
    guard try data.isFinite() else { throw UserError("data must be finite") }
    count = data.shape[0]
    law = try EmpiricalDistribution(data, weights: nil, name: "empirical")
    let places = try RandomStream(seed: seed, purpose: .data).integers(draws, 0...count - 1)
    clean = try flattenedPoints(data).densified().gathered(rows: places).converted(to: .float64)
    noise = try RandomStream(seed: seed, purpose: .noise).normal(clean.shape, .float64)
    squares = try square(noise).value.reduced(.sum, axis: 1).doubles()
  }

  func callAsFunction(_ snr: Double) throws -> (value: Double, error: Double) {
    let r = snr.squareRoot()
    let x = try clean.combined(with: r, .multiply).combined(with: noise, .add)
    let logs = try law.noisedLogDensity(
      x, mean: Tensor.full([1, 1], r, .float64), std: Tensor.full([1, 1], 1, .float64)
    ).doubles()
    let constant = Double(law.dimension) / 2 * log(2 * Double.pi) + log(Double(count))
    let weights = zip(squares, logs).map { min(1, exp(-$0 / 2 - constant - $1)) }
    let draws = Double(weights.count)
    let mean = weights.reduce(0, +) / draws
    let spread = weights.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean, (spread / max(1, draws - 1) / draws).squareRoot())
  }

  static let entry = Entry.function(
    "own_weight", "The posterior weight of the training point that a noised point came from.",
    .arg("data", "points, shape [n, d], or pictures"), .arg("t", "time", in: .positive),
    .option("sde", default: nil, diffusionSummary), .group(MonteCarloOptions.self),
    returns: "the mean over draws of point and noise, from 1/n to 1; its standard error",
    details: "Duplicates share a weight.", source: "Biroli et al. 2024",
    example: "return theory.own_weight(target.binary{dimension = 16}:sample(100, {seed = 1}), 0.5)"
  ) { (data: Tensor, t: Double, sde: SDE?, options: OptionsOf<MonteCarloOptions>) in
    let (alpha, sigma) = try marginal(t, sde)
    guard sigma > 0 else { throw UserError("t must have noise, got sigma = 0") }
    let own = try OwnWeight(
      data, draws: options.values.draws.value, seed: options.values.chosenSeed())
    let result = try own(alpha * alpha / (sigma * sigma))
    return Several(result.value, result.error)
  }
}
