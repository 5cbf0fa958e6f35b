// Quantiles by hand, and the bootstrap's interval against theory.
import Testing

@Suite struct QuantileTests {
  @Test("are linear between order statistics; nan is left out and counted")
  func quantiles() throws {
    let text = try results(
      """
      q, dropped = metric.quantiles({4, 0/0, 1, 3, 2}, {0, 0.25, 0.5, 0.9, 1})
      none, all = metric.quantiles(tensor{0/0, 0/0}, {0.5})
      inf = metric.quantiles({1, 2, math.huge}, {0.5, 1, 0.75})
      return q[1], q[2], q[3], q[4], q[5], dropped, none[1] ~= none[1], all, inf[1], inf[2], inf[3]
      """)
    #expect(
      text == ["1.0", "1.75", "2.5", "3.7", "4.0", "1", "true", "2", "2.0", "inf", "inf"])
    let interval = try results("return metric.interval({5, 1, 2, 3, 4, 0/0}, {level = 0.5})")
    #expect(interval == ["3.0", "2.0", "4.0", "1"])
  }

  @Test("the bootstrap's interval of a mean is the normal one for many values")
  func bootstrap() throws {
    let values = try numbers(
      """
      x = random.stream(1):normal({2000}, {dtype = 'float64'})
      mean, low, high, dropped = metric.bootstrap(x, {statistic = 'mean', seed = 2, resamples = 4000})
      median, below, above = metric.bootstrap(x, {seed = 2})
      again = select(2, metric.bootstrap(x, {seed = 2}))
      return mean - x:mean():item(), (high - low) / (2 * 1.96 * x:std():item() / 2000^0.5),
        (above - below) / (2 * 1.96 * 1.2533 / 2000^0.5), again - below, dropped
      """)
    #expect(abs(values[0]) < 1e-12)
    // The ends are quantiles of 4000 resamples: a spread of 2 %; six of them.
    #expect(abs(values[1] - 1) < 0.12)
    // That of the median depends on the density of 2000 draws near their middle: about 15 %.
    #expect(abs(values[2] - 1) < 0.6)
    #expect(values[3] == 0 && values[4] == 0)
  }

  @Test(
    "bad input is told",
    arguments: [
      ("quantiles({}, {0.5})", "quantiles: values must not be empty"),
      ("quantiles({1}, {1.5})", "quantiles: probabilities must be from 0 to 1, got 1.5"),
      ("interval({1}, {level = 2})", "interval: level must be a number from 0 to 1, got 2"),
      (
        "bootstrap({1}, {statistic = 'mode'})",
        "bootstrap: statistic must be 'median' or 'mean', got 'mode'"
      ),
      (
        "bootstrap({1}, {resamples = 0})",
        "bootstrap: resamples must be an integer from 1 to 16777216, got 0"
      ),
    ])
  func errors(call: String, expected: String) throws {
    let text = try message("metric.\(call)")
    #expect(text.hasPrefix("code:1: metric.\(expected)"), "\(text)")
  }
}
