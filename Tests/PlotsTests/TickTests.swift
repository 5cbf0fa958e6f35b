// Where the marks of an axis lie and what they say, by hand.

import Catalog
import Plots
import Testing

@Suite struct TickTests {
  private func linear(_ low: Double, _ high: Double, _ wish: Int = 5) throws -> [String] {
    Ticks(try ResolvedAxis(.linear, from: low, to: high), wish: wish).major.map(\.label)
  }
  private func log(_ low: Double, _ high: Double, _ wish: Int = 6) throws -> [String] {
    Ticks(try ResolvedAxis(.log, from: low, to: high), wish: wish).major.map(\.label)
  }

  @Test("steps are 1, 2, 2.5 or 5 times a power of ten, with no more decimals than they need")
  func linearSteps() throws {
    #expect(try linear(0, 10) == ["0", "2", "4", "6", "8", "10"])
    #expect(try linear(0, 1) == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"])
    #expect(try linear(-1, 1, 4) == ["-1.0", "-0.5", "0.0", "0.5", "1.0"])
    #expect(try linear(0, 1, 4) == ["0.00", "0.25", "0.50", "0.75", "1.00"])
    #expect(try linear(0.13, 0.42, 3) == ["0.2", "0.3", "0.4"])
    #expect(try linear(-3.7, 12.2, 3) == ["0", "5", "10"])
    #expect(try linear(0, 62_000, 6).last == "60000")
  }

  @Test("marks at zero are zero exactly and never -0")
  func zero() throws {
    let ticks = Ticks(try ResolvedAxis(.linear, from: -0.3, to: 0.3), wish: 6)
    #expect(ticks.major.contains { $0.value == 0 && $0.label == "0.0" })
  }

  @Test("very large and very small numbers share a power of ten in the axis label")
  func exponents() throws {
    let large = Ticks(try ResolvedAxis(.linear, from: 0, to: 400_000), wish: 4)
    #expect(large.exponent == 3)
    #expect(large.major.map(\.label) == ["0", "100", "200", "300", "400"])
    let small = Ticks(try ResolvedAxis(.linear, from: 0, to: 0.0004), wish: 4)
    #expect(small.exponent == -4)
    #expect(small.major.map(\.label) == ["0", "1", "2", "3", "4"])
  }

  @Test("a log axis has powers of ten, and marks between them")
  func powers() throws {
    #expect(try log(0.001, 100) == ["10^{-3}", "10^{-2}", "10^{-1}", "10^{0}", "10^{1}", "10^{2}"])
    let ticks = Ticks(try ResolvedAxis(.log, from: 1, to: 1000), wish: 6)
    #expect(ticks.minor.contains(2) && ticks.minor.contains(900) && !ticks.minor.contains(100))
  }

  @Test("a log axis over many powers leaves some out, over few labels 2 and 5")
  func logDensity() throws {
    let many = try log(1e-30, 1, 5)
    #expect(many.count <= 6 && many.count >= 3)
    #expect(try log(1, 50) == ["1", "2", "5", "10", "20", "50"])
    #expect(try log(2, 3, 4).count >= 2)
  }

  @Test(
    "an axis has at least two marks, whatever its limits",
    arguments: [
      (0.0, 1e-300), (-1e300, 1e300), (1e15, 1e15 + 10), (3.0, 3.0000001), (-7.81, 7.79),
    ])
  func atLeastTwo(limits: (Double, Double)) throws {
    for wish in 1...9 {
      let ticks = Ticks(try ResolvedAxis(.linear, from: limits.0, to: limits.1), wish: wish)
      #expect(ticks.major.count >= 2 && ticks.major.count < 30)
      #expect(ticks.major.allSatisfy { $0.value.isFinite })
    }
  }

  @Test("limits that make no axis are refused")
  func refused() {
    #expect { try ResolvedAxis(.linear, from: 3, to: 1) } throws: {
      "\($0)" == "limits of x must increase, got 3 to 1"
    }
    #expect { try ResolvedAxis(.log, from: 0, to: 1) } throws: {
      "\($0)" == "limits of x must be positive on a log scale, got 0"
    }
    #expect { try ResolvedAxis(.linear, from: 0, to: .infinity) } throws: {
      "\($0)" == "limits of x must be finite, got inf"
    }
  }

  @Test("raised and lowered parts, with Unicode, spelled in ASCII")
  func richText() {
    #expect(RichText("10^{-3}").plain(ascii: false) == "10⁻³")
    #expect(RichText("10^{-3}").plain(ascii: true) == "10^-3")
    #expect(RichText("σ_{max}").plain(ascii: false) == "σₘₐₓ")
    #expect(RichText("σ_{max}").plain(ascii: true) == "sigma_max")
    #expect(RichText("x_1 ^ 2").plain(ascii: false) == "x_1 ^ 2")
    #expect(RichText("open ^{").plain(ascii: false) == "open ^{")
    #expect(RichText("two\nlines").plain(ascii: false) == "two lines")
  }

  @Test("bins hold every sample, the last edge included, and densities have area 1")
  func histogram() throws {
    let counted = try Histogram([0, 0.5, 1, 1.5, 2, .nan], bins: 2)
    #expect(counted.edges == [0, 1, 2])
    #expect(counted.heights == [2, 3])
    let density = try Histogram([0, 0.5, 1, 1.5, 2], bins: 4, density: true)
    #expect(abs(density.heights.reduce(0) { $0 + $1 * 0.5 } - 1) < 1e-12)
    #expect(try Histogram([]).edges.isEmpty)
    #expect(try Histogram([3, 3, 3]).heights.reduce(0, +) == 3)
    #expect(try Histogram([1, 9], bins: 1, range: 0...2).heights == [1])
  }
}
