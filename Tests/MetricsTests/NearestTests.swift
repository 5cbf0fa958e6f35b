// Nearest neighbours by hand and against a plain loop.
import Testing

@Suite struct NearestTests {
  @Test("by hand: distances from near to far, places, ties and what is not finite")
  func byHand() throws {
    let text = try results(
      """
      data = tensor{{0, 0}, {4, 0}, {0, 3}, {0, 0}, {0/0, 0}}
      d, p = metric.nearest(tensor{{0, 0.5}, {4, 1}, {0/0, 0}}, data, {k = 3})
      d = d:table()
      p = p:table()
      return table.concat(p[1], " "), table.concat(p[2], " "), table.concat(p[3], " "),
        table.concat(d[1], " "), d[2][1], d[3][1] ~= d[3][1],
        select(2, metric.nearest(tensor{{3, 0}}, data)).dtype
      """)
    #expect(
      text == ["1 4 3", "2 1 4", "0 0 0", "0.5 0.5 2.5", "1.0", "true", "int64"])
  }

  @Test("agrees with a sort of all distances, in more than one block and both types")
  func plainLoop() throws {
    let wrong = try numbers(
      """
      local wrong = 0
      for _, dtype in ipairs{"float32", "float64"} do
        local data = random.stream(1):normal({3000, 8}, {dtype = dtype})
        local x = random.stream(2):normal({1500, 8}, {dtype = dtype})
        local d, p = metric.nearest(x, data, {k = 4})
        local all = linalg.distances(x, data)
        for i = 1, 1500, 71 do
          local sorted, places = all[i]:sort()
          for j = 1, 4 do
            if sorted[j]:item() ~= d[i][j]:item() or all[i][p[i][j]:item()]:item() ~= d[i][j]:item() then
              wrong = wrong + 1
            end
          end
        end
      end
      return wrong
      """)
    #expect(wrong == [0])
  }

  @Test("more neighbours than points are refused")
  func errors() throws {
    #expect(
      try message("metric.nearest(tensor{{1}}, tensor{{1}, {2}}, {k = 3})").contains(
        "metric.nearest: k must be at most the 2 points of data, got 3"))
  }
}
