// What the driver does for every sampler: grid, start, noise, recorder, stops.

import Autodiff
import Catalog
import Diffusion
import Models
import Processes
import Tensors
import TestSupport
import Testing

private let vp = VP()
private let step = EulerMaruyama.step(noiseScale: 1)

private func sample(
  _ model: ScoreModel = gaussianModel(vp, dimension: 3),
  _ set: (inout SamplingOptions) throws -> Void
) throws -> Samples {
  var options = SamplingOptions()
  (options.count, options.steps, options.seed) = (10, 12, 5)
  try set(&options)
  return try SamplerDriver(model, options).run { step }
}

private func message(_ set: (inout SamplingOptions) throws -> Void) -> String {
  do {
    _ = try sample { try set(&$0) }
    return "no error"
  } catch { return "\(error)" }
}

@Suite struct SamplerDriverTests {
  @Test("a sample is the same bit by bit at any batch size")
  func batchSize() throws {
    let few = try sample { $0.count = 10 }.points.floats()
    let many = try sample { $0.count = 64 }.points.floats()
    #expect(few == Array(many.prefix(30)))
    // Across the border between blocks of rows.
    let blocks = try sample { $0.count = 4200 }.points.floats()
    let moreBlocks = try sample { $0.count = 9000 }.points.floats()
    #expect(blocks == Array(moreBlocks.prefix(4200 * 3)))
    #expect(few == Array(blocks.prefix(30)))
    #expect(Set(blocks).count > 12_500)
  }

  @Test("a seed repeats the samples; without one the session's next is used and returned")
  func seeds() throws {
    let first = try sample { _ in }
    #expect(first.seed == 5)
    #expect(try first.points.floats() == sample { _ in }.points.floats())
    #expect(try first.points.floats() != sample { $0.seed = 6 }.points.floats())
    let drawn = try sample { $0.seed = nil }
    let again = try sample { $0.seed = drawn.seed }
    #expect(try drawn.points.floats() == again.points.floats())
  }

  @Test("the grid may be given; the prior then has the spread of its first time")
  func times() throws {
    let own = try sample { $0.times = .first(try vp.grid(steps: 12)) }.points.floats()
    #expect(try own == sample { _ in }.points.floats())
    let late = try sample {
      $0.times = .second(try Tensor([0.1, 0.05]))
      $0.record = 1
      $0.count = 4000
    }
    let states = try #require(late.recorded?.states)
    let spread = try variance(states.select(axis: 0, 0)).item().squareRoot()
    #expect(abs(spread / vp.sigma(at: 0.1) - 1) < 5.5 / (2.0 * 12_000).squareRoot())
  }

  @Test("the recorder keeps the start, every k-th state and the last")
  func recorder() throws {
    let start = try RandomStream(seed: 1).normal([4, 3])
    let result = try sample {
      ($0.start, $0.count, $0.record) = (start, nil, 5)
    }
    let recorded = try #require(result.recorded)
    let grid = try vp.grid(steps: 12)
    #expect(try recorded.times.doubles() == [0, 5, 10, 12].map { grid[$0] })
    #expect(recorded.states.shape == [4, 4, 3])
    #expect(try recorded.states.select(axis: 0, 0).floats() == start.floats())
    #expect(try recorded.states.select(axis: 0, 3).floats() == result.points.floats())
    #expect(try sample { _ in }.recorded == nil)
    // The same paths when the rows are cut into blocks.
    let many = try sample { ($0.count, $0.record) = (5000, 6) }
    let few = try sample { ($0.count, $0.record) = (10, 6) }
    let wide = try #require(many.recorded).states.slice(axis: 1, 0..<10)
    #expect(try wide.floats() == #require(few.recorded).states.floats())
  }

  @Test("the last step is free of noise unless asked for")
  func lastStep() throws {
    let grid = [0.5, 0.25]
    let start = try Tensor([1.0, 1.0], shape: [2, 1])
    let model = gaussianModel(vp)
    let mean = try step(start, 0.5, 0.25, model, .silent).doubles()
    let quiet = try sample(model) {
      ($0.start, $0.count, $0.times) = (start, nil, .first(grid))
    }
    #expect(try quiet.points.doubles() == mean)
    let noisy = try sample(model) {
      ($0.start, $0.count, $0.times, $0.final) = (start, nil, .first(grid), .state)
    }
    #expect(try noisy.points.doubles() != mean)
    #expect(noisy.points.dtype == .float64)
  }

