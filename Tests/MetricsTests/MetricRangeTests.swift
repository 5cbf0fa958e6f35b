// Ranges that miss the target, grids that do not resolve it, and what metrics cost at any distance.
import Glibc
import Library
import Metrics
import Models
import Processes
import Targets
import Tensors
import Testing

private let three =
  "mix = target.gaussian_mixture{means = {-3, 3}, stds = 1} ve = sde.ve_power{base = 25} "

@Suite("Ranges and costs of metrics") struct MetricRangeTests {
  @Test("a range that leaves out mass of the target is an error that says how much")
  func missingMass() throws {
    for (range, missing) in [("{-1, 1}", "0.9773"), ("{2, 4}", "0.6587")] {
      #expect(
        try message(three + "metric.kl_of_score(mix, mix:model(ve), {range = \(range)})")
          == "code:1: metric.kl_of_score: range must hold all but 1e-06 of the target's mass, got "
          + "\(range), which leaves out \(missing); the target reaches from -9 to 9")
    }
    for call in [
      "kl_of_score_floor(mix, ve, {range = {-1, 1}})",
      "kl_at_time(mix, mix:model(ve), {range = {-1, 1}})",
      "kl_of_score(mix, mix:model(ve), {range = {50, 60}})",
    ] {
      let text = try message(three + "metric." + call)
      #expect(text.contains("range must hold all but 1e-06 of the target's mass"), "\(text)")
    }
    let own = try message(
      """
      p = target.define{dimension = 1, log_density = function(x)
        return -x:column(1)^2/2 - 0.5 * math.log(2 * math.pi) end}
      m = target.gaussian_mixture{means = {0}}:model(sde.vp())
      metric.kl_of_score(p, m, {range = {0, 30}})
      """)
    #expect(own.contains("which leaves out 0.5;"), "\(own)")
  }

  @Test("the usual range and a tight one that holds the target give the value they gave")
  func fullMass() throws {
    let values = try numbers(
      three + """
        m = mix:model(ve)
        return metric.kl_of_score(mix, m), metric.kl_of_score(mix, m, {range = {-9, 9}}),
          metric.kl_at_time(mix, m), metric.kl_at_time(mix, m, {range = {-12, 12}})
        """)
    #expect(abs(values[0] - 0.00144614) < 1e-8)
    #expect(abs(values[1] - 0.0014) < 1e-4)
    #expect(abs(values[2]) < 1e-8 && abs(values[3]) < 1e-8)
  }

  @Test("points that do not resolve the target are an error")
  func resolution() throws {
    #expect(
      try message(
        "mix = target.gaussian_mixture{means = {0}, stds = 0.01} "
          + "metric.kl_of_score_floor(mix, sde.vp())"
      ).hasPrefix(
        "code:1: metric.kl_of_score_floor: points must resolve the target: with 51 its mass sums to "
          + "15.96 instead of 1; take more points"))
    #expect(
      try message(
        "mix = target.gaussian_mixture{means = {-1e6, 1e6}} "
          + "metric.kl_of_score_floor(mix, sde.vp())"
      ).contains("points must resolve the target"))
  }

  /// Counts the points at which it is evaluated.
  private final class CountedScore: DirectScore {
    let name = "counted"
    let summary = ""
    let shape: Shape = [1]
    var count = 0
    func score(_ x: Tensor, _ t: Tensor, process: any DiffusionProcess) throws -> Tensor {
      count += x.shape[0]
      return try x.combined(with: -1, .multiply)
    }
  }

  @Test("metrics evaluate the score as often as their help says, and as often as they are told")
  func evaluations() throws {
    func count(_ points: Int, _ nodes: Int?) throws -> Int {
      let score = CountedScore()
      _ = try ScoreDensity(
        ScoreModel(score, SDE(VEPower())), time: 0.1, range: -1...1, points: points,
        nodes: nodes)
      return score.count
    }
    #expect(try count(51, nil) == 3201)
    #expect(try count(51, 2) == 101)
    #expect(try count(2001, nil) == 4001)
    #expect(try count(2001, 10) == 20_001)
    let entries = MetricModule.module.entries
    let scored = [
      "kl_of_score": "3201", "kl_of_score_floor": "3201", "kl_at_time": "4001",
      "density_of_score": "4001", "mass_left": "4001",
    ]
    for (name, number) in scored {
      let entry = try #require(entries.first { $0.name == name })
      #expect(entry.details.contains(number), "\(name)")
    }
    for entry in entries where entry.kind == .function {
      #expect(!entry.details.isEmpty, "\(entry.name)")
    }
    let values = try numbers(
      three + """
        m = mix:model(ve)
        return metric.kl_of_score(mix, m, {nodes = 64}) - metric.kl_of_score(mix, m),
          metric.kl_of_score(mix, m, {nodes = 8}) - metric.kl_of_score(mix, m)
        """)
    #expect(values[0] == 0)
    #expect(values[1] != 0 && abs(values[1]) < 1e-3)
    #expect(
      try message(three + "metric.kl_of_score(mix, mix:model(ve), {nodes = 3})")
        == "code:1: metric.kl_of_score: nodes must be an even integer from 2 to 65536, got 3")
    #expect(
      try message(
        three + "metric.kl_of_score(mix, mix:model(ve), {points = 1 << 24, nodes = 65536})"
      )
      .hasPrefix(
        "code:1: metric.kl_of_score: points and nodes must make at most 67108864 intervals"))
  }

  @Test("the Bayes loss of far modes is that of one of them, and takes no longer")
  func farModes() throws {
    let start = ContinuousClock.now
    let values = try numbers(
      """
      ve = sde.ve_power{base = 25}
      one = metric.dsm_bayes_loss(target.gaussian_mixture{means = {0}}, ve)
      worst = 0
      for _, mean in ipairs{1e3, 1e4, 1e5, 1e15, 1e30, 1e150} do
        mix = target.gaussian_mixture{means = {-mean, mean}}
        worst = math.max(worst, math.abs(metric.dsm_bayes_loss(mix, ve) - one))
        uneven = target.gaussian_mixture{means = {0, mean}, stds = {1, mean}}
        assert(metric.dsm_bayes_loss(uneven, ve) > 0)
      end
      return worst
      """)
    #expect(values[0] < 1e-12)
    #expect(ContinuousClock.now - start < .seconds(20))
  }

  @Test("the Bayes loss by parts is that of one fine grid over all")
  func parts() throws {
    let mix = try GaussianMixture(
      means: Tensor([-30.0, -3, 3, 4, 90], shape: [5, 1]), stds: [1, 0.5, 1, 0.1, 4],
      weights: [0.1, 0.2, 0.3, 0.3, 0.1])
    #expect(try mix.lineParts().count == 3)
    let step = 0.002
    let x = (0...80_000).map { -45 + step * Double($0) }
    let points = try Tensor(x, shape: [x.count, 1])
    let p = try mix.logDensity(points).doubles().map { exp($0) }
    let s = try mix.score(points).doubles()
    let expected = zip(p, s).reduce(0) { $0 + $1.0 * $1.1 * $1.1 } * step
    let parts = try mix.lineParts()
    #expect(abs(parts.reduce(0) { $0 + $1.weight } - 1) < 1e-14)
    #expect(abs(try DSMBayesLoss.meanSquaredScore(mix) - expected) < 1e-9 * expected)
    #expect(abs(try mix.mass(outside: -3...3) - 0.4 - 0.1 - 0.15 - 0.1) < 1e-3)
  }

  @Test("where the variance leaves the range of numbers there is the limit, or an error")
  func noIntegral() throws {
    let process = "sde.ve_power{base = 25}"
    #expect(
      try results(
        "return metric.dsm_bayes_loss(target.gaussian_mixture{means = {0, 1}, stds = 1e160}, \(process))"
      )
        == ["1.0"])
    let text = try message(
      "metric.dsm_bayes_loss(target.gaussian_mixture{means = {0, 1}}, sde.ve_power{base = 1e300})")
    #expect(
      text.hasPrefix("code:1: metric.dsm_bayes_loss: sde must have a finite variance, got std = "),
      "\(text)")
  }
}
