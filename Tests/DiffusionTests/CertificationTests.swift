// Every sampler is what it says it is, and the certification finds out one that is not.

import Autodiff
import Diffusion
import Models
import Processes
import Tensors
import Testing

private let ve = VEPower()
private let vp = VP()

@Suite struct CertificationTests {
  @Test("every sampler has the orders it claims, and the right limit", arguments: 0..<2)
  func claims(_ which: Int) throws {
    let process: any DiffusionProcess = which == 0 ? ve : vp
    for sampler in SampleModule.samplers {
      let found = try Certificate(sampler.convergence, process, sampler.start)
      #expect(
        found.flaws.isEmpty, "\(sampler.name), \(process.call): \(found)")
    }
  }

  private func flaws(
    _ convergence: Convergence, _ process: any DiffusionProcess = vp,
    _ start: (SamplingRun) throws -> SamplingStep
  ) throws -> String {
    try Certificate(convergence, process, start).flaws.joined(separator: "; ")
  }

  @Test("noise too small by √Δt has the wrong orders")
  func wrongOrder() throws {
    let found = try flaws(.sde(strong: 1, weak: 1)) { run in
      { x, i in
        let scale = 1 - (i.t - i.u).squareRoot()
        return try EulerMaruyama.start(run, noiseScale: scale)(x, i)
      }
    }
    #expect(found.contains("weak order 0."))
    #expect(found.contains("strong order 0."))
  }

  @Test("Euler–Maruyama is not of order 2, nor Heun's method of order 1")
  func wrongClaims() throws {
    let euler = EulerMaruyama.sampler.start
    #expect(try flaws(.sde(strong: nil, weak: 2), vp, euler).contains("weak order 1"))
    #expect(try flaws(.ode(order: 1), vp, Heun.sampler.start).contains("weak order"))
    #expect(try flaws(.ode(order: 1), vp, euler).contains("draws noise"))
  }

  @Test("half of the drift has the wrong limit")
  func wrongLimit() throws {
    let found = try flaws(.sde(strong: 1, weak: 1), ve) { run in
      let silent = EulerMaruyama.start(run, noiseScale: 0)
      return { x, i in
        let mean = try silent(x, i)
        let g = run.process.diffusion(at: i.t)
        return try (x + mean) * 0.5 + run.normal(like: x) * (g * (i.t - i.u).squareRoot())
      }
    }
    #expect(found.contains("the variance is off by"))
  }

  @Test("noise that is drawn for nothing is found")
  func unusedNoise() throws {
    let found = try flaws(.sde(strong: nil, weak: 1)) { run in
      let euler = EulerMaruyama.start(run, noiseScale: 1)
      return { x, i in
        let y = try euler(x, i)
        _ = try run.normal(like: x)
        return y
      }
    }
    #expect(found.contains("1024 of 2048 draws of noise are not used"))
  }

  /// Relative errors at the end of one path of the probability flow, which is linear in the state:
  /// x_u = x_t √(v_u/v_t) with v the variance of the marginal.
  private func flowErrors(
    _ sampler: Sampler, _ process: any DiffusionProcess, target: Double
  ) throws -> [Double] {
    try [64, 128, 256, 512].map { count in
      // Even in log-SNR where the slopes are moderate, so that few steps are in the asymptotic range.
      let first = max(process.logSNR(at: process.times.upperBound), -6)
      let last = min(process.logSNR(at: process.times.lowerBound), 6)
      let times = try (0...count).map {
        try process.time(ofLogSNR: first + (last - first) * Double($0) / Double(count))
      }
      let exact =
        GaussianScore.marginal(process, times[count], variance: target)
        / GaussianScore.marginal(process, times[0], variance: target)
      let law = try SamplerLaw(
        sampler.start, gaussianModel(process, variance: target), along: times, from: 1)
      return (law.variance / exact).squareRoot() - 1
    }
  }

  @Test("every deterministic sampler has the order it claims on six diffusions, and the exact end")
  func deterministic() throws {
    for sampler in SampleModule.samplers {
      guard case .ode(let claimed) = sampler.convergence else { continue }
      var orders: [Double] = []
      for process in [ve, vp, EDM(), VPCosine(), LinearFlow(), SubVP()] as [any DiffusionProcess] {
        for target in [1.0, 0.25] {
          let errors = try flowErrors(sampler, process, target: target)
          #expect(abs(errors[3]) < 1e-2)
          // A linear path of a Gaussian may be followed better, or exactly.
          if errors.allSatisfy({ abs($0) < 1e-10 }) { continue }
          let order = fittedOrder(steps: [64, 128, 256, 512], errors: errors)
          #expect(
            order > claimed - 0.25, "\(sampler.name), \(process.call): \(order), \(errors)")
          orders.append(order)
        }
      }
      #expect(abs((orders.min() ?? 0) - claimed) < 0.25, "\(sampler.name): \(orders)")
    }
  }
}
