// Targets from functions in Lua: what is derived from them, and what is checked.
import Glibc
import Testing

private let banana = """
  banana = target.define{ name = "banana", dimension = 2,
    log_density = function(x) local a, b = x:column(1), x:column(2)
      return -(a^2)/2 - 2*(b - a^2)^2 - math.log(math.pi) end }

  """
private let half = "math.log(2*math.pi)/2"
private let normal3 = """
  g = target.define{dimension = 3, energy = function(x)
    local a, b, c = x:column(1), x:column(2), x:column(3)
    return (a - 1)^2/2 + (b - a)^2*2 + c^2/200 end}

  """

@Suite struct DefinedTargetTests {
  @Test("a density alone gives the score by differentiation")
  func score() throws {
    let text = try results(
      banana + "return banana:has_score(), banana, banana.name, banana.dimension")
    #expect(text == ["true", "banana(d = 2, by log_density)", "banana", "2"])
    // ∂a = −a + 8 a (b − a²), ∂b = −4 (b − a²)
    let values = try numbers(
      banana + """
        s = banana:score(tensor({{1, 2}, {-0.5, 1}}, {dtype = 'float64'})):table()
        return s[1][1], s[1][2], s[2][1], s[2][2], banana:log_density(tensor{{0, 0}}):item()
        """)
    #expect(zip(values, [7, -4, -2.5, -3]).allSatisfy { abs($0 - $1) < 1e-12 })
    #expect(abs(values[4] + log(Double.pi)) < 1e-6)
  }

  @Test("a density in two dimensions is sampled on a grid; n = 50,000, |z| < 5.5")
  func gridSamples() throws {
    // a ~ N(0, 1), b − a² ~ N(0, 1/4), independent.
    let m = try numbers(
      banana + """
        x = banana:sample(50000, {seed = 1}):to('float64')
        a, b = x:column(1), x:column(2)
        c = b - a^2
        return a:mean():item(), (a^2):mean():item(), c:mean():item(), (c^2):mean():item(),
          (a*c):mean():item(), (a^4):mean():item()
        """)
    let n = 50_000.0
    let expected: [(Double, Double)] = [
      (0, 1), (1, 2), (0, 0.25), (0.25, 0.125), (0, 0.25), (3, 96),
    ]
    for (got, (mean, variance)) in zip(m, expected) {
      #expect(abs(got - mean) / (variance / n).squareRoot() < 5.5)
    }
  }

  @Test("heavy tails, narrow and distant modes are found and sampled; n = 20,000, |z| < 5.5")
  func lineSamples() throws {
    // Quartiles of a Cauchy law: ±1, with density 1/(2π) there.
    let cauchy = try numbers(
      """
      t = target.define{dimension = 1, log_density = function(x)
        return -math.log(math.pi) - (1 + x:column(1)^2):log() end}
      q = metric.quantiles(t:sample(20000, {seed = 1}), {0.25, 0.5, 0.75})
      return q[1], q[2], q[3]
      """)
    let spread = (0.25 * 0.75 / 20_000).squareRoot() * 2 * Double.pi
    #expect(zip(cauchy, [-1.0, 0, 1]).allSatisfy { abs($0 - $1) < 5.5 * spread })
    let narrow = try numbers(
      """
      t = target.define{dimension = 1, energy = function(x) return ((x:column(1) - 1000)/0.01)^2/2 end}
      x = t:sample(20000, {seed = 1}):to('float64') - 1000
      return x:mean():item(), x:std():item()
      """)
    #expect(abs(narrow[0]) < 1e-3)
    #expect(abs(narrow[1] - 0.01) < 5.5 * 0.01 / 40_000.0.squareRoot())
    let two = try numbers(
      """
      t = target.define{dimension = 1, energy = function(x) local a = x:column(1)
        return -((-0.5*(a - 50)^2):exp()*3 + (-0.5*(a + 50)^2):exp()):log() end}
      return t:sample(20000, {seed = 1}):less(0):to('float32'):mean():item()
      """)
    #expect(abs(two[0] - 0.25) < 5.5 * (0.25 * 0.75 / 20_000).squareRoot())
  }

  @Test("a density in three dimensions is sampled by MALA; n = 20,000, |z| < 5.5 at ESS n/2")
  func mala() throws {
    let m = try numbers(
      normal3 + """
        x = g:sample(20000, {seed = 1}):to('float64')
        a, b, c = x:column(1), x:column(2), x:column(3)
        return a:mean():item(), a:var():item(), (b - a):mean():item(), (b - a):var():item(),
          c:mean():item(), c:var():item()
        """)
    let n = 10_000.0
    let expected: [(Double, Double)] = [
      (1, 1), (1, 2), (0, 0.25), (0.25, 0.125), (0, 100), (100, 20_000),
    ]
    for (got, (mean, variance)) in zip(m, expected) {
      #expect(abs(got - mean) / (variance / n).squareRoot() < 5.5)
    }
  }

