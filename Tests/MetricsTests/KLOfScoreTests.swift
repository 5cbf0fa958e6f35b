// The paper's KL of a score: its floors, closed forms, and what a memorising score gets.
import Glibc
import Metrics
import Models
import Processes
import Targets
import Tensors
import Testing

private let ve = "ve = sde.ve_power{base = 25} "
private func mixture(_ mu: Int) -> String {
  ve + "mix = target.gaussian_mixture{means = {-\(mu), \(mu)}, stds = 1} "
}

@Suite struct KLOfScoreTests {
  @Test("of a target defined by its density, floors and losses are those of the closed form")
  func definedTargets() throws {
    let gaps = try numbers(
      """
      local mine = target.define{dimension = 1, log_density = function(x)
        local a = x:column(1)
        return ((-(a - 3)^2 / 2):exp() + (-(a + 3)^2 / 2):exp()):log() - math.log(2 * math.sqrt(2 * math.pi)) end}
      local exact = target.gaussian_mixture{means = {-3, 3}}
      local process = sde.ve_power()
      return metric.dsm_bayes_loss(mine, process) - metric.dsm_bayes_loss(exact, process),
        metric.kl_of_score_floor(mine, process) - metric.kl_of_score_floor(exact, process),
        metric.kl_at_time(mine, exact:model(process), {time = 0.3})
      """)
    #expect(gaps.allSatisfy { abs($0) < 1e-7 }, "\(gaps)")
  }

  @Test(
    "the floor of a perfect score is 0.001446 at mu = 3 and 0.001465 at mu = 15",
    arguments: [(3, 0.001446), (15, 0.001465)])
  func floor(mu: Int, expected: Double) throws {
    let values = try numbers(
      mixture(mu) + """
        return metric.kl_of_score_floor(mix, ve),
          metric.kl_of_score(mix, mix:model(ve), {time = 0.065, points = 51,
            range = {-\(mu == 3 ? 10 : 30), \(mu == 3 ? 10 : 30)}})
        """)
    #expect(abs(values[0] - expected) < 5e-7)
    // The default range is the paper's.
    #expect(values[0] == values[1])
  }

  @Test("of two normal laws it is the sum that the formula says, by hand")
  func normalLaw() throws {
    // s = −(x − m)/v, so ln q = −(x − m)²/2v exactly.
    let (m, time) = (0.7, 0.2)
    let v = 1 + VEPower().sigma(at: time) * VEPower().sigma(at: time)
    let x = (0..<41).map { -8 + 0.4 * Double($0) }
    let q = x.map { exp(-($0 - m) * ($0 - m) / (2 * v)) }
    let total = q.reduce(0, +)
    let expected = zip(x, q).reduce(0.0) { sum, pair in
      let p = exp(-pair.0 * pair.0 / 2) / (2 * Double.pi).squareRoot() * 0.4
      return sum + p * (log(p) - log(pair.1 / total))
    }
    let value = try numbers(
      ve + """
        p, q = target.gaussian_mixture{means = {0}}, target.gaussian_mixture{means = {0.7}}
        return metric.kl_of_score(p, q:model(ve), {time = 0.2, points = 41, range = {-8, 8}})
        """)
    #expect(abs(value[0] - expected) < 1e-10)
    #expect(expected > 0.05)
  }

