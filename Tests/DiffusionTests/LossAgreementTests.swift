import Autodiff
import Catalog
import Diffusion
import Glibc
import Models
import Processes
import Targets
import Tensors
import Testing

/// What the page on losses says of which loss estimates what: gradients in expectation, by quadrature over data, noise
/// and times, so that nothing is left to chance. The data are a mixture of two normals in one dimension.
@Suite("Losses agree in expectation") struct LossAgreementTests {
  static let sde = SDE(OrnsteinUhlenbeck())
  static let times = [0.3, 0.8, 1.5]
  /// Nodes of the trapezoidal rule, which is exact to rounding for what falls off as a Gaussian does.
  static let nodes = (-28...28).map { Double($0) * 0.25 }

  static func mixture() throws -> ScoreModel {
    try mixture(at: 1.5)
  }

  static func mixture(at second: Double) throws -> ScoreModel {
    let target = try GaussianMixture(
      means: Tensor([-1, second], shape: [2, 1]), stds: [1], weights: [0.5])
    return ScoreModel(exactScoreOf: Target(target), sde)
  }

  /// All of data, noise and times; what is random in a batch stands with its probability in the weights.
  private func wholeBatch(_ loss: any Loss, _ setting: LossSetting, probes: [Double] = []) throws
    -> NoisedBatch
  {
    var rows: [(x: Double, z: Double, t: Double, p: Double, v: Double)] = []
    let directions = probes.isEmpty ? [0] : probes
    for t in Self.times {
      for z in Self.nodes {
        for x in Self.nodes {
          let energy: Double = (x * x + z * z) / 2
          let p: Double = Glibc.exp(-energy)
          if p < 1e-14 { continue }
          for v in directions {
            rows.append((x - 1, z, t, p, v))
            rows.append((x + 1.5, z, t, p, v))
          }
        }
      }
    }
    let total = rows.reduce(0) { $0 + $1.p }
    let batch = try NoisedBatch(capacity: rows.count, shape: [1], probes: probes.isEmpty ? 0 : 1)
    func fill(_ tensor: Tensor?, _ value: (Int) -> Double) {
      guard let tensor else { return }
      let out = tensor.pointer(Float.self)
      for i in rows.indices { out[i] = Float(value(i)) }
    }
    fill(batch.clean) { rows[$0].x }
    fill(batch.noise) { rows[$0].z }
    fill(batch.times) { rows[$0].t }
    fill(batch.probes) { rows[$0].v }
    try batch.sigma.assign(setting.sde.process.sigma(of: batch.times))
    try batch.alpha.assign(setting.sde.process.alpha(of: batch.times))
    let w = try loss.weights(
      of: ExampleTimes(t: batch.times, alpha: batch.alpha, sigma: batch.sigma), setting)?.doubles()
    fill(batch.weights) { rows[$0].p / total * Double(rows.count) * (w?[$0] ?? 1) }
    batch.mixNoise()
    return batch
  }

  private func network(_ predicts: String = "noise") throws -> NetworkScore {
    var options = ResidualMLP.Options()
    options.point.dimension = 1
    options.width = 8
    options.blocks = 1
    options.prediction = PredictionOptions(predicts)
    let score = try #require(ResidualMLP.model(options, sde: Self.sde, seed: 3).networkScore)
    // A new network predicts nothing; this one is somewhere on its way.
    let values = try RandomStream(seed: 5).normal([score.network.parameters.flat.elementCount])
    let parameters = score.network.parameters.flat.pointer(Float.self)
    for i in 0..<values.elementCount { parameters[i] += 0.2 * values.pointer(Float.self)[i] }
    return score
  }

  private func gradient(
    _ loss: any Loss, _ score: NetworkScore, probes: [Double] = [],
    changing change: (NoisedBatch) -> Void = { _ in }
  ) throws -> [Double] {
    let setting = LossSetting(score, Self.sde, rows: 1)
    try loss.check(setting)
    let batch = try wholeBatch(loss, setting, probes: probes)
    change(batch)
    let result = try Tensor.zeros([score.network.parameters.trained.count])
    _ = try loss.objective(setting).lossAndGradient(batch, into: result.pointer(Float.self))
    return try result.doubles()
  }

  /// ‖a − b‖/‖b‖.
  private func distance(_ a: [Double], _ b: [Double]) -> Double {
    let (difference, size) = zip(a, b).reduce((0.0, 0.0)) {
      ($0.0 + ($1.0 - $1.1) * ($1.0 - $1.1), $0.1 + $1.1 * $1.1)
    }
    return (difference / size).squareRoot()
  }

