// The adaptive Runge–Kutta pair: on the exact flow of a mixture, in one dimension, where it is known.

import Autodiff
import Catalog
import Diffusion
import Models
import Processes
import Tensors
import TestSupport
import Testing

private let vp = VP()

private func mixture(_ process: any DiffusionProcess) -> ScoreModel {
  ScoreModel(MixtureScore(), SDE(process))
}

private func exactFlow(_ process: any DiffusionProcess, _ x: Double, from t: Double, to u: Double)
  -> Double
{
  MixtureScore().flow(process, x, from: t, to: u)
}

private func sample(
  _ model: ScoreModel, _ tolerance: Double = 1e-5, maxSteps: Count = 10_000,
  leaving: ((LastSamples) -> Void)? = nil, _ set: (inout SamplingOptions) throws -> Void
) throws -> Samples {
  var options = SamplingOptions()
  options.seed = 5
  try set(&options)
  var driver = try SamplerDriver(model, options, .ends)
  if let leaving { driver.leave = leaving }
  return try driver.run {
    RK45.start($0, rtol: tolerance, atol: tolerance, maxSteps: maxSteps)
  }
}

@Suite struct RK45Tests {
  @Test("with equal steps it is of order 5")
  func order() throws {
    let times = (from: -3.0, to: 3.0)
    let steps = [12, 16, 24, 32]
    let errors = try steps.map { count in
      let grid = try (0...count).map {
        try vp.time(ofLogSNR: times.from + (times.to - times.from) * Double($0) / Double(count))
      }
      let law = try SamplerLaw(
        { run in { x, i in try RungeKutta.dormandPrince.step(run, x, from: i.t, to: i.u) } },
        gaussianModel(vp, variance: 0.25), along: grid, from: 1)
      let exact =
        GaussianScore.marginal(vp, grid[count], variance: 0.25)
        / GaussianScore.marginal(vp, grid[0], variance: 0.25)
      return (law.variance / exact).squareRoot() - 1
    }
    let order = fittedOrder(steps: steps, errors: errors)
    #expect(order > 4.7 && order < 5.6, "\(order), \(errors)")
  }

  @Test(
    "samples lie on the exact flow of a mixture, nearer as the tolerance falls", arguments: 0..<3)
  func flow(_ which: Int) throws {
    let process = ([vp, VEPower(), LinearFlow()] as [any DiffusionProcess])[which]
    let (t, u) = (process.times.upperBound, process.times.lowerBound)
    let first = try RandomStream(seed: 3).normal([50, 1], .float64) * process.sigma(at: t)
    let exact = try first.doubles().map { exactFlow(process, $0, from: t, to: u) }
    let errors = try [1e-3, 1e-5, 1e-7].map { tolerance in
      let found = try sample(mixture(process), tolerance) { $0.start = first }
      return try zip(found.points.doubles(), exact).map { abs($0 - $1) }.max() ?? 0
    }
    #expect(errors[2] < 2e-6, "\(errors)")
    // Two decades of tolerance are worth more than one of error.
    #expect(errors[1] < errors[0] / 5 && errors[2] < errors[1] / 5, "\(errors)")
  }