  @Test(
    "a finer grid changes q by less than 1e-8; ln q is within 1e-4 of the closed form",
    arguments: [(3.0, 10.0), (15, 30)])
  func quadrature(mu: Double, end: Double) throws {
    let target = Target(
      try GaussianMixture(means: Tensor([-mu, mu], shape: [2, 1]), stds: [1], weights: [1]))
    let model = ScoreModel(exactScoreOf: target, SDE(VEPower()))
    func weights(nodes: Int?) throws -> [Double] {
      let density = try ScoreDensity(
        model, time: 0.065, range: -end...end, points: 51, nodes: nodes)
      return try #require(try density.logWeights())
    }
    let (coarse, fine) = (try weights(nodes: nil), try weights(nodes: 256))
    let change = zip(coarse, fine).reduce(0) { max($0, abs(exp($1.0) - exp($1.1))) }
    #expect(change < 1e-8)
    // And against the density in closed form.
    let noised = try target.noised(model.sde, at: 0.065)
    let x = (0...50).map { -end + 2 * end / 50 * Double($0) }
    let exact = try noised.logDensity(Tensor(x, shape: [51, 1])).doubles()
    // At mu = 15 the score turns over a length of 0.04 between the modes.
    let offset = exact[0] - coarse[0]
    let error = zip(exact, coarse).reduce(0) { max($0, abs($1.0 - $1.1 - offset)) }
    #expect(error < (mu == 3 ? 1e-8 : 1e-4))
  }

  @Test(
    "a score that memorises n points gets the KL of a kernel density estimate",
    arguments: [
      (10, 1.27, 21), (30, 0.27, 21), (100, 0.077, 21), (1000, 0.0079, 21), (10_000, 0.0021, 3),
    ])
  func memorising(n: Int, expected: Double, seeds: Int) throws {
    // Medians over data sets; the spread between data sets is a factor of 2 at n = 10.
    let median = try numbers(
      mixture(3) + """
        values = {}
        for seed = 1, \(seeds) do
          values[seed] = metric.kl_of_score(mix, target.empirical(mix:sample(\(n), {seed = seed})):model(ve))
        end
        return (metric.interval(values))
        """)
    #expect(abs(log(median[0] / expected)) < 0.25)
  }

  @Test("a score that is not finite gives nan, in both metrics and in the density")
  func notFinite() throws {
    let text = try results(
      mixture(3) + """
        m = nn.score_mlp{sde = ve, seed = 1}
        for _, p in pairs(m:parameters()) do if p.rank == 1 then p[1] = 0/0 end end
        x, q = metric.density_of_score(m, {range = {-1, 1}, points = 5})
        local function bad(v) return v ~= v end
        return bad(metric.kl_of_score(mix, m)), bad(metric.kl_at_time(mix, m)), bad(q[3]:item()),
          bad(metric.mass_left(m, {range = {-1, 1}}))
        """)
    #expect(text == ["true", "true", "true", "true"])
  }

  @Test("needs one dimension, a density and a range")
  func errors() throws {
    let plane = "p = target.gaussian_mixture{means = {{0, 0}}} m = p:model(sde.vp()) "
    #expect(
      try message(plane + "metric.kl_of_score(p, m)")
        == "code:1: metric.kl_of_score: target must have dimension 1, got 2")
    #expect(
      try message(mixture(3) + plane + "metric.kl_of_score(mix, m)")
        == "code:1: metric.kl_of_score: model must have dimension 1, got 2")
    #expect(
      try message(mixture(3) + "metric.kl_of_score(mix, mix:model(ve), {range = {3, 1}})")
        == "code:1: metric.kl_of_score: range must be {first, last} with first < last, got a table")
    #expect(
      try message(mixture(3) + "metric.kl_of_score(mix, mix:model(ve), {points = 2})")
        == "code:1: metric.kl_of_score: points must be an integer from 3 to 16777216, got 2")
    let energy =
      "e = target.define{dimension = 1, energy = function(x) return x:column(1)^2/2 end} "
    #expect(
      try message(mixture(3) + energy + "metric.kl_of_score(e, mix:model(ve))")
        == "code:1: metric.kl_of_score: target 'custom' has an energy and so no normalised "
        + "log_density")
    #expect(
      try message(
        "e = target.define{dimension = 1, score = function(x) return -x end} "
          + "metric.kl_of_score_floor(e, sde.vp())")
        == "code:1: metric.kl_of_score_floor: target 'custom' has no noised marginals: they need a density "
        + "in one or two dimensions")
  }
}
