// Numbers near both ends of what a Double can hold, on axes and in bins.

import Catalog
import Plots
import Testing

/// 5e-324, the smallest number: as a literal the compiler warns of it.
private let least = Double.leastNonzeroMagnitude

@Suite struct ExtremeNumberTests {
  static let pairs: [[Double]] = [
    [-1e308, 1e308], [-.greatestFiniteMagnitude, .greatestFiniteMagnitude], [0, 1e308],
    [1e308, 1e308], [1.7e308, 1.79e308], [least, 0], [least, 2 * least],
    [-1e12 * least, 1e12 * least],
    [least, 1e308], [1e17, 1e17 + 32], [-1e300, 1e300], [1e-300, 3e-300],
  ]

  @Test("every pair of finite numbers is shown, with two marks or more", arguments: pairs)
  func lines(values: [Double]) throws {
    let figure = Figure()
    try figure.line([1, 2], values, Style(marker: .circle))
    try figure.scatter(values, values)
    let text = try figure.terminal(width: 60, height: 14)
    #expect(!text.contains("no data"))
    #expect(text.filter { $0 == "┤" }.count >= 2 && text.filter { $0 == "┬" }.count >= 2)
    #expect(text.contains { ("\u{2801}"..."\u{28FF}").contains($0) || "•+○".contains($0) })
    let picture = try Picture(figure)
    #expect(picture.count(0x0072B2) > 50)
  }

  @Test("the largest numbers have round marks in a power of ten of their own")
  func marks() throws {
    let large = try Ticks(ResolvedAxis(.linear, from: -1e308, to: 1e308), wish: 4)
    #expect(large.exponent == 308)
    #expect(large.major.map(\.label) == ["-1.0", "-0.5", "0.0", "0.5", "1.0"])
    #expect(large.major.first?.value == -1e308)
    let small = try Ticks(ResolvedAxis(.linear, from: 0, to: 1e-300 / 1e10), wish: 4)
    #expect(small.exponent == -310)
    #expect(small.major.map(\.label) == ["0.00", "0.25", "0.50", "0.75", "1.00"])
  }

  @Test("on a log axis limits may be any positive numbers, and an error names the one that is not")
  func logLimits() throws {
    let axis = try ResolvedAxis(.log, from: least, to: 1e308)
    #expect(Ticks(axis, wish: 5).major.count >= 2)
    #expect { try ResolvedAxis(.log, from: -1, to: 1e308) } throws: {
      "\($0)" == "limits of x must be positive on a log scale, got -1"
    }
  }

  @Test("bins hold every sample however large, small or alike they are", arguments: pairs)
  func bins(values: [Double]) throws {
    let counted = try Histogram(values)
    #expect(counted.heights.reduce(0, +) == 2)
    #expect(counted.edges.allSatisfy { $0.isFinite })
    #expect(zip(counted.edges, counted.edges.dropFirst()).allSatisfy { $0 < $1 })
    let figure = Figure()
    try figure.bars(edges: counted.edges, heights: counted.heights)
    #expect(try figure.terminal(width: 60).contains("█"))
    for map in [ColorMap.viridis, .grey] {
      let shown = Figure()
      try shown.heat(
        HeatMap(values: values, rows: 1, columns: 2, x: 0...2, y: 0...1, map: map))
      #expect(try !shown.bytes(format: "svg").isEmpty)
    }
  }

  @Test("more bins than numbers between the ends are refused")
  func tooManyBins() throws {
    #expect { try Histogram([least, 0], bins: 3) } throws: {
      "\($0)".hasPrefix("bins must be at most 1 between 0 and ")
    }
    #expect(try Histogram([1, 2], bins: 100_000).heights.count == 100_000)
  }

  @Test("edges of the user's own may be of any width")
  func edges() throws {
    let counted = try Histogram([0, 0.5, 1, 3, 10, 11, -1, .nan], edges: [0, 1, 10])
    #expect(counted.heights == [2, 3])
    let density = try Histogram([0.5, 3, 4, 5], edges: [0, 1, 10], density: true)
    #expect(density.heights == [0.25, 0.75 / 9])
    #expect { try Histogram([1], edges: [0, 2, 1]) } throws: {
      "\($0)" == "edges must increase, got 2 before 1"
    }
  }
}
