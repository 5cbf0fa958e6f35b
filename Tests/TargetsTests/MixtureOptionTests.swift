// The full text of every error of the mixture's options, and how it prints.
import Testing

@Suite struct MixtureOptionTests {
  @Test(
    "bad options are told with their value",
    arguments: [
      (
        "means = {}",
        "means must be a number for each component or a list of d numbers for each, got shape [0]"
      ),
      ("means = {1, 0/0}", "means must be finite numbers, got nan"),
      ("means = {1, 1/0}", "means must be finite numbers, got inf"),
      ("means = {{1, 2}, {3}}", "means must have lists of equal length, got 1 beside 2"),
      ("means = 'x'", "means must be a number, nested lists of numbers, or a tensor, got 'x'"),
      (
        "means = 3",
        "means must be a number for each component or a list of d numbers for each, got shape []"
      ),
      ("means = {1, 2}, stds = -1", "stds must be positive numbers, got -1"),
      ("means = {1, 2}, stds = {1, 0}", "stds must be positive numbers, got 0"),
      ("means = {1, 2}, stds = 0/0", "stds must be positive numbers, got nan"),
      ("means = {1, 2}, stds = {1}", "stds must be one number or 2, one for each mean, got 1"),
      ("means = {1, 2}, weights = {0.5, 0.4}", "weights must sum to 1, got 0.9"),
      ("means = {1, 2}, weights = {-1, 2}", "weights must be positive numbers, got -1"),
      ("means = {1, 2}, weights = {1}", "weights must be 2 numbers, one for each mean, got 1"),
      ("means = {1}, std = 2", "unknown option 'std' (did you mean stds?)"),
      ("stds = 1", "means is required: a number, nested lists of numbers, or a tensor"),
    ])
  func errors(options: String, expected: String) throws {
    let text = try message("target.gaussian_mixture{\(options)}")
    #expect(text == "code:1: target.gaussian_mixture: \(expected)")
  }

  @Test("prints in a line, and its model too")
  func printing() throws {
    let text = try results(
      """
      one = target.gaussian_mixture{means = {{0, 0}}, stds = 2}
      return one, target.gaussian_mixture{means = {-3, 3}}:model(sde.vp()), one.dimension, one.name,
        one:has_score(), one:has_log_density()
      """)
    #expect(
      text == [
        "gaussian_mixture(1 component, d = 2)",
        "exact_score(gaussian_mixture(2 components, d = 1))", "2", "gaussian_mixture", "true",
        "true",
      ])
  }

  @Test("the model of a mixture is the score of its noised law, for one time and for many")
  func model() throws {
    let gap = try numbers(
      """
      mix = target.gaussian_mixture{means = {{-3, 1}, {3, 0}}, stds = {1, 0.5}, weights = {0.3, 0.7}}
      p = sde.vp()
      m = mix:model(p)
      x = random.stream(1):normal({4, 2}, {dtype = 'float64'})
      t = tensor({0.1, 0.5, 0.9, 0.1}, {dtype = 'float64'})
      each = m(x, t)
      worst = 0
      for i = 1, 4 do
        local row = x[{ {i, i} }]
        local exact = mix:noised(p, t[i]:item()):score(row)
        worst = math.max(worst, (each[{ {i, i} }] - exact):abs():max():item(),
          (m(row, t[i]:item()) - exact):abs():max():item())
      end
      return worst
      """)
    #expect(gap[0] < 1e-12)
  }
}
