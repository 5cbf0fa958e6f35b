// Targets whose points are pictures do what they do on vectors.
import Testing

@Suite struct PointShapeTests {
  /// A target on [2, 3] and the same on [6].
  static let pairs = [
    "target.empirical(x), target.empirical(x:reshape{7, 6})",
    "target.gaussian_mixture{means = x, stds = 0.5}, target.gaussian_mixture{means = x:reshape{7, 6}, stds = 0.5}",
  ]

  @Test("scores, posterior means, densities and samples are those of vectors", arguments: pairs)
  func likeVectors(pair: String) throws {
    let got = try results(
      """
      local x = random.stream(1):normal{7, 2, 3}
      local picture, vector = \(pair)
      local y = random.stream(2):normal{5, 2, 3}
      local flat = y:reshape{5, 6}
      local process = sde.vp()
      local a, b = picture:model(process), vector:model(process)
      local p, q = picture:noised(process, 0.3), vector:noised(process, 0.3)
      local function same(u, v) return (u:reshape(v.shape) - v):abs():max():item() == 0 end
      return table.concat(picture:sample(4, {seed = 1}).shape, "×"), table.concat(picture.shape, "×"),
        picture.dimension, table.concat(a.shape, "×"), table.concat(a:score(y, 0.3).shape, "×"),
        same(a:score(y, 0.3), b:score(flat, 0.3)), same(a:denoise(y, 0.3), b:denoise(flat, 0.3)),
        same(p:log_density(y), q:log_density(flat)), same(p:score(y), q:score(flat)),
        same(picture:sample(4, {seed = 1}), vector:sample(4, {seed = 1})),
        table.concat(p.shape, "×")
      """)
    #expect(
      got == ["4×2×3", "2×3", "6", "2×3", "5×2×3"] + Array(repeating: "true", count: 5) + ["2×3"])
  }

  @Test("a defined target gets points of its shape in every function")
  func defined() throws {
    let got = try results(
      """
      local seen = {}
      local function normal(shape, dimension)
        return target.define{name = "n", shape = shape, dimension = dimension, energy = function(x)
          seen[x.rank] = true
          return (x^2):sum(-1):sum(-1) / 2 end}
      end
      local picture = normal({1, 2})
      local x = picture:sample(3, {seed = 1})
      local given = target.define{shape = {2, 2, 2}, sample = function(n, s) return s:normal{n, 2, 2, 2} end,
        score = function(x) return -x end}
      local mala = target.define{shape = {2, 2}, energy = function(x) return (x^2):sum(3):sum(2) / 2 end}
      return table.concat(x.shape, "×"), seen[2] == nil, table.concat(picture:score(x).shape, "×"),
        picture, table.concat(given:sample(3).shape, "×"), table.concat(mala:sample(3, {seed = 1}).shape, "×"),
        table.concat(picture:model(sde.vp()):score(x, 0.5).shape, "×"), given
      """)
    #expect(
      got == [
        "3×1×2", "true", "3×1×2", "n(1×2, by energy)", "3×2×2×2", "3×2×2", "3×1×2",
        "custom(2×2×2, by score, sample)",
      ])
  }

  @Test(
    "other shapes are refused by name",
    arguments: [
      (
        "target.empirical(tensor.zeros{3, 2, 2}):model(sde.vp()):score(tensor.zeros{3, 4}, 0.5)",
        "model.score: x has shape [3, 4], expected [n 2 2]: write :reshape{-1, 2, 2}"
      ),
      (
        "target.gaussian_mixture{means = tensor.zeros{3, 2, 2}}:score(tensor.zeros{3, 4})",
        "target.score: x has shape [3, 4], expected [n 2 2]: write :reshape{-1, 2, 2}"
      ),
      (
        "target.empirical(tensor.zeros{3, 0, 2})",
        "target.empirical: x has shape [3, 0, 2], expected [n d], or [n] and the shape of a picture, "
          + "with no axis of 0"
      ),
      (
        "target.define{shape = {2, 2}, sample = function(n, s) return s:normal{n, 4} end}",
        "target.define: sample must return a tensor of shape [4, 2, 2] for n = 4, got [4, 4]"
      ),
      (
        "target.define{shape = {2, 2}, dimension = 3, energy = print}",
        "target.define: dimension must be 4, as shape says, got 3; give one of them"
      ),
    ])
  func refused(code: String, expected: String) throws {
    #expect(try message(code) == "code:1: \(expected)")
  }
}
