// Euler–Maruyama on Gaussian targets, where everything is known in closed form.

import Autodiff
import Diffusion
import Models
import Processes
import Tensors
import Testing

private let ve = VEPower()
private let vp = VP()
private let start: (SamplingRun) -> SamplingStep = { EulerMaruyama.start($0, noiseScale: 1) }

/// One step with given noise.
private func moved(
  _ x: Tensor, from t: Double, to u: Double, _ model: ScoreModel, z: Double = 0,
  noiseScale: Double = 1, omitsNoise: Bool = false
) throws -> Double {
  let run = SamplingRun(model, times: [t, u]) { try .full($2, z, $3) }
  return try EulerMaruyama.start(run, noiseScale: noiseScale)(
    x, Interval(from: t, to: u, index: 0, count: 1, omitsNoise: omitsNoise)
  ).item()
}

@Suite struct EulerMaruyamaTests {
  @Test("one step by hand")
  func byHand() throws {
    let model = gaussianModel(vp, variance: 2)
    let (t, u, z) = (0.5, 0.4, 0.7)
    let beta = 0.1 + 0.5 * 19.9
    let marginal = GaussianScore.marginal(vp, t, variance: 2)
    let mean = 3 - (-0.5 * beta * 3 - beta * (-3 / marginal)) * 0.1
    let x = try Tensor([3.0], shape: [1, 1])
    let noisy = try moved(x, from: t, to: u, model, z: z)
    #expect(abs(noisy - (mean + (beta * 0.1).squareRoot() * z)) < 1e-12)
    #expect(abs(try moved(x, from: t, to: u, model, z: z, omitsNoise: true) - mean) < 1e-12)
    let half = try moved(x, from: t, to: u, model, z: z, noiseScale: 0.5)
    #expect(abs(half - (mean + 0.5 * (beta * 0.1).squareRoot() * z)) < 1e-12)
  }

  @Test("the tutorial's loop leaves the variance at 0.9978 for N = 500 (VE, base 25, target 1)")
  func tutorial() throws {
    // 500 times from 1 to 1e-3, a step from each, so that the last one ends below 1e-3.
    let dt = (1 - 1e-3) / 499
    let times = (0...500).map { 1 - Double($0) * dt }
    let variance = try SamplerLaw(
      start, gaussianModel(ve), along: times, from: 96.93, omitsLast: true
    ).variance
    #expect(abs(variance - 0.9978) < 1e-4)
  }

  @Test("VP with N = 1000 and dt = 1/N leaves the variance at 1.0013")
  func variancePreserving() throws {
    let times = (0...1000).map { 1 - 0.999 * Double($0) / 1000 }
    let variance = try SamplerLaw(
      start, gaussianModel(vp), along: times, from: 1, omitsLast: true
    ).variance
    #expect(abs(variance - 1.0013) < 1e-4)
  }

  @Test("samples have the variance that the linear maps predict; n = 20,000, |z| < 5.5")
  func monteCarlo() throws {
    for process in [ve, vp] as [any DiffusionProcess] {
      let model = gaussianModel(process)
      var options = SamplingOptions()
      (options.count, options.steps, options.seed) = (20_000, 100, 1)
      let x = try SamplerDriver(model, options).run(start).points
      let times = try process.grid(steps: 100)
      let first = process.sigma(at: times[0])
      let expected = try SamplerLaw(
        start, model, along: times, from: first * first, omitsLast: true
      ).variance
      let squares = try mean(square(x)).item()
      #expect(abs(squares / expected - 1) < 5.5 * (2.0 / 20_000).squareRoot())
      #expect(abs(try mean(x).item()) < 5.5 * (expected / 20_000).squareRoot())
    }
  }

  @Test("without noise the result depends on the start alone")
  func driftAlone() throws {
    let model = gaussianModel(vp)
    let start = try RandomStream(seed: 4).normal([8, 1])
    let ends = try [1, 2].map { seed in
      var options = SamplingOptions()
      (options.start, options.steps, options.seed) = (start, 20, seed)
      return try SamplerDriver(model, options).run {
        EulerMaruyama.start($0, noiseScale: 0)
      }.points.floats()
    }
    #expect(ends[0] == ends[1])
  }
}
