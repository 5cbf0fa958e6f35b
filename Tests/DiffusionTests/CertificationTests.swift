// Every sampler is what it says it is, and the certification finds out one that is not.

import Autodiff
import Catalog
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
      for certified in sampler.certified {
        let found = try Certificate(
          certified.convergence, process, certified.start, plan: sampler.plan,
          atTolerance: sampler.atTolerance)
        #expect(
          found.flaws.isEmpty,
          "\(sampler.title(certified)), \(process.call): \(found)")
      }
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
    let euler = try #require(EulerMaruyama.sampler.start)
    #expect(try flaws(.sde(strong: nil, weak: 2), vp, euler).contains("weak order 1"))
    #expect(try flaws(.ode(order: 1), vp, Heun.start).contains("weak order"))
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

  @Test("a second slope that is right for Gaussians alone is found on a mixture")
  func wrongOnMixtures() throws {
    let found = try Certificate(.ode(order: 2), vp) { run in
      { x, i in
        let first = try run.velocity(x, at: i.t)
        let guess = try x + first * (i.u - i.t)
        // v is proportional to x on Gaussian data around 0, not elsewhere.
        let second = try run.velocity(x, at: i.u) * (guess / x)
        return try x + (first + second) * ((i.u - i.t) / 2)
      }
    }
    #expect(abs(try #require(found.weakOrder) - 2) < 0.15)
    #expect(try #require(found.bias) < 0.02)
    #expect(found.flaws.joined().contains("path order 0.0"), "\(found)")
  }

  /// A sampler with steps of each row's own, from what a step of Dormand and Prince is made into.
  private func adaptive(
    _ change: @escaping (SamplingRun, Trial, RowIntervals) throws -> Trial
  ) -> (Double) -> (SamplingRun) throws -> SamplingStep {
    { tolerance in
      { run in
        let control = StepControl(rtol: tolerance, atol: tolerance, errorOrder: 5)
        let trial = RungeKutta.dormandPrince.trial(run, control)
        let stepper = RowStepper(run, control) { x, rows, carried in
          try change(run, trial(x, rows, carried), rows)
        }
        return { x, interval in try stepper(x, interval) }
      }
    }
  }

  private func flaws(
    adaptive change: @escaping (SamplingRun, Trial, RowIntervals) throws -> Trial
  ) throws -> String {
    let start = adaptive(change)
    return try Certificate(.tolerance, vp, start(1e-5), atTolerance: start).flaws.joined(
      separator: "; ")
  }

  @Test("adaptive steps: as they are, blind to their error, to the wrong end, with noise")
  func adaptiveMistakes() throws {
    #expect(try flaws { _, trial, _ in trial } == "")
    let blind = try flaws { _, trial, _ in
      Trial(trial.x, error: trial.error.map { _ in 0.5 }, carried: trial.carried)
    }
    #expect(blind.contains("the error follows the tolerance with order"), "\(blind)")
    let wrong = try flaws { _, trial, rows in
      let drift = try Tensor(
        zip(rows.t, rows.u).map { 0.05 * ($0 - $1) }, shape: [rows.t.count, 1])
      return Trial(try trial.x + drift, error: trial.error)
    }
    #expect(wrong.contains("off by"), "\(wrong)")
    let noisy = try flaws { run, trial, _ in
      _ = try run.normal(like: trial.x)
      return trial
    }
    #expect(noisy.contains("it draws noise"), "\(noisy)")
  }

  @Test("Langevin steps: too little noise has the wrong law, a draw too many is found")
  func langevinMistakes() throws {
    let claim = Convergence.none("Langevin", bias: 0.03)
    func corrector(noise: Double, extra: Bool = false) throws -> String {
      try flaws(claim) { run in
        let predictor = EulerMaruyama.start(run, noiseScale: 1)
        return { x, i in
          var x = x
          if extra { _ = try run.normal(like: x) }
          for _ in 0..<3 {
            // Not linear in the state: the step follows the size of the score, where that is not small.
            let s = try run.score(x, at: i.t)
            let sigma = run.process.sigma(at: i.t)
            let size = try (0.05 * sigma * sigma) / (sqrt(square(s)) * sigma + 1)
            let z = try run.normal(like: x)
            x = try x + s * size
            x = try x + z * sqrt(size * 2) * noise
          }
          return try predictor(x, i)
        }
      }
    }
    #expect(try !corrector(noise: 1).contains("not used"))
    #expect(try corrector(noise: 0.5).contains("on a mixture the samples are off by"))
    #expect(
      try corrector(noise: 1, extra: true).contains(
        "32 of 160 draws of noise are not used on a mixture"))
  }

  /// Relative errors at the end of one path of the probability flow, which is linear in the state:
  /// x_u = x_t √(v_u/v_t) with v the variance of the marginal.
  private func flowErrors(
    _ start: (SamplingRun) throws -> SamplingStep, _ process: any DiffusionProcess, target: Double
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
        start, gaussianModel(process, variance: target), along: times, from: 1)
      return (law.variance / exact).squareRoot() - 1
    }
  }

  @Test("every deterministic sampler has the order it claims on six diffusions, and the exact end")
  func deterministic() throws {
    for sampler in SampleModule.samplers {
      for certified in sampler.certified {
        guard case .ode(let claimed) = certified.convergence else { continue }
        try hasOrder(sampler.title(certified), claimed, certified.start)
      }
    }
  }

  private func hasOrder(
    _ name: String, _ claimed: Double, _ start: (SamplingRun) throws -> SamplingStep
  ) throws {
    var orders: [Double] = []
    for process in [ve, vp, EDM(), VPCosine(), LinearFlow(), SubVP()] as [any DiffusionProcess] {
      for target in [1.0, 0.25] {
        let errors = try flowErrors(start, process, target: target)
        #expect(abs(errors[3]) < 2e-2)
        // A linear path of a Gaussian may be followed better, or exactly.
        if errors.allSatisfy({ abs($0) < 1e-10 }) { continue }
        let order = fittedOrder(steps: [64, 128, 256, 512], errors: errors)
        #expect(order > claimed - 0.25, "\(name), \(process.call): \(order), \(errors)")
        orders.append(order)
      }
    }
    #expect(abs((orders.min() ?? 0) - claimed) < 0.25, "\(name): \(orders)")
  }
}
