import Tensors
import Testing

@Suite("Fourier transforms") struct FourierTests {
  /// More transforms than one call of FFTW takes, the last call having fewer than the others.
  private static let count = 600_001

  @Test("many short ones are those of each alone, along the last axis and along the first")
  func manyShort() throws {
    let x = try RandomStream(seed: 1).normal([Self.count, 4], .float64)
    let numbers = try x.doubles()
    let rows = try x.transformed(.fromReal, axis: 1)
    #expect(rows.shape == [Self.count, 3, 2])
    let found = try rows.doubles()
    let columns = try x.permuted([1, 0]).copied().transformed(.fromReal, axis: 0)
    #expect(columns.shape == [3, Self.count, 2])
    let foundColumns = try columns.doubles()
    var worst = 0.0
    for row in 0..<Self.count {
      let (a, b, c, d) = (
        numbers[4 * row], numbers[4 * row + 1], numbers[4 * row + 2], numbers[4 * row + 3]
      )
      // X_k = Σ_j x_j (−i)^{jk}
      let expected = [a + b + c + d, 0, a - c, d - b, a - b + c - d, 0]
      for (place, value) in expected.enumerated() {
        worst = max(worst, abs(found[6 * row + place] - value))
        let (k, part) = (place / 2, place % 2)
        worst = max(worst, abs(foundColumns[2 * (k * Self.count + row) + part] - value))
      }
    }
    #expect(worst < 1e-14)
    let back = try rows.transformed(.toReal, axis: 1, length: 4).doubles()
    #expect(zip(back, numbers).allSatisfy { abs($0 / 4 - $1) < 1e-14 })
  }
}
