// Euler–Maruyama on Gaussian targets, where everything is known in closed form.

import Autodiff
import Diffusion
import Models
import Processes
import Tensors
import Testing

private let ve = VEPower()
private let vp = VP()
private let step = EulerMaruyama.step(noiseScale: 1)

@Suite struct EulerMaruyamaTests {
  @Test("one step by hand")
  func byHand() throws {
    let model = gaussianModel(vp, variance: 2)
    let (t, u, z) = (0.5, 0.4, 0.7)
    let beta = 0.1 + 0.5 * 19.9
    let marginal = GaussianScore.marginal(vp, t, variance: 2)
    let mean = 3 - (-0.5 * beta * 3 - beta * (-3 / marginal)) * 0.1
    let noise = NoiseStream { _, shape, dtype in try .full(shape, z, dtype) }
    let x = try Tensor([3.0], shape: [1, 1])
    let moved = try step(x, t, u, model, noise).item()
    #expect(abs(moved - (mean + (beta * 0.1).squareRoot() * z)) < 1e-12)
    let silent = try step(x, t, u, model, .silent).item()
    #expect(abs(silent - mean) < 1e-12)
    let half = try EulerMaruyama.step(noiseScale: 0.5)(x, t, u, model, noise)
    #expect(abs(try half.item() - (mean + 0.5 * (beta * 0.1).squareRoot() * z)) < 1e-12)
  }

  @Test("the tutorial's loop leaves the variance at 0.9978 for N = 500 (VE, base 25, target 1)")
  func tutorial() throws {
    // 500 times from 1 to 1e-3, a step from each, so that the last one ends below 1e-3.
    let dt = (1 - 1e-3) / 499
    let times = (0...500).map { 1 - Double($0) * dt }
    let variance = try SamplerOrder.variance(
      of: step, gaussianModel(ve), along: times, from: 96.93, silentLast: true)
    #expect(abs(variance - 0.9978) < 1e-4)
  }

  @Test("VP with N = 1000 and dt = 1/N leaves the variance at 1.0013")
  func variancePreserving() throws {
    let times = (0...1000).map { 1 - 0.999 * Double($0) / 1000 }
    let variance = try SamplerOrder.variance(
      of: step, gaussianModel(vp), along: times, from: 1, silentLast: true)
    #expect(abs(variance - 1.0013) < 1e-4)
  }

  @Test("samples have the variance that the linear maps predict; n = 20,000, |z| < 5.5")
  func monteCarlo() throws {
    for process in [ve, vp] as [any DiffusionProcess] {
      let model = gaussianModel(process)
      var options = SamplingOptions()
      (options.count, options.steps, options.seed) = (20_000, 100, 1)
      let x = try SamplerDriver(model, options).run { step }.points
      let times = try process.grid(steps: 100)
      let start = process.sigma(at: times[0])
      let expected = try SamplerOrder.variance(
        of: step, model, along: times, from: start * start, silentLast: true)
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
      let drift = EulerMaruyama.step(noiseScale: 0)
      return try SamplerDriver(model, options).run {
        { x, t, u, model, _ in
          try drift(
            x, t, u, model,
            NoiseStream { _, _, _ in
              Issue.record("noise was drawn")
              return nil
            })
        }
      }.points.floats()
    }
    #expect(ends[0] == ends[1])
  }
}

@Suite struct SamplerClaimTests {
  /// Errors large enough to be above rounding, steps small enough to be in the asymptotic range.
  static let steps = [128, 256, 512, 1024]

  @Test(
    "every stochastic sampler has the weak order it claims, and the right limit", arguments: 0..<2)
  func weak(_ which: Int) throws {
    let process: any DiffusionProcess = which == 0 ? ve : vp
    for sampler in SampleModule.samplers {
      guard case .sde(_, let claimed) = sampler.order else { continue }
      for target in [1.0, 0.25] {
        let (errors, order) = try SamplerOrder.weak(
          sampler.start(), process, steps: Self.steps, target: target)
        #expect(
          abs(order - claimed) < 0.15,
          "\(sampler.name), \(process.call), target \(target): order \(order), errors \(errors)")
        #expect(abs(errors[3]) < 0.02 * target)
      }
    }
  }

  @Test("every stochastic sampler has the strong order it claims", arguments: 0..<2)
  func strong(_ which: Int) throws {
    let process: any DiffusionProcess = which == 0 ? ve : vp
    for sampler in SampleModule.samplers {
      guard case .sde(let claimed, _) = sampler.order else { continue }
      let (errors, order) = try SamplerOrder.strong(
        sampler.start(), process, steps: [64, 128, 256, 512], finest: 8192, paths: 200)
      #expect(
        abs(order - claimed) < 0.15,
        "\(sampler.name), \(process.call): order \(order), errors \(errors)")
    }
  }

  static let processes: [any DiffusionProcess] = [ve, vp, EDM(), VPCosine(), LinearFlow(), SubVP()]

  @Test("every deterministic sampler has the order it claims, and the exact end")
  func deterministic() throws {
    for sampler in SampleModule.samplers {
      guard case .ode(let claimed) = sampler.order else { continue }
      var orders: [Double] = []
      for process in [ve, vp, EDM(), VPCosine(), LinearFlow(), SubVP()] as [any DiffusionProcess] {
        for target in [1.0, 0.25] {
          let (errors, order) = try SamplerOrder.flow(
            sampler.start, process, steps: [64, 128, 256, 512], target: target)
          #expect(abs(errors[3]) < 1e-2)
          // A linear path of a Gaussian may be followed better, or exactly.
          if errors.allSatisfy({ abs($0) < 1e-10 }) { continue }
          #expect(
            order > claimed - 0.25,
            "\(sampler.name), \(process.call), target \(target): order \(order), errors \(errors)")
          orders.append(order)
        }
      }
      #expect(abs((orders.min() ?? 0) - claimed) < 0.25, "\(sampler.name): \(orders)")
    }
  }

  @Test("the check of deterministic samplers rejects Euler's method and a wrong limit")
  func plantedFlow() throws {
    let euler: SamplerStep = { x, t, u, model, _ in
      try x + model.estimate(.velocity, x, .full([1], t, .float64)) * (u - t)
    }
    let short: SamplerStep = { x, t, u, model, noise in
      let moved = try Heun.sampler.start()(x, t, u, model, noise)
      return try x + (moved - x) * 0.9
    }
    #expect(
      try SamplerOrder.flow({ euler }, vp, steps: [64, 128, 256, 512], target: 0.25).order < 1.3)
    #expect(abs(try SamplerOrder.flow({ short }, vp, steps: [512], target: 0.25).errors[0]) > 0.02)
  }

  @Test("the checks reject noise that is too small by √Δt, and a limit that is wrong")
  func planted() throws {
    let late: SamplerStep = { x, t, u, model, noise in
      let mean = try step(x, t, u, model, .silent)
      return try mean + (step(x, t, u, model, noise) - mean) * (1 - (t - u).squareRoot())
    }
    #expect(try SamplerOrder.weak(late, vp, steps: Self.steps, target: 1).order < 0.7)
    #expect(
      try SamplerOrder.strong(late, vp, steps: [64, 128, 256, 512], finest: 8192, paths: 200).order
        < 0.8)
    let halved: SamplerStep = { x, t, u, model, noise in
      let mean = try step(x, t, u, model, .silent)
      return try (x + mean) * 0.5 + (step(x, t, u, model, noise) - mean)
    }
    #expect(
      abs(try SamplerOrder.weak(halved, ve, steps: Self.steps, target: 1).errors[3]) > 0.05)
  }
}
