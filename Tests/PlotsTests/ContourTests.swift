import Glibc
import Plots
import Testing

@Suite struct ContourTests {
  /// A function on the middles of the cells of [−2, 2]².
  private func grid(_ rows: Int, _ columns: Int, _ f: (Double, Double) -> Double) -> ContourGrid {
    var values: [Double] = []
    for row in 0..<rows {
      for column in 0..<columns {
        values.append(
          f(
            -2 + 4 * (Double(column) + 0.5) / Double(columns),
            -2 + 4 * (Double(row) + 0.5) / Double(rows)))
      }
    }
    return ContourGrid(values: values, rows: rows, columns: columns, x: -2...2, y: -2...2)
  }

  /// The connected lines of a level.
  private func lines(_ contour: Contour) -> [[(x: Double, y: Double)]] {
    var lines: [[(x: Double, y: Double)]] = [[]]
    for (x, y) in zip(contour.x, contour.y) {
      if x.isNaN { lines.append([]) } else { lines[lines.count - 1].append((x, y)) }
    }
    return lines.filter { !$0.isEmpty }
  }

  @Test("a circle is one closed line, at its radius up to the square of the spacing")
  func circle() throws {
    for (rows, columns) in [(80, 80), (40, 120)] {
      let found = lines(try grid(rows, columns) { $0 * $0 + $1 * $1 }.contour(1))
      #expect(found.count == 1)
      let line = try #require(found.first)
      #expect(line.count > 100)
      #expect(line[0].x == line[line.count - 1].x && line[0].y == line[line.count - 1].y)
      let spacing = 4 / Double(min(rows, columns))
      for (x, y) in line { #expect(abs(hypot(x, y) - 1) < spacing * spacing / 4) }
      // Neighbours on the line lie in neighbouring squares.
      for (a, b) in zip(line, line.dropFirst()) {
        #expect(hypot(b.x - a.x, b.y - a.y) < 1.5 * spacing)
      }
    }
  }

  @Test("a plane has straight lines, exactly, from edge to edge")
  func plane() throws {
    let found = lines(try grid(20, 20) { 2 * $0 + $1 }.contour(0.3))
    #expect(found.count == 1)
    for (x, y) in found[0] { #expect(abs(2 * x + y - 0.3) < 1e-12) }
    let ends = [found[0][0], found[0][found[0].count - 1]]
    for end in ends { #expect(abs(abs(end.y) - 1.9) < 1e-12) }
  }

  @Test("a level that is met at the values themselves is one line, too")
  func onValues() throws {
    let found = lines(try grid(20, 20) { x, y in (x * 10).rounded() / 10 }.contour(0.1))
    #expect(found.count == 1)
    #expect(found[0].count == 20)
  }

  @Test("where corners alternate, the mean of the four decides")
  func saddle() throws {
    for (high, joined) in [(3.0, true), (1.5, false)] {
      let square = ContourGrid(
        values: [high, 0, 0, high], rows: 2, columns: 2, x: -2...2, y: -2...2)
      let found = lines(try square.contour(1))
      #expect(found.count == 2)
      // Joined high corners leave each low one alone behind its line.
      for line in found {
        let middle = ((line[0].x + line[1].x) / 2, (line[0].y + line[1].y) / 2)
        #expect((middle.0 * middle.1 < 0) == joined)
      }
    }
  }

  @Test("no line passes where a value is not finite, and none leaves the grid")
  func holes() throws {
    let holed = grid(40, 40) { x, y in hypot(x - 1, y) < 0.3 ? .nan : x * x + y * y }
    let found = lines(try holed.contour(1))
    #expect(found.count == 1)
    for (x, y) in found[0] {
      #expect(hypot(x - 1, y) > 0.2)
      #expect(abs(x) <= 2 && abs(y) <= 2)
    }
    let line = found[0]
    #expect(hypot(line[0].x - line[line.count - 1].x, line[0].y - line[line.count - 1].y) > 0.3)
    for values in [[Double.nan], [1], [1, 2], []] {
      let small = ContourGrid(
        values: values, rows: min(values.count, 1), columns: values.count, x: 0...1, y: 0...1)
      #expect(try small.contour(1.5).x.isEmpty)
    }
    let endless = grid(4, 4) { x, _ in x > 0 ? 1e308 : -1e308 }
    #expect(try endless.contour(0).x.allSatisfy { $0.isFinite })
  }
}