  @Test("a score that fails, or a state, is an error that names step, time and quantity")
  func failures() throws {
    let lost = ScoreModel(
      OddScore { x, t in
        let bad = try t < 0.5 ? Tensor([0, Double.nan, 0, 0], shape: [4, 1]) : .zeros([4, 1])
        return try x * -1 + bad.converted(to: .float32)
      }, SDE(vp))
    func text(_ model: ScoreModel, _ count: Count) -> String {
      do {
        _ = try sample(model) { ($0.count, $0.steps) = (count, 10) }
        return "no error"
      } catch { return "\(error)" }
    }
    #expect(
      text(lost, 4)
        == "the score became NaN or infinite in step 7 of 10, from t = 0.4006 to 0.3007, "
        + "in 1 of 4 samples")
    let growing = ScoreModel(OddScore { x, _ in try x * 0 + 1e38 }, SDE(vp))
    #expect(
      text(growing, 2)
        == "the state became NaN or infinite in step 2 of 10, from t = 0.9001 to 0.8002, "
        + "in 2 of 2 samples")
  }

  @Test("what a failed or interrupted call has made is in sample.last")
  func partial() throws {
    let program = """
      local m = nn.define{dimension = 1, sde = sde.vp(), score = function(_, x, t)
        return calls == 7 and x / 0 or -x end}
      calls = 0
      local count = 0
      local bad = nn.define{dimension = 1, sde = sde.vp(), score = function(_, x, t)
        count = count + 1
        return count == 12 and x * (0 / 0) or -x end}
      print(pcall(sample.euler_maruyama, bad, {count = 3, steps = 10, seed = 4}))
      local last = sample.last
      print(last.step, last.seed, #last.times, last.points:is_finite():all():item())
      local whole = sample.euler_maruyama(m, {count = 3, seed = 4, final = "state",
        times = last.times[{{1, last.step + 1}}]})
      print((whole - last.points):abs():max():item())
      """
    let result = try Command(Products.moondrift, ["-"], input: program).run()
    #expect(result.err == "")
    let lines = result.out.split(separator: "\n")
    #expect(lines.count == 3 && lines[0].hasPrefix("false"), "\(result.out)")
    #expect(lines[0].contains("the state became NaN") || lines[0].contains("the score became NaN"))
    #expect(lines[1].hasSuffix("4\t11\ttrue"))
    #expect(lines[2] == "0.0")
  }

  @Test("a step may draw as often as it likes, each draw another")
  func manyDraws() throws {
    let model = gaussianModel(vp)
    var options = SamplingOptions()
    (options.count, options.steps, options.seed, options.final) = (4, 2, 1, .state)
    var draws: [[Float]] = []
    _ = try SamplerDriver(model, options).run {
      { x, _, _, _, noise in
        for _ in 0..<100 { if let z = try noise.normal(like: x) { draws.append(try z.floats()) } }
        return x
      }
    }
    #expect(draws.count == 200 && Set(draws).count == 200)
  }

  @Test("texts of the errors about options")
  func errors() throws {
    #expect(
      message { $0.times = .first([0.5]) } == "times must hold at least 2 times, got 1")
    #expect(
      message { $0.times = .first([0.5, 0.5]) }
        == "times must decrease, got 0.5 after 0.5 at position 2")
    #expect(
      message { $0.times = .first([0.5, -0.5]) }
        == "times must lie from 0 to time_max = 1, got -0.5 at position 2")
    #expect(
      message { $0.times = .first([0.5, .nan]) }
        == "times must lie from 0 to time_max = 1, got nan at position 2")
    #expect(
      message { $0.times = .second(try .zeros([2, 1])) }
        == "times must be a list or a tensor of 1 axis, got shape [2, 1]")
    #expect(
      message { $0.start = try .zeros([4, 2]) }
        == "start has shape [4, 2], expected [n d] with d = 3")
    #expect(
      message { $0.start = try .zeros([4, 3]) } == "start must have count = 10 rows, got 4")
    #expect(
      message {
        ($0.start, $0.count) = try (.zeros([0, 3]), nil)
      } == "start must have 1 row or more, got 0")
    #expect(
      message {
        ($0.start, $0.count) = try (.full([4, 3], .infinity), nil)
      } == "start must hold finite numbers, got NaN or infinity in row 1")
    #expect(
      message { $0.steps = 1_099_511_627_776 }
        == "steps must be at most 134217728, got 1099511627776")
  }

  @Test("from Lua: results, and errors with the function's name")
  func lua() throws {
    let program = """
      local m = nn.score_mlp{dimension = 2, sde = sde.vp(), seed = 1}
      local x, info = sample.euler_maruyama(m, {count = 3, steps = 4, record = 2})
      local y = sample.euler_maruyama(m, {count = 3, steps = 4, seed = info.seed})
      print(x.shape[1], x.shape[2], #info.recorded_times, info.x.rank, (x - y):abs():max():item())
      print(select("#", sample.euler_maruyama(m, {steps = 1})))
      local _, counts = sample.heun(m, {steps = 4, info = true})
      print(counts.evaluations, #counts.times)
      print(select(2, sample.dpm_solver_pp_2m(m, {steps = 4, info = true})).evaluations)
      for _, options in ipairs{{steps = 2.5}, {setps = 3}, {noise_scale = -1}, {count = 0}} do
        print((select(2, pcall(sample.euler_maruyama, m, options))))
      end
      """
    let result = try Command(Products.moondrift, ["-"], input: program).run()
    #expect(result.err == "")
    #expect(
      result.out == """
        3	2	3	3	0.0
        1
        8	5
        4
        sample.euler_maruyama: steps must be a positive integer, got 2.5
        sample.euler_maruyama: unknown option 'setps' (did you mean steps?)
        sample.euler_maruyama: noise_scale must be a number of 0 or more, got -1
        sample.euler_maruyama: count must be a positive integer, got 0

        """)
  }

  @Test("an interrupt ends a run")
  func interrupt() throws {
    let program = "sample.euler_maruyama(nn.score_mlp{sde = sde.vp()}, {steps = 100000000})"
    let result = try Command(
      "/usr/bin/timeout", ["-s", "INT", "0.5", Products.moondrift, "-e", program]
    ).run()
    #expect(result.err.contains("interrupted!"))
    #expect(result.seconds < 5)
  }
}
