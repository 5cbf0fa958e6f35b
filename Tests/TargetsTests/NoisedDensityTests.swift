// Noised marginals of a density by quadrature, against closed forms and plain sums.
import Glibc
import Testing

@Suite struct NoisedDensityTests {
  /// A density in Lua of the mixture `means`, `stds`, `weights`, beside the built-in one.
  private func mixture(_ means: String, _ stds: String, _ weights: String, dimension: Int) -> String
  {
    """
    local means, stds, weights, d = \(means), \(stds), \(weights), \(dimension)
    local function density(x)
      local terms = {}
      for k = 1, #means do
        local offset = x - tensor(d == 1 and {means[k]} or means[k], {dtype = "float64"})
        terms[k] = (-(offset^2):sum(2) / (2 * stds[k]^2)
          + (math.log(weights[k]) - d * math.log(stds[k] * math.sqrt(2 * math.pi)))):unsqueeze(2)
      end
      return tensor.concatenate(terms, 2):logsumexp(2)
    end
    local mine = target.define{name = "mine", dimension = d, log_density = density}
    local exact = target.gaussian_mixture{means = means, stds = stds, weights = weights}

    """
  }

  /// The largest errors of score, posterior mean and log density, relative to the largest value of the first
  /// two, at so many noises from 10^first to 10^last.
  private func errors(_ code: String, first: Int, last: Int, n: Int) throws -> [Double] {
    try numbers(
      code + """
        local process = sde.ve{sigma_min = 1e\(first), sigma_max = 1e\(last)}
        local worst = {0, 0, 0}
        local a, b = mine:model(process), exact:model(process)
        for k = 0, \(last - first) do
          local t = k / \(last - first)
          local x = exact:noised(process, t):sample(\(n), {seed = k}):to("float64")
          local function compare(place, p, q)
            worst[place] = math.max(worst[place],
              ((p - q):abs():max() / (place == 3 and 1 or q:abs():max())):item())
          end
          compare(1, a:score(x, t), b:score(x, t))
          compare(2, a:denoise(x, t), b:denoise(x, t))
          compare(3, mine:noised(process, t):log_density(x), exact:noised(process, t):log_density(x))
        end
        return table.unpack(worst)
        """)
  }

  @Test(
    "on the line they are those of the closed form, with noise over eight decades",
    arguments: [
      ("{-3, 3}", "{1, 1}", "{0.5, 0.5}"), ("{-3, 2}", "{0.1, 2}", "{0.3, 0.7}"),
      ("{-50, 50, 51}", "{1, 0.01, 3}", "{0.2, 0.3, 0.5}"),
    ])
  func line(means: String, stds: String, weights: String) throws {
    let worst = try errors(
      mixture(means, stds, weights, dimension: 1), first: -4, last: 4, n: 200)
    #expect(worst.allSatisfy { $0 < 1e-8 }, "\(worst)")
  }

  @Test("in the plane they are those of the closed form, with noise over five decades")
  func plane() throws {
    let worst = try errors(
      mixture(
        "{{-2, 0}, {2, 1}, {0, -2}}", "{1, 0.5, 0.8}", "{0.3, 0.3, 0.4}", dimension: 2),
      first: -3, last: 2, n: 60)
    #expect(worst.allSatisfy { $0 < 1e-7 }, "\(worst)")
  }

  /// E[x_0 | x_0 + s z = x] for x_0 uniform on [0, 1].
  private func uniformMean(_ x: Double, _ s: Double) -> Double {
    func density(_ v: Double) -> Double { exp(-v * v / 2) / (2 * Double.pi).squareRoot() }
    func share(_ v: Double) -> Double { erfc(-v / 2.0.squareRoot()) / 2 }
    let (low, high) = (-x / s, (1 - x) / s)
    return x + s * (density(low) - density(high)) / (share(high) - share(low))
  }

