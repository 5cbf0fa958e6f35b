// What a measurement shows, holds and stands for; metrics in Lua.
import Metrics
import Testing

@Suite struct MeasurementTests {
  @Test("it prints value, interval, floor and n with the digits that the interval leaves")
  func printed() {
    func text(_ value: Double, _ low: Double, _ high: Double, _ floor: Double?) -> String {
      Measurement(value, interval: (low, high), floor: floor, n: 1000, reference: "").describe()
    }
    #expect(
      text(0.12312, 0.1181, 0.13016, 0.04512) == "0.1231 [0.1181, 0.1302], floor 0.0451 at n = 1000"
    )
    #expect(text(12.3456, 10.1, 14.2, nil) == "12.3 [10.1, 14.2] at n = 1000")
    #expect(text(-0.00001, -0.02, 0.02, 0.01) == "0.000 [-0.020, 0.020], floor 0.010 at n = 1000")
    #expect(text(1.5e7, 1.4e7, 1.6e7, nil) == "1.500e+07 [1.400e+07, 1.600e+07] at n = 1000")
    #expect(
      Measurement(0.001446, floor: 0.0014, reference: "").describe() == "0.001446, floor 0.0014")
    #expect(text(.nan, .nan, .nan, nil) == "nan [nan, nan] at n = 1000")
  }

  private let two = """
    mix = target.gaussian_mixture{means = {-3, 3}}
    x, y = mix:sample(200, {seed = 1}), mix:sample(300, {seed = 2}) + 1
    r = metric.energy_distance(x, y, {seed = 5})

    """

  @Test("it stands for its value in arithmetic, comparisons, logs and files")
  func number() throws {
    let text = try results(
      two + """
        m = nn.score_mlp{dimension = 1, sde = sde.vp(), seed = 1, width = 4}
        fit = train(m, x, {steps = 10, seed = 1, probe = {every = 10, e = function() return r end}})
        path = os.tmpname() .. ".json"
        file.save(path, {r = r})
        saved = file.load(path).r
        os.remove(path)
        return r + 1 == r.value + 1, 1 - r == 1 - r.value, r / 2 == r.value / 2, -r == -r.value,
          r < 0.5, r <= r, 10 < r, r * r == r.value^2, fit.log.e[2]:item() == r.value, math.type(fit.log.e[2]:item()),
          saved.value == r.value, saved.floor == r.floor, saved.reference == r.reference
        """)
    #expect(
      text == [
        "true", "true", "true", "true", "true", "true", "false", "true", "true", "float", "true",
        "true",
        "true",
      ])
  }

  @Test("fields: sample against sample, and against a target, whose draws follow from the seed")
  func fields() throws {
    let text = try results(
      two + """
        t = metric.energy_distance(x, mix, {seed = 5})
        u = metric.energy_distance(x, mix, {seed = 5, floors = 0, level = 0.5})
        return r.n, r.seed, r.level, r.low < r.value and r.value < r.high, r.reference, t.reference,
          t.value == u.value, u.floor, u.high - u.low < t.high - t.low, t.floor > 0, t < r,
          metric.energy_distance(x, y, {seed = 5}).floor == r.floor
        """)
    #expect(
      text == [
        "200", "5", "0.95", "true", "a sample of 300 points",
        "200 points of gaussian_mixture(2 components, d = 1)", "true", "nil", "true", "true",
        "true",
        "true",
      ])
  }

  @Test("standing metrics return what they did, and a measurement when asked")
  func standing() throws {
    let text = try results(
      """
      mix = target.gaussian_mixture{means = {-3, 3}}
      m = mix:model(sde.ve_power())
      kl, r = metric.kl_of_score(mix, m, {info = true})
      x, y = mix:sample(50, {seed = 1}), mix:sample(80, {seed = 2})
      share, _, _, bad, s = metric.memorized_fraction(x, y, {info = true, reference = mix:sample(50, {seed = 3})})
      return select("#", metric.kl_of_score(mix, m)), kl == r.value, r.floor == kl, r.low, tostring(r),
        select("#", metric.memorized_fraction(x, y)), bad, s.value == share, s.low < share and share < s.high,
        s.floor > 0, s.n, select("#", metric.kl_at_time(mix, m, {info = true}))
      """)
    #expect(
      text == [
        "1", "true", "true", "nil", "0.001446, floor 0.001446", "4", "0", "true", "true", "true",
        "50", "2",
      ])
  }

  @Test("samples that are not finite give nan; too few points and other shapes are told")
  func badInput() throws {
    #expect(
      try results(
        "return tostring(metric.energy_distance(tensor{{1}, {0/0}}, tensor{{1}, {2}}, {seed = 1}))")
        == ["nan [nan, nan] at n = 2"])
    for (call, error) in [
      (
        "energy_distance(tensor{{1}}, tensor{{1}, {2}})",
        "energy_distance: x must hold 2 points or more, got 1"
      ),
      (
        "wasserstein(tensor.zeros{4, 1}, tensor.zeros{4, 1}, {p = 0.5})",
        "wasserstein: p must be a number from 1 to 64, got 0.5"
      ),
      (
        "energy_distance(tensor.zeros{4, 1}, 3)",
        "energy_distance: y must be a target or a tensor, got 3"
      ),
      (
        "energy_distance(tensor.zeros{4, 1}, tensor.zeros{4, 1}, {level = 1})",
        "energy_distance: level must be a number above 0 and below 1, got 1"
      ),
      ("certify('energy')", "certify: "),
      (
        "define{name = 'a', body = print, properties = {'good'}}",
        "define: properties must be a list of names"
      ),
    ] {
      #expect(try message("metric." + call).hasPrefix("code:1: metric." + error), "\(call)")
    }
    #expect(
      try message(
        "m = metric.define{name = 'a', body = function() end} m(tensor.zeros{4, 1}, tensor.zeros{4, 1})"
      )
      .contains("body must return"))
  }

  @Test("a metric in Lua is measured and certified as those in Swift")
  func defined() throws {
    let text = try results(
      """
      gap = metric.define{name = "gap", properties = {"symmetric", "non_negative", "translation_invariant"},
        interval = "bootstrap", resamples = 300,
        body = function(x, y) return (x:mean(1) - y:mean(1)):norm() end}
      wrong = metric.define{name = "wrong", properties = {"symmetric"}, interval = "none",
        body = function(x, y) return x:mean() end}
      mix = target.gaussian_mixture{means = {-3, 3}}
      r = gap(mix:sample(100, {seed = 1}) + 1, mix, {seed = 1})
      c = metric.certify(wrong)
      return tostring(gap), r.low < r.value and r.value < r.high, r.floor < r.value, c.passed,
        c.flaws[1]:match("^symmetric"), c.coverage, metric.certify(gap).passed
      """)
    #expect(text == ["metric(gap)", "true", "true", "false", "symmetric", "nil", "true"])
  }
}