  private func denoising(_ name: String, gamma: Double = 5) -> DenoisingLoss {
    var options = NoiseWeights(name)
    options.gamma = gamma
    return DenoisingLoss(options)
  }

  private static let near = 2e-4

  @Test(
    "denoising, explicit, implicit and sliced score matching have one gradient",
    arguments: ["std2", "likelihood", "min_snr", "clean", "v"])
  func oneGradient(weight: String) throws {
    let score = try network()
    let expected = try gradient(denoising(weight), score)
    var explicit = ExplicitLoss.Options()
    explicit.score = try Self.mixture()
    explicit.weights = NoiseWeights(weight)
    var implicit = ImplicitLoss.Options()
    implicit.weights = NoiseWeights(weight)
    var sliced = SlicedLoss.Options()
    sliced.weights = NoiseWeights(weight)
    #expect(try distance(gradient(ExplicitLoss(explicit), score), expected) < Self.near)
    #expect(try distance(gradient(ImplicitLoss(implicit), score), expected) < Self.near)
    implicit.probes = 1
    for kind in ["vr", "plain"] {
      sliced.kind = kind
      let found = try gradient(SlicedLoss(sliced), score, probes: [-1, 1])
      #expect(distance(found, expected) < Self.near, "\(kind)")
    }
    #expect(
      try distance(gradient(ImplicitLoss(implicit), score, probes: [-1, 1]), expected) < Self.near)
  }

  @Test("a wrong target, sign, weight or trace is seen")
  func planted() throws {
    let score = try network()
    let expected = try gradient(denoising("std2"), score)
    var explicit = ExplicitLoss.Options()
    explicit.score = try Self.mixture(at: 1.55)
    #expect(try distance(gradient(ExplicitLoss(explicit), score), expected) > 10 * Self.near)
    #expect(try distance(gradient(denoising("likelihood"), score), expected) > 10 * Self.near)
    #expect(
      try distance(gradient(SlicedLoss(), score, probes: [-1.02, 1]), expected) > 10 * Self.near)
    let shifted = try gradient(denoising("std2"), score) { batch in
      let z = batch.noise.pointer(Float.self)
      for i in 0..<batch.count { z[i] += 0.01 }
    }
    #expect(distance(shifted, expected) > 10 * Self.near)
  }

  @Test("flow matching of independent pairs is denoising weighted by the velocity")
  func flow() throws {
    for predicts in ["velocity", "noise", "score"] {
      let score = try network(predicts)
      let expected = try gradient(denoising("velocity"), score)
      #expect(try distance(gradient(FlowMatchingLoss(), score), expected) < Self.near)
      #expect(
        try distance(gradient(FlowMatchingLoss(), score), gradient(denoising("v"), score)) > 0.01)
    }
  }

  @Test("min-SNR tends to snr as γ grows, and over γ to clean as it falls; snr is std2")
  func limits() throws {
    let score = try network()
    let snr = try gradient(denoising("snr"), score)
    #expect(try distance(gradient(denoising("std2"), score), snr) == 0)
    #expect(try distance(gradient(denoising("min_snr", gamma: 1e4), score), snr) < Self.near)
    let low = try gradient(denoising("min_snr", gamma: 1e-4), score).map { $0 / 1e-4 }
    let clean = try gradient(denoising("clean"), score)
    #expect(distance(low, clean) < Self.near)
    #expect(distance(clean, snr) > 0.01)
    #expect(try distance(gradient(denoising("min_snr", gamma: 1), score), snr) > 0.01)
  }

  @Test(
    "with a weight, the squared error of a quantity is that of the noise; edm weighs the clean sample's"
  )
  func quantities() throws {
    let score = try network("residual")
    let expected = try gradient(denoising("clean"), score)
    #expect(try distance(gradient(BlindLoss(), score), expected) < Self.near)
    var options = NoiseWeights("edm")
    options.sigmaData = 1e4
    // With σ_d → ∞ the weight of Karras et al. is 1/σ̂² on the clean sample's error: 1 on the noise's.
    let wide = try gradient(DenoisingLoss(options), score)
    #expect(try distance(wide, gradient(denoising("std2"), score)) < Self.near)
    options.sigmaData = 1e-4
    let narrow = try gradient(DenoisingLoss(options), score).map { $0 * 1e-8 }
    #expect(distance(narrow, expected) < Self.near)
  }
}
