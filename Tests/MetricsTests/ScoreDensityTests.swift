// KL at a time, the density of a score and its mass, the Bayes loss: against closed forms.
import Glibc
import Processes
import Testing

private let ve = "ve = sde.ve_power{base = 25} "

@Suite struct ScoreDensityTests {
  @Test("the KL of a shifted, scaled normal law is the closed form; of the exact score it is 0")
  func klAtTime() throws {
    let time = 0.1
    let noise = VEPower().sigma(at: time)
    let (v, w) = (1 + noise * noise, 0.49 + noise * noise)
    let values = try numbers(
      ve + """
        p, q = target.gaussian_mixture{means = {0.2}}, target.gaussian_mixture{means = {0.5}, stds = 0.7}
        mix = target.gaussian_mixture{means = {-3, 3}, weights = {0.2, 0.8}}
        return metric.kl_at_time(p, q:model(ve), {time = 0.1}), metric.kl_at_time(q, p:model(ve), {time = 0.1}),
          metric.kl_at_time(mix, mix:model(ve)), metric.kl_at_time(mix, mix:model(sde.vp()), {time = 0.4})
        """)
    let forward = 0.5 * (v / w - 1 + 0.09 / w + log(w / v))
    let backward = 0.5 * (w / v - 1 + 0.09 / v + log(v / w))
    #expect(abs(values[0] - forward) < 1e-8)
    #expect(abs(values[1] - backward) < 1e-8)
    #expect(abs(values[2]) < 1e-8 && abs(values[3]) < 1e-8)
  }

  @Test(
    "the density of an exact score is the noised density, and its mass left of a point the weight")
  func density() throws {
    let values = try numbers(
      ve + """
        mix = target.gaussian_mixture{means = {-4, 4}, weights = {0.3, 0.7}}
        m = mix:model(ve)
        x, q = metric.density_of_score(m, {range = {-12, 12}, points = 1001})
        exact = mix:noised(ve, 0.065):log_density(x:expand(2)):exp()
        one = target.gaussian_mixture{means = {1}}:model(ve)
        return (q - exact):abs():max():item(), metric.mass_left(m, {range = {-12, 12}}),
          metric.mass_left(one, {range = {-9, 11}, at = 1.5}), #x, x[1]:item(), x[1001]:item()
        """)
    #expect(values[0] < 1e-7)
    // Of the left mode's mass a share of 7e-5 lies right of 0.
    #expect(abs(values[1] - 0.3) < 1e-4)
    let spread = (1 + VEPower().sigma(at: 0.065) * VEPower().sigma(at: 0.065)).squareRoot()
    #expect(abs(values[2] - erfc(-0.5 / spread / 2.0.squareRoot()) / 2) < 1e-5)
    #expect(Array(values[3...]) == [1001, -12, 12])
  }

  @Test(
    "the Bayes loss is 0.3409, 0.5323 and 0.3910 at mu = 0, 3 and 15",
    arguments: [(0, 0.3409), (3, 0.5323), (15, 0.3910)])
  func bayesLoss(mu: Int, expected: Double) throws {
    let values = try numbers(
      ve + """
        mix = target.gaussian_mixture{means = {-\(mu), \(mu)}}
        return metric.dsm_bayes_loss(mix, ve), metric.dsm_bayes_loss(mix, ve, {nodes = 32}),
          metric.dsm_bayes_loss(mix, ve, {weight = function(t) return ve:sigma(t)^2 end})
        """)
    #expect(abs(values[0] - expected) < 1e-4)
    #expect(abs(values[0] - values[1]) < 1e-8)
    #expect(abs(values[0] - values[2]) < 1e-12)
  }

  @Test("the Bayes loss of a normal law is in closed form, with another weighting too")
  func bayesLossOfNormal() throws {
    // 1 − std² / (v + std²) = v / (v + std²), averaged over t; with λ = 1 divided by std².
    let process = VEPower()
    let v = 2.25
    func average(_ f: (Double) -> Double) -> Double {
      let n = 400_000
      return (0..<n).reduce(0.0) { $0 + f(1e-5 + (1 - 1e-5) * (Double($1) + 0.5) / Double(n)) }
        / Double(n)
    }
    let plain = average { v / (v + process.sigma(at: $0) * process.sigma(at: $0)) }
    let weighted = average { $0 * $0 * v / (v + process.sigma(at: $0) * process.sigma(at: $0)) }
    let values = try numbers(
      ve + """
        p = target.gaussian_mixture{means = {1}, stds = 1.5}
        return metric.dsm_bayes_loss(p, ve),
          metric.dsm_bayes_loss(p, ve, {weight = function(t) return t^2 * ve:sigma(t)^2 end})
        """)
    #expect(abs(values[0] - plain) < 1e-8)
    #expect(abs(values[1] - weighted) < 1e-8)
  }

  @Test("a wrong weighting is told")
  func errors() throws {
    let start =
      ve + "p = target.gaussian_mixture{means = {1}} metric.dsm_bayes_loss(p, ve, {weight = "
    #expect(
      try message(start + "function(t) return 1 end})")
        == "code:1: metric.dsm_bayes_loss: weight must return a tensor, got 1")
    #expect(
      try message(start + "function(t) return t:sum() end})").hasPrefix(
        "code:1: metric.dsm_bayes_loss: weight must return a tensor of shape [128], got tensor float64"
      ))
    #expect(
      try message(start + "function(t) return t*0 - 1 end})").hasPrefix(
        "code:1: metric.dsm_bayes_loss: weight must return numbers of 0 or more, got -1 at position 1, "
          + "where t = "))
    #expect(
      try message("metric.mass_left(target.gaussian_mixture{means = {1}}:model(sde.vp()))")
        == "code:1: metric.mass_left: range is required: {first, last} with first < last")
  }
}
