// Exact scores and posterior means far from the data and where points tie: weights are normalised and
// posterior means stay in the hull, at any distance.
import Testing

@Suite("Exact scores far away") struct FarPointsTests {
  private let column = "local function at(x, t) return tensor({{x}}, {dtype = t or 'float32'}) end "

  @Test("a point that stands twice counts as one", arguments: ["float32", "float64"])
  func duplicates(type: String) throws {
    let values = try numbers(
      column + """
        m = target.empirical(tensor{{0}, {0}}):model(sde.edm())
        mix = target.gaussian_mixture{means = {0, 0, 0}, stds = 1}
        return m:denoise(at(5, '\(type)'), 0.002):item(), m:denoise(at(10, '\(type)'), 0.002):item(),
          m:denoise(at(20, '\(type)'), 0.002):item(), m:score(at(20, '\(type)'), 0.002):item() / 5e6,
          mix:score(at(1e4, '\(type)')):item()
        """)
    #expect(Array(values[..<3]) == [0, 0, 0])
    #expect(abs(values[3] + 1) < 1e-6)
    #expect(values[4] == -1e4)
  }

  @Test("posterior means lie in the hull of the data, in one dimension and in many")
  func hull() throws {
    let values = try numbers(
      """
      m = target.empirical(tensor{{-1, 0}, {1, 0}}):model(sde.edm())
      y = m:denoise(tensor{{0, 20}, {3, -50}, {1e15, 1e18}}, 0.002)
      data = random.stream(1):uniform{40, 3} * 2 - 1
      data = tensor.concatenate({data, data}, 1)
      worst = 0
      for _, process in ipairs{sde.edm(), sde.vp(), sde.ve_power()} do
        exact = target.empirical(data):model(process)
        for power = -3, 17 do
          x = random.stream(power + 9):normal{50, 3} * 10 ^ power
          for _, t in ipairs{process.time_min, 0.1, 0.9} do
            z = exact:denoise(x, t)
            assert(z:is_finite():all():item())
            worst = math.max(worst, (z - data:max(1)):max():item(), (data:min(1) - z):max():item())
          end
        end
      end
      wide = tensor.concatenate({data, tensor.zeros{80, 20}}, 2)
      exact = target.empirical(wide):model(sde.edm())
      z = exact:denoise(random.stream(5):normal{20, 23} * 1e5, 0.002)
      return y[1][1]:item(), y[1][2]:item(), y[2][1]:item(), y[2][2]:item(), y[3][1]:item(), worst,
        z:abs():max():item()
      """)
    #expect(Array(values[..<4]) == [0, 0, 1, 0])
    #expect(abs(values[4]) <= 1)
    #expect(values[5] < 1e-6)
    #expect(values[6] <= 1 + 1e-6)
  }

  @Test("scores and densities of mixtures where squares overflow")
  func overflow() throws {
    let values = try numbers(
      column + """
        mix = target.gaussian_mixture{means = {-3, 3}, stds = 1}
        far = target.gaussian_mixture{means = {-1e30, 1e30}, stds = 1}
        broad = target.gaussian_mixture{means = {0, 0}, stds = {1, 10}}
        return mix:score(at(1e10)):item() / 1e10, mix:score(at(1e30)):item() / 1e30,
          mix:score(at(1e200, 'float64')):item() / 1e200, mix:log_density(at(1e10)):item() / 5e19,
          mix:log_density(at(1e30)):item(), far:score(at(9e29)):item() / 1e29,
          far:score(at(-2e30)):item() / 1e30, broad:score(at(1e30)):item() / 1e28,
          broad:score(at(-1e200, 'float64')):item() / 1e198
        """)
    let expected: [Double] = [-1, -1, -1, -1, -.infinity, 1, 1, -1, 1]
    for (value, wanted) in zip(values, expected) {
      #expect(value == wanted || abs(value - wanted) < 1e-6, "\(value), expected \(wanted)")
    }
  }

  @Test("the posterior mean is Tweedie's where that can be computed, and so is its slope")
  func tweedie() throws {
    let values = try numbers(
      """
      mix = target.gaussian_mixture{means = {{-1, 0}, {2, 1}, {0, 3}}, stds = {0.5, 1, 0.2}, weights = {0.2, 0.5, 0.3}}
      wide = target.gaussian_mixture{means = random.stream(1):normal{5, 20}, stds = 0.7}
      worst = 0
      for _, case in ipairs{{mix, 2}, {wide, 20}} do
        for _, process in ipairs{sde.vp(), sde.edm()} do
          m = case[1]:model(process)
          x = random.stream(2):normal({7, case[2]}, {dtype = "float64"})
          for _, t in ipairs{0.05, 0.4, 1} do
            s, r = process:sigma(t), process:alpha(t)
            tweedie = function(x) return (x + s^2 * m:score(x, t)) / r end
            worst = math.max(worst, (m:denoise(x, t) - tweedie(x)):abs():max():item())
            a = grad(function(x) return m:denoise(x, t):square():sum() end)(x)
            b = grad(function(x) return tweedie(x):square():sum() end)(x)
            worst = math.max(worst, (a - b):abs():max():item())
          end
        end
      end
      return worst
      """)
    #expect(values[0] < 1e-9)
  }

  @Test("an empirical distribution has no score without noise")
  func noNoise() throws {
    #expect(
      try message("target.empirical(tensor{{0}, {1}}):model(sde.vp()):score(tensor{{0.5}}, 0)")
        == "code:1: model.score: target 'empirical' has no score without noise, where std(t) = 0; its "
        + "noised marginals have")
  }
}
