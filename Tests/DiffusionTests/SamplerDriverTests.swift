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
private let start: (SamplingRun) -> SamplingStep = { EulerMaruyama.start($0, noiseScale: 1) }

private func sample(
  _ model: ScoreModel = gaussianModel(vp, dimension: 3),
  leaving: ((LastSamples) -> Void)? = nil, _ set: (inout SamplingOptions) throws -> Void
) throws -> Samples {
  var options = SamplingOptions()
  (options.count, options.steps, options.seed) = (10, 12, 5)
  try set(&options)
  var driver = try SamplerDriver(model, options)
  if let leaving { driver.leave = leaving }
  return try driver.run(start)
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
    let states = try #require(late.recorder).states()
    let spread = try variance(states.select(axis: 0, 0)).item().squareRoot()
    #expect(abs(spread / vp.sigma(at: 0.1) - 1) < 5.5 / (2.0 * 12_000).squareRoot())
  }

  @Test("the recorder keeps the start, every k-th state and the last")
  func recorder() throws {
    let first = try RandomStream(seed: 1).normal([4, 3])
    let result = try sample {
      ($0.start, $0.count, $0.record) = (first, nil, 5)
    }
    let recorded = try #require(result.recorder)
    #expect(recorded.steps == [0, 5, 10, 12])
    #expect(try recorded.states().shape == [4, 4, 3])
    #expect(try recorded.states().select(axis: 0, 0).floats() == first.floats())
    #expect(try recorded.states().select(axis: 0, 3).floats() == result.points.floats())
    #expect(try sample { _ in }.recorder == nil)
    // The same paths when the rows are cut into blocks.
    let many = try sample { ($0.count, $0.record) = (5000, 6) }
    let few = try sample { ($0.count, $0.record) = (10, 6) }
    let wide = try #require(many.recorder).states().slice(axis: 1, 0..<10)
    #expect(try wide.floats() == #require(few.recorder).states().floats())
  }

  @Test("the last step ends without noise, with it, or at the posterior mean")
  func lastStep() throws {
    let grid = [0.5, 0.25]
    let first = try Tensor([1.0, 1.0], shape: [2, 1])
    let model = gaussianModel(vp)
    func ends(_ final: SamplingOptions.Final) throws -> [Double] {
      let points = try sample(model) {
        ($0.start, $0.count, $0.times, $0.final) = (first, nil, .first(grid), final)
      }.points
      #expect(points.dtype == .float64)
      return try points.doubles()
    }
    let run = SamplingRun(model, times: grid) { try .zeros($2, $3) }
    let mean = try start(run)(first, Interval(from: 0.5, to: 0.25, index: 0, count: 1))
    #expect(try ends(.mean) == mean.doubles())
    let state = try ends(.state)
    #expect(try state != mean.doubles())
    // E[x_0 | x] = α x/(α² + σ²), and α² + σ² is 1.
    let alpha = vp.alpha(at: 0.25)
    for (found, x) in zip(try ends(.denoise), state) {
      #expect(abs(found - alpha * x) < 1e-12)
    }
  }

  @Test("a step may draw any number of times; each draw is its own, at any batch size")
  func manyDraws() throws {
    func draws(_ count: Int) throws -> Tensor {
      var options = SamplingOptions()
      (options.count, options.steps, options.seed) = (try Count(count), 2, 5)
      options.times = .first([0.5, 0.4, 0.3])
      // The state becomes the last draw; all are kept.
      var kept: [Tensor] = []
      _ = try SamplerDriver(gaussianModel(vp), options).run { run in
        { x, _ in
          kept += try (0..<100).map { _ in try run.normal(like: x) }
          return x
        }
      }
      return try Tensor(kept.flatMap { try $0.doubles() }, shape: [200, count])
    }
    let few = try draws(4).doubles()
    #expect(Set(few).count == 800)
    let many = try draws(9).slice(axis: 1, 0..<4).doubles()
    #expect(few == many)
  }

  @Test("within a step the model is called once for one state and time")
  func memory() throws {
    var calls = 0
    let model = ScoreModel(
      OddScore { x, _ in
        calls += 1
        return try x * -1
      }, SDE(vp))
    let run = SamplingRun(model, times: [0.5, 0.4]) { try .zeros($2, $3) }
    let x = try Tensor.full([2, 1], 1)
    run.begin(Interval(from: 0.5, to: 0.4, index: 0, count: 2))
    _ = try (run.score(x, at: 0.5), run.score(x, at: 0.5))
    #expect((calls, run.evaluations) == (1, 1))
    _ = try run.score(x, at: 0.4)
    #expect(run.evaluations == 2)
    // What was written to since is another state.
    try x.assign(Tensor.full([2, 1], 2))
    #expect(try run.score(x, at: 0.5).doubles() == [-2, -2])
    run.begin(Interval(from: 0.4, to: 0.3, index: 1, count: 2))
    _ = try run.score(x, at: 0.5)
    #expect((calls, run.evaluations) == (4, 4))
  }

  @Test("what a run had when it failed is kept")
  func unfinished() throws {
    let lost = ScoreModel(
      OddScore { x, t in try t < 0.5 ? x * .nan : x * -1 }, SDE(vp))
    var left: LastSamples?
    #expect(throws: UserError.self) {
      _ = try sample(lost, leaving: { left = $0 }) { ($0.count, $0.steps, $0.record) = (4, 10, 2) }
    }
    let kept = try #require(left)
    #expect(kept.step == 6)
    #expect(kept.seed == 5)
    let whole = ScoreModel(OddScore { x, _ in try x * -1 }, SDE(vp))
    let grid = try Array(vp.grid(steps: 10).prefix(7))
    let expected = try sample(whole, leaving: { left = $0 }) {
      ($0.count, $0.times, $0.final) = (4, .first(grid), .state)
    }
    #expect(try kept.points().floats() == expected.points.floats())
    let states = try #require(kept.recorder)
    #expect(states.steps == [0, 2, 4, 6])
    #expect(try states.states().select(axis: 0, 3).floats() == expected.points.floats())
    #expect(kept.message != nil && left?.message == nil)
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
      local y, told = sample.euler_maruyama(m, {count = 3, steps = 4, seed = info.seed, info = true})
      print(x.shape[1], x.shape[2], #info.recorded_times, info.x.rank, (x - y):abs():max():item())
      print(told.evaluations, #told.times, told.seed == info.seed)
      print(select("#", sample.euler_maruyama(m, {steps = 1})), sample.last.step)
      for _, options in ipairs{{steps = 2.5}, {setps = 3}, {noise_scale = -1}, {count = 0},
        {denoise_last = true}, {final = "men"}} do
        print((select(2, pcall(sample.euler_maruyama, m, options))))
      end
      """
    let result = try Command(Products.moondrift, ["-"], input: program).run()
    #expect(result.err == "")
    #expect(
      result.out == """
        3	2	3	3	0.0
        4	5	true
        1	1
        sample.euler_maruyama: steps must be a positive integer, got 2.5
        sample.euler_maruyama: unknown option 'setps' (did you mean steps?)
        sample.euler_maruyama: noise_scale must be a number of 0 or more, got -1
        sample.euler_maruyama: count must be a positive integer, got 0
        sample.euler_maruyama: unknown option 'denoise_last' (did you mean final?)
        sample.euler_maruyama: final must be 'mean' or 'denoise' or 'state', got 'men' (did you mean 'mean'?)

        """)
  }

  @Test("an interrupt ends a run")
  func interrupt() throws {
    let program = """
      local calls = 0
      local model = nn.define{dimension = 1, sde = sde.vp(), score = function(_, x)
        calls = calls + 1
        if calls == 20 then os.execute "(sleep 0.1; kill -INT $PPID) &" end
        return -x
      end}
      local good, message = pcall(sample.euler_maruyama, model, {steps = 20000000, count = 5, seed = 3})
      local kept = sample.last
      print(good, message:match "interrupted!", kept.message:match "interrupted!", kept.step > 0, kept.points.shape[1], kept.points:is_finite():all():item(),
        kept.time == kept.times[kept.step + 1]:item(), kept.seed)
      """
    let result = try Command(Products.moondrift, ["-e", program]).run()
    #expect(result.out == "false\tinterrupted!\tinterrupted!\ttrue\t5\ttrue\ttrue\t3\n")
  }
}
