import Tensors
import Testing

@Suite("equal bins") struct EqualBinTests {
  @Test(
    "have edges in order that hold every number between the ends",
    arguments: [
      (0.0, 1.0), (-1.7e308, 1.7e308), (1e308, 1.5e308), (0, 1e-300), (-3, -1e-300), (1e17, 2e17),
    ])
  func order(ends: (Double, Double)) {
    for count in [1, 2, 3, 10, 1000] {
      let bins = EqualBins(from: ends.0, to: ends.1, count: count)
      #expect(bins.edges.count == count + 1)
      #expect(bins.edges.first == ends.0 && bins.edges.last == ends.1)
      #expect(zip(bins.edges, bins.edges.dropFirst()).allSatisfy { $0 < $1 })
      for (bin, edge) in bins.edges.dropLast().enumerated() {
        #expect(bins.bin(of: edge) == bin)
        #expect(bins.bin(of: edge.nextDown) == max(bin - 1, 0))
      }
      #expect(bins.bin(of: ends.1) == count - 1)
    }
  }

  @Test("around numbers that are alike the ends differ, whatever their size")
  func alike() {
    for value in [0, 1, -1e17, 1e30, 1e308, -Double.greatestFiniteMagnitude] {
      let ends = EqualBins.ends(around: value)
      #expect(ends.first < ends.last && ends.first <= value && value <= ends.last)
      #expect(ends.first.isFinite && ends.last.isFinite)
      #expect(EqualBins(from: ends.first, to: ends.last, count: 3).bin(of: value) < 3)
    }
  }
}
