// Nearest neighbours by hand and against a plain loop; the rule, and what it counts apart.
import Testing

@Suite struct MemorizedFractionTests {
  @Test("by hand: the share, the nearest points, the distances and the samples that are not finite")
  func byHand() throws {
    let text = try results(
      """
      data = tensor{{0, 0}, {4, 0}, {0, 3}}
      samples = tensor{{0, 0.5}, {2, 0}, {4, 0}, {0/0, 1}, {0, 1}}
      share, nearest, distances, bad = metric.memorized_fraction(samples, data)
      d = distances:table()
      return share, table.concat(nearest:table(), " "), d[1][1], d[1][2], d[3][1], d[3][2], bad,
        d[4][1] ~= d[4][1], nearest.dtype, metric.memorized_fraction(samples, data, {ratio = 0.6})
      """)
    // Ratios: 0.5/2.5 < 1/3; 2/2; 0; not finite; 1/2.
    #expect(
      Array(text.prefix(10)) == [
        "0.4", "1 1 2 0 1", "0.5", "2.5", "0.0", "4.0", "1", "true", "int64", "0.6",
      ])
  }

  @Test("a copy counts though the data hold its point twice")
  func doubles() throws {
    let text = try results(
      "return (metric.memorized_fraction(tensor{{1}, {1.5}}, tensor{{1}, {1}, {9}}))")
    #expect(text == ["0.5"])
  }

  @Test("agrees with a plain loop far from 0, in more than one block")
  func plainLoop() throws {
    let worst = try numbers(
      """
      data = random.stream(1):normal({2500, 20}, {dtype = 'float64'}) + 1e4
      samples = random.stream(2):normal({2000, 20}, {dtype = 'float64'}) + 1e4
      _, nearest, distances = metric.memorized_fraction(samples, data)
      worst, wrong = 0, 0
      for i = 1, 2000, 97 do
        local d = ((data - samples[i])^2):sum(2):sqrt():table()
        local first, second, place = math.huge, math.huge, 0
        for j, v in ipairs(d) do
          if v < first then first, second, place = v, first, j elseif v < second then second = v end
        end
        if place ~= nearest[i]:item() then wrong = wrong + 1 end
        worst = math.max(worst, math.abs(first - distances[i][1]:item()),
          math.abs(second - distances[i][2]:item()))
      end
      return worst, wrong
      """)
    #expect(worst[0] < 1e-9)
    #expect(worst[1] == 0)
  }

  @Test("bad input is told")
  func errors() throws {
    let call = "metric.memorized_fraction"
    #expect(
      try message("\(call)(tensor{{1}}, tensor{{1}})")
        == "code:1: \(call): data must hold 2 points or more, got 1")
    #expect(
      try message("\(call)(tensor{{1}}, tensor{{1, 2}, {3, 4}})")
        == "code:1: \(call): data has shape [2, 2], expected points as of samples, "
        + "which has shape [1, 1]")
    #expect(
      try message("\(call)(tensor{{1}}, tensor{{1}, {0/0}})")
        == "code:1: \(call): data must be finite, got nan or inf")
    #expect(
      try message("\(call)(tensor.zeros{0, 1}, tensor{{1}, {2}})")
        == "code:1: \(call): samples must not be empty, got shape [0, 1]")
    #expect(
      try message("\(call)(tensor{{1}}, tensor{{1}, {2}}, {ratio = 2})")
        == "code:1: \(call): ratio must be a number from 0 to 1, got 2")
  }
}
