import Catalog
import Diffusion
import Models
import Processes
import Tensors
import Testing

/// A batch with everything random: clean points, times, noise and weights.
func randomBatch(_ count: Int, _ dimension: Int, _ process: any DiffusionProcess, seed: Int) throws
  -> NoisedBatch
{
  let stream = RandomStream(seed: seed)
  let batch = try NoisedBatch(capacity: count, shape: [dimension])
  try batch.clean.assign(stream.normal([count, dimension]))
  try batch.noise.assign(stream.normal([count, dimension]))
  try batch.times.assign(stream.uniform([count]))
  try batch.sigma.assign(process.sigma(of: batch.times))
  try batch.alpha.assign(process.alpha(of: batch.times))
  try batch.weights.assign(stream.uniform([count]))
  batch.mixNoise()
  return batch
}

private func scoreMLP(_ d: Int, _ width: Int, isReLU: Bool, features: Int) throws
  -> NetworkScore
{
  var options = ScoreMLP.Options()
  options.point.dimension = try Count(d)
  options.width = try Count(width)
  options.activation = isReLU ? "relu" : "silu"
  options.time = TimeFeatureOptions(features: try Count(features), scale: 3)
  options.divisor = 2
  return try networkScore(ScoreMLP.model(options, sde: SDE(VEPower()), seed: 4))
}

func networkScore(_ model: ScoreModel) throws -> NetworkScore {
  try #require(model.networkScore)
}

@Suite("Denoising loss") struct ObjectiveTests {
  static let sizes: [(d: Int, width: Int, features: Int, count: Int)] = [
    (1, 16, 4, 32), (1, 16, 4, 8), (1, 1, 2, 1), (2, 17, 6, 33), (3, 40, 4, 5), (5, 128, 8, 64),
  ]

  @Test("the fused step gives the loss and gradient of the tape", arguments: 0..<6, [false, true])
  func fusedAgainstTape(_ place: Int, _ isReLU: Bool) throws {
    let (d, width, features, count) = ObjectiveTests.sizes[place]
    let process = VEPower()
    let score = try scoreMLP(d, width, isReLU: isReLU, features: features)
    let batch = try randomBatch(count, d, process, seed: place)
    let size = score.network.parameters.trained.count
    let fused = try Tensor.zeros([size])
    let taped = try Tensor.zeros([size])
    let fusedLoss = try denoisingObjective(score, process)
      .lossAndGradient(batch, into: fused.pointer(Float.self))
    let tapedLoss = try AutodiffObjective(score, process)
      .lossAndGradient(batch, into: taped.pointer(Float.self))
    #expect(abs(fusedLoss / tapedLoss - 1) < 2e-5)
    let a = try fused.doubles()
    let b = try taped.doubles()
    let scale = (b.map { abs($0) }.max() ?? 1) + 1e-3
    for i in 0..<size { #expect(abs(a[i] - b[i]) < 5e-5 * scale, "parameter \(i)") }
  }

  @Test("a batch of many copies has the gradient of one", arguments: [16, 17])
  func longBatch(width: Int) throws {
    let process = VEPower()
    let score = try scoreMLP(1, width, isReLU: false, features: 4)
    let (few, copies) = (500, 800)
    let batch = try randomBatch(few, 1, process, seed: 1)
    let long = try NoisedBatch(capacity: few * copies, shape: [1])
    let parts = [
      (batch.clean, long.clean), (batch.noised, long.noised), (batch.noise, long.noise),
      (batch.times, long.times), (batch.sigma, long.sigma), (batch.alpha, long.alpha),
      (batch.weights, long.weights),
    ]
    for (part, whole) in parts {
      let values = try part.floats()
      let all = try Tensor((0..<copies).flatMap { _ in values })
      try whole.assign(all.reshaped(to: Array(whole.shape)))
    }
    let size = score.network.parameters.trained.count
    let (one, many) = (try Tensor.zeros([size]), try Tensor.zeros([size]))
    let objective = try denoisingObjective(score, process)
    let loss = try objective.lossAndGradient(batch, into: one.pointer(Float.self))
    let longLoss = try objective.lossAndGradient(long, into: many.pointer(Float.self))
    #expect(abs(longLoss / loss - 1) < 1e-6)
    let expected = try one.doubles()
    let scale = expected.map { abs($0) }.max() ?? 1
    for (a, b) in zip(try many.doubles(), expected) { #expect(abs(a - b) < 1e-6 * scale) }
  }

  @Test("the loss of the exact score of N(0, 1) is its Bayes level 1 − E[std²/(1 + std²)]")
  func exactScore() throws {
    let process = VEPower()
    let batch = try randomBatch(200_000, 1, process, seed: 9)
    try batch.weights.assign(Tensor.scalar(1))
    let loss = try denoisingLoss(batch, GaussianScore(), process).item()
    let nodes = 20_000
    let bayes = (0..<nodes).reduce(0.0) { total, i in
      let s = process.sigma(at: (Double(i) + 0.5) / Double(nodes))
      return total + 1 / (1 + s * s) / Double(nodes)
    }
    // One example's loss has a standard deviation of about 1, so 5 standard errors are 0.011.
    #expect(abs(loss - bayes) < 0.011, "\(loss) against \(bayes)")
  }
}
