import Tensors
import TestSupport
import Testing

@Suite("Sobol points") struct SobolTests {
  @Test("they are SciPy's, in 21 dimensions, from the start and from point 100,000 on")
  func reference() throws {
    let references = try References("random_laws")
    let first = try #require(references[0, "first"])
    let later = try #require(references[0, "later"])
    #expect(
      try SobolSequence.points(64, dimensions: 21, .float64).doubles() == first.doubles())
    #expect(
      try SobolSequence.points(32, dimensions: 21, first: 100_000, .float64).doubles()
        == later.doubles())
  }

  /// A (0, k, 1)-net in each dimension, shifted or not: one point in each of 2^k intervals.
  @Test("each of 256 intervals holds one of 256 points, in every dimension")
  func strata() throws {
    let plain = try SobolSequence.points(256, dimensions: 21, .float64)
    let shifted = try RandomStream(seed: 3).sobol(256, dimensions: 21, .float64)
    for points in [plain, shifted] {
      let values = try points.doubles()
      for d in 0..<21 {
        let cells = Set((0..<256).map { Int(values[$0 * 21 + d] * 256) })
        #expect(cells.count == 256)
      }
    }
    #expect(try shifted.doubles().allSatisfy { $0 > 0 && $0 < 1 })
  }

  /// ∫ Π (1 + (x_d − ½)) dx = 1: 4096 points come within 1e-3, where independent ones have a standard
  /// deviation of 8e-3.
  @Test("they integrate better than independent points")
  func integral() throws {
    let values = try RandomStream(seed: 9).sobol(4096, dimensions: 4, .float64).doubles()
    let terms = (0..<4096).map { row in
      (0..<4).reduce(1.0) { $0 * (0.5 + values[row * 4 + $1]) }
    }
    #expect(abs(terms.reduce(0, +) / 4096 - 1) < 1e-3)
  }
}