  @Test("a sample is the same bit by bit however many are drawn with it")
  func rowsApart() throws {
    for model in [mixture(vp), gaussianModel(vp, dimension: 3)] {
      let few = try sample(model, 1e-3) { $0.count = 7 }
      let many = try sample(model, 1e-3) { $0.count = 4100 }
      let width = model.dimension
      #expect(try few.points.floats() == Array(many.points.floats().prefix(7 * width)))
      let (some, all) = (try #require(few.rowSteps), try #require(many.rowSteps))
      #expect(some.accepted == Array(all.accepted.prefix(7)))
      #expect(some.rejected == Array(all.rejected.prefix(7)))
      #expect(all.accepted.count == 4100 && (width > 1 || Set(all.accepted).count > 1))
    }
  }

  @Test("evaluations are those of the sample that needs most: six a step and one at the start")
  func counts() throws {
    let found = try sample(mixture(vp)) { $0.count = 20 }
    let steps = try #require(found.rowSteps)
    let most = zip(steps.accepted, steps.rejected).map { $0 + $1 }.max() ?? 0
    #expect(found.evaluations == 6 * most + 1)
    #expect(found.times == [1, 1e-3])
  }

  @Test("steps end at the times that are asked for, where the recorder keeps the states")
  func times() throws {
    let model = mixture(vp)
    let found = try sample(model, 1e-6) {
      ($0.count, $0.record, $0.times) = (5, 1, .first([1, 0.5, 0.2, 1e-3]))
    }
    let recorded = try #require(found.recorder)
    #expect(recorded.steps == [0, 1, 2, 3])
    let first = try recorded.states().select(axis: 0, 0).doubles()
    let middle = try recorded.states().select(axis: 0, 2).doubles()
    for (from, to) in zip(first, middle) {
      #expect(abs(exactFlow(vp, from, from: 1, to: 0.2) - to) < 1e-4)
    }
    #expect(try sample(model) { $0.steps = 10 }.times.count == 11)
  }

  @Test("from no signal to no noise: the ends of the straight path")
  func ends() throws {
    let model = ScoreModel(MixtureScore(predicts: .clean), SDE(LinearFlow()))
    let first = try Tensor([-1.5, -0.4, 0.3, 2.0], shape: [4, 1])
    let found = try sample(model, 1e-7) {
      ($0.start, $0.times) = (first, .first([1, 0]))
    }.points.doubles()
    // Below the sampler's lowest time the last stretch is the posterior mean, off by its order.
    for (x, y) in zip(try first.doubles(), found) {
      #expect(abs(exactFlow(LinearFlow(), x, from: 1, to: 0) - y) < 1e-4)
    }
    let noise = ScoreModel(OddScore { x, _ in try x * -1 }, SDE(LinearFlow()))
    #expect {
      _ = try sample(noise) { ($0.count, $0.times) = (2, .first([1, 0])) }
    } throws: {
      "\($0)" == "no clean sample follows from the score at t = 1, where alpha is 0"
    }
  }

  @Test("a limit of steps is an error that keeps each sample where it was")
  func limit() throws {
    let first = try RandomStream(seed: 3).normal([4, 1], .float64)
    var left: LastSamples?
    #expect {
      _ = try sample(mixture(vp), 1e-7, maxSteps: 12, leaving: { left = $0 }) { $0.start = first }
    } throws: {
      "\($0)".contains("4 of 4 samples have made max_steps = 12 steps; the first is at t = 0.")
    }
    let kept = try #require(left)
    let times = try #require(kept.rowTimes)
    #expect(times.count == 4 && Set(times).count > 1 && times.allSatisfy { $0 < 1 && $0 > 1e-3 })
    for ((x, y), t) in zip(zip(try first.doubles(), try kept.points().doubles()), times) {
      #expect(abs(exactFlow(vp, x, from: 1, to: t) - y) < 1e-6)
    }
  }

  @Test("a score that is no number shrinks the step to nothing, which is an error")
  func lost() throws {
    let model = ScoreModel(
      OddScore { x, t in t < 0.5 ? try Tensor.full(x.shape, .nan, x.dtype) : try x * -1 }, SDE(vp))
    var left: LastSamples?
    #expect {
      _ = try sample(model, leaving: { left = $0 }) { $0.count = 3 }
    } throws: {
      "\($0)"
        == "the steps of 3 of 3 samples shrank to nothing at t = 0.5: the score or the state is NaN "
        + "or infinite there"
    }
    #expect(left?.rowTimes?.count == 3)
  }

  @Test("through a network: the same bits at any number of samples")
  func network() throws {
    let program = """
      for _, width in ipairs{16, 64} do
        local m = nn.score_mlp{dimension = 2, width = width, sde = sde.vp(), seed = 1}
        local few, info = sample.rk45(m, {count = 3, seed = 2, info = true})
        local many, all = sample.rk45(m, {count = 300, seed = 2, info = true})
        print((many[{ {1, 3} }] - few):abs():max():item(), all.accepted.shape[1], info.rejected.dtype,
          info.evaluations > 10, few.dtype)
      end
      print(pcall(sample.rk45, nn.score_mlp{sde = sde.vp()}, {rtol = 0}))
      """
    let result = try Command(Products.moondrift, ["-"], input: program).run()
    #expect(result.err == "")
    #expect(
      result.out == """
        0.0	300	int64	true	float32
        0.0	300	int64	true	float32
        false	sample.rk45: rtol must be a positive number, got 0

        """)
  }
}