  @Test("chains that do not converge are an error with R-hat and ESS")
  func unconverged() throws {
    let text = try message(
      """
      w = target.define{dimension = 3, energy = function(x)
        return 50*((x:column(1)^2 - 9)^2)/9 + (x:column(2)^2 + x:column(3)^2)/2 end}
      w:sample(100, {seed = 1})
      """)
    #expect(
      text.hasPrefix(
        "code:3: target.sample: samples by MALA did not converge in 16000 steps: R-hat "))
    #expect(
      text.contains(" (at most 1.05), ESS ") && text.hasSuffix(" (at least 400); give sample ="))
  }

  @Test("the same seed gives the same samples, whatever their number")
  func seeds() throws {
    let same = try results(
      banana + normal3 + """
        a, b = banana:sample(10, {seed = 3}), banana:sample(200, {seed = 3})
        c, d = g:sample(300, {seed = 3}), g:sample(300, {seed = 3})
        return (a - b[{ {1, 10} }]):abs():max():item(), (c - d):abs():max():item()
        """)
    #expect(same == ["0.0", "0.0"])
  }

  @Test("a given score and sample are used, after a check")
  func given() throws {
    let values = try results(
      """
      calls = 0
      t = target.define{name = "two", dimension = 2, log_density = function(x)
        return -(x^2):sum(2)/2 - math.log(2*math.pi) end,
        score = function(x) calls = calls + 1 return -x end,
        sample = function(n, stream) return stream:normal{n, 2} end}
      before = calls
      s = t:score(tensor{{1, 2}})
      return t, calls - before, s[1][2]:item(), t:sample(3, {seed = 1}).shape[2]
      """)
    #expect(values == ["two(d = 2, by log_density, score, sample)", "1", "-2.0", "2"])
  }

  @Test("an error in a function of the user comes through as itself")
  func luaErrors() throws {
    #expect(
      try message("target.define{dimension = 1, energy = function(x) error('boom') end}")
        == "code:1: boom")
    let same = try results(
      """
      mark = {}
      ok, e = pcall(target.define, {dimension = 1, sample = function() error(mark) end})
      return ok, e == mark
      """)
    #expect(same == ["false", "true"])
  }

  @Test(
    "a mistake is told with the value and the point",
    arguments: [
      ("dimension = 1", "one of log_density, energy, score and sample is required"),
      ("energy = function() end", "dimension is required: a positive integer; or shape"),
      (
        "dimension = 1, energy = print, log_density = print",
        "log_density and energy must not both be given; log_density is the normalised one"
      ),
      (
        "dimension = 1, log_density = function(x) return -(x^2)/2 end",
        "log_density must return a tensor of shape [8] for x of shape [8, 1], got [8, 1]"
      ),
      (
        "dimension = 1, log_density = function(x) return 3 end",
        "log_density must return a tensor, got 3"
      ),
      (
        "dimension = 1, log_density = function(x) return x:column(1):less(0) end",
        "log_density must return a tensor of shape [8] for x of shape [8, 1], got [8] bool"
      ),
      (
        "dimension = 1, log_density = function(x) return -x:column(1)^2/2 - \(half) + math.log(0.5) end",
        "log_density integrates to 0.5, not 1; use energy = for an unnormalised density"
      ),
      (
        "dimension = 2, log_density = function(x) return -(x^2):sum(2)/2 end",
        "log_density integrates to 6.283, not 1; use energy = for an unnormalised density"
      ),
      (
        "dimension = 1, log_density = function(x) return x:column(1):log() end",
        "log_density is nan at (-0.3035); outside the support it must be -math.huge"
      ),
      (
        "dimension = 1, energy = function(x) return x:column(1):detach()^2/2 end",
        "no right gradient passes through energy: along a direction it is 0, by differences -0.3549, "
          + "at (0.695); use tensor operations throughout"
      ),
      (
        "dimension = 1, energy = function(x) return x:column(1)^2/2 + x:mean() end",
        "energy must treat each row by itself: row 1 of a batch gives 0.2583, alone it gives -0.2574"
      ),
      (
        "dimension = 1, energy = function(x) return -x:column(1)^2/2 end",
        "energy has no settled integral: inf give or take nan on the finest grid"
      ),
      (
        "dimension = 1, energy = function(x) return x:column(1)^2/2 end, score = function(x) return -x*2 end",
        "score differs from minus the gradient of energy by 2.036 at (2.036)"
      ),
      (
        "dimension = 1, score = function(x) return x:column(1) end",
        "score must return a tensor of shape [8, 1] for x of shape [8, 1], got [8]"
      ),
      (
        "dimension = 1, sample = function(n, s) return s:normal{n} end",
        "sample must return a tensor of shape [4, 1] for n = 4, got [4]"
      ),
      (
        "dimension = 1, sample = function(n, s) return tensor.full({n, 1}, 0/0) end",
        "sample must return finite points, got nan in row 1"
      ),
      (
        "dimension = 1, energy = function(x) return x:column(1)^2/2 end, "
          + "sample = function(n, s) return s:normal{n, 1} * 3 end",
        "sample does not follow energy: up to 1.518 in coordinate 1 the shares of points differ by "
          + "0.2488, where chance gives at most 0.07317"
      ),
      (
        "dimension = 2, log_density = function(x) return -(x^2):sum(2)/2 - 2*\(half) end, "
          + "sample = function(n, s) local a = s:normal{n, 1} "
          + "return tensor.concatenate({a, 0.8*a + 0.6*s:normal{n, 1}}, 2) end",
        "sample does not follow log_density: up to -1.768 in x1 + x2 the shares of points differ by "
          + "0.08175, where chance gives at most 0.07317"
      ),
    ])
  func mistakes(options: String, expected: String) throws {
    #expect(try message("target.define{\(options)}") == "code:1: target.define: \(expected)")
  }

  @Test("a sampler of the density's own law is accepted, a narrow or a flat one too")
  func rightSamplers() throws {
    let made = try results(
      """
      target.define{dimension = 1, energy = function(x) return x:column(1)^2 * 5e5 end,
        sample = function(n, s) return s:normal{n, 1} * 1e-3 end}
      target.define{dimension = 1,
        log_density = function(x) local inside = (x:column(1) - 0.5):abs():less_equal(0.5)
          return inside:where(0, -math.huge) end,
        sample = function(n, s) return s:uniform{n, 1} end}
      target.define{dimension = 2, log_density = function(x)
          local a, b = x:column(1), x:column(2)
          return -(a^2)/2 - 2*(b - a^2)^2 - math.log(math.pi) end,
        sample = function(n, s) local a = s:normal{n, 1}
          return tensor.concatenate({a, a^2 + s:normal{n, 1} / 2}, 2) end}
      return "made"
      """)
    #expect(made == ["made"])
  }

  @Test(
    "what is missing says so by name",
    arguments: [
      (
        "energy = function(x) return x:column(1)^2/2 end", "t:log_density(tensor{{1}})",
        "target.log_density: target 'it' has an energy and so no normalised log_density"
      ),
      (
        "sample = function(n, s) return s:normal{n, 1} end", "t:model(sde.vp())",
        "target.model: target 'it' has no noised marginals: they need a density in one or two dimensions"
      ),
      (
        "score = function(x) return -x end", "t:noised(sde.vp(), 0.5)",
        "target.noised: target 'it' has no noised marginals: they need a density in one or two dimensions"
      ),
      (
        "sample = function(n, s) return s:normal{n, 1} end", "t:score(tensor{{1}})",
        "target.score: target 'it' has no score, and no density to take it from"
      ),
      (
        "sample = function(n, s) return s:normal{n, 1} end", "t:log_density(tensor{{1}})",
        "target.log_density: target 'it' has no log_density"
      ),
      (
        "score = function(x) return -x end", "t:sample(3)",
        "target.sample: target 'it' has no samples, and no density to draw them from"
      ),
      (
        "score = function(x) return -x end", "t:score(tensor.zeros{2, 2})",
        "target.score: x has shape [2, 2], expected [n d] with d = 1"
      ),
      (
        "score = function(x) return -x end", "t:score(tensor.zeros({2, 1}, {dtype = 'int64'}))",
        "target.score: x must be a float32 or float64 tensor, got int64"
      ),
      (
        "score = function(x) return -x end", "t:sample(-1)",
        "target.sample: n must be an integer of 0 or more, got -1"
      ),
    ])
  func missing(options: String, call: String, expected: String) throws {
    let code = "t = target.define{name = 'it', dimension = 1, \(options)} \(call)"
    #expect(try message(code) == "code:1: \(expected)")
  }
}