  @Test("of a uniform law on a square they are exact, at its edges and corners too")
  func square() throws {
    for s in [0.002, 0.05, 0.3, 4] {
      for (a, b) in [(0.5, 0.5), (-0.5 * s, 0.3), (1 + s, 1), (0.2, 1 + 2 * s)] {
        let got = try numbers(
          """
          local square = target.define{dimension = 2, log_density = function(x)
            local inside = (x:column(1) - 0.5):abs():less_equal(0.5)
              & (x:column(2) - 0.5):abs():less_equal(0.5)
            return inside:where(0, -math.huge) end}
          local process = sde.ve{sigma_min = \(s), sigma_max = 10}
          local x = tensor({{\(a), \(b)}}, {dtype = "float64"})
          local model = square:model(process)
          local mean, score = model:denoise(x, 0), model:score(x, 0)
          return mean[1][1]:item(), mean[1][2]:item(), score[1][1]:item(), score[1][2]:item()
          """)
        let mean = [uniformMean(a, s), uniformMean(b, s)]
        let score = [(mean[0] - a) / (s * s), (mean[1] - b) / (s * s)]
        let size = max(abs(score[0]), abs(score[1]), 1 / s)
        #expect(abs(got[0] - mean[0]) < 1e-8 && abs(got[1] - mean[1]) < 1e-8, "\(s): \(got)")
        #expect(
          abs(got[2] - score[0]) < 1e-7 * size && abs(got[3] - score[1]) < 1e-7 * size, "\(s)")
      }
    }
  }

  @Test("of a law with a jump along a circle they err by a share of about 1e-3")
  func disk() throws {
    let worst = try numbers(
      """
      local disk = target.define{dimension = 2, log_density = function(x)
        return (x^2):sum(2):less_equal(1):where(-math.log(math.pi), -math.huge) end}
      local process = sde.ve{sigma_min = 0.1, sigma_max = 10}
      local n = 1000
      local axis = (tensor.arange(1, n, {dtype = "float64"}) - (n + 1) / 2) * (2.004 / n)
      local a, b = axis:unsqueeze(2) + tensor.zeros({n, n}, {dtype = "float64"}),
        axis:unsqueeze(1) + tensor.zeros({n, n}, {dtype = "float64"})
      local worst = 0
      for _, t in ipairs{0, 0.5, 1} do
        local s = process:sigma(t)
        for _, p in ipairs{{0.3, 0.2}, {0.9, -0.5}, {-0.8, 1}} do
          local weight = (a^2 + b^2):less_equal(1):where(1, 0)
            * (-((a - p[1])^2 + (b - p[2])^2) / (2 * s^2)):exp()
          local mean = disk:model(process):denoise(tensor({p}, {dtype = "float64"}), t)
          worst = math.max(worst, math.abs(mean[1][1]:item() - ((weight * a):sum() / weight:sum()):item()),
            math.abs(mean[1][2]:item() - ((weight * b):sum() / weight:sum()):item()))
        end
      end
      return worst
      """)
    #expect(worst[0] < 3e-3, "\(worst)")
  }

  @Test("of a law with heavy tails they are those of a plain sum over a fine grid")
  func heavyTails() throws {
    // Student's t with two degrees of freedom: (2 + y²)^(−3/2), y = √2 sinh u.
    let worst = try numbers(
      """
      local student = target.define{dimension = 1, energy = function(x)
        return 1.5 * (2 + x:column(1)^2):log() end}
      local u = (tensor.arange(1, 400001, {dtype = "float64"}) - 200001) / 10000
      local y = math.sqrt(2) * (u:exp() - (-u):exp()) / 2
      local base = -1.5 * (2 + y^2):log() + ((u:exp() + (-u):exp()) / 2):log()
      local process = sde.ve{sigma_min = 0.01, sigma_max = 1000}
      local model = student:model(process)
      local worst = 0
      for k = 0, 5 do
        local t = k / 5
        local s = process:sigma(t)
        for _, x in ipairs{0.3, -4, 60, s > 0.5 and 3000 or 20} do
          local terms = base - ((y - x) / s)^2 / 2
          local weight = (terms - terms:max()):exp()
          local mean = ((weight * y):sum() / weight:sum()):item()
          local score = ((weight * (y - x)):sum() / weight:sum() / s^2):item()
          local at = tensor({{x}}, {dtype = "float64"})
          worst = math.max(worst, math.abs(model:denoise(at, t):item() / mean - 1),
            math.abs(model:score(at, t):item() / score - 1))
        end
      end
      return worst
      """)
    #expect(worst[0] < 1e-7, "\(worst)")
  }

  @Test("of two bumps far apart, both are found")
  func bumps() throws {
    let got = try numbers(
      """
      local bumps = target.define{dimension = 1, log_density = function(x)
        local a = x:column(1)
        local inside = (a - 10):abs():less_equal(0.05) | (a + 10):abs():less_equal(0.05)
        return inside:where(math.log(5), -math.huge) end}
      local model = bumps:model(sde.ve{sigma_min = 3, sigma_max = 100})
      local x = tensor({{0}, {0.5}}, {dtype = "float64"})
      local mean = model:denoise(x, 0)
      return mean[1]:item(), mean[2]:item()
      """)
    // But for the width of the bumps, which counts for 1e-3.
    #expect(abs(got[0]) < 1e-6)
    #expect(abs(got[1] - 10 * tanh(10 * 0.5 / 9)) < 2e-3)
  }

  @Test("a noised law is noised again, sampled, and without noise the density itself")
  func again() throws {
    let got = try numbers(
      mixture("{-3, 3}", "{1, 0.5}", "{0.4, 0.6}", dimension: 1) + """
        local process = sde.vp()
        local x = tensor({{-2}, {0.5}, {7}}, {dtype = "float64"})
        local a, b = mine:noised(process, 0.3), exact:noised(process, 0.3)
        local y = a:sample(40000, {seed = 1}):to("float64")
        local function gap(p, q) return (p - q):abs():max():item() end
        return gap(a:score(x), b:score(x)),
          gap(a:model(process):denoise(x, 0.2), b:model(process):denoise(x, 0.2)),
          gap(a:noised(process, 0.4):log_density(x), b:noised(process, 0.4):log_density(x)),
          gap(mine:model(process):score(x, 0), exact:score(x)),
          gap(mine:model(process):denoise(x, 0), x),
          (y:mean():item() - 0.6 * process:alpha(0.3))
        """)
    #expect(got.prefix(3).allSatisfy { $0 < 1e-8 }, "\(got)")
    #expect(got[3] < 1e-9 && got[4] < 1e-12, "\(got)")
    #expect(abs(got[5]) < 5.5 * 3.2 / 200, "\(got)")
  }

  @Test("an energy has a normalised density once there is noise; the type of x is kept")
  func energy() throws {
    let got = try results(
      """
      local mine = target.define{name = "mine", dimension = 1,
        energy = function(x) return 5 + (x:column(1) - 1)^2 / 2 end}
      local exact = target.gaussian_mixture{means = {1}}
      local noised = mine:noised(sde.vp(), 0.5)
      local x = tensor({{-1}, {2}}, {dtype = "float64"})
      return (noised:log_density(x) - exact:noised(sde.vp(), 0.5):log_density(x)):abs():max():item() < 1e-9,
        mine:model(sde.vp()):score(x:to("float32"), 0.5).dtype, mine:has_noised(), noised
      """)
    #expect(got == ["true", "float32", "true", "noised_mine(by quadrature, d = 1)"])
  }

  @Test("a point with nan gets nan, one far away a point of the support")
  func extremes() throws {
    let got = try results(
      """
      local unit = target.define{dimension = 1, log_density = function(x)
        return (x:column(1) - 0.5):abs():less_equal(0.5):where(0, -math.huge) end}
      local model = unit:model(sde.ve{sigma_min = 1e-3, sigma_max = 1})
      local mean = model:denoise(tensor({{0/0}, {1e200}, {-7}}, {dtype = "float64"}), 0)
      return mean[1]:item() ~= mean[1]:item(), (mean[2] - 1):abs():item() < 1e-9, mean[3]:item() < 1e-6
      """)
    #expect(got == ["true", "true", "true"])
  }

  @Test("no gradient passes, and in three dimensions they are refused by name")
  func refusals() throws {
    let start =
      "local t = target.define{name = 'it', dimension = %d, "
      + "energy = function(x) return (x^2):sum(2)/2 end} "
    let line = start.replacing("%d", with: "1")
    let refused =
      "target 'it' must not be differentiated under noise: what is known of it comes by quadrature, "
      + "which passes no gradient; use detach()"
    #expect(
      try message(
        line + "local m = t:model(sde.vp()) "
          + "grad.value_and_grad(function(x) return m:score(x, 0.5):sum() end)(tensor{{1}})"
      ).hasSuffix(refused))
    let space = start.replacing("%d", with: "3")
    let lacking =
      "target 'it' has no noised marginals: they need a density in one or two dimensions"
    #expect(try message(space + "t:model(sde.vp())") == "code:1: target.model: \(lacking)")
    #expect(try message(space + "t:noised(sde.vp(), 0.5)") == "code:1: target.noised: \(lacking)")
    #expect(try results(space + "return t:has_noised()") == ["false"])
  }
}
