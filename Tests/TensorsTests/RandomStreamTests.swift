import Runtime
import Tensors
import Testing

@Suite("Random streams") struct RandomStreamTests {
  @Test("a row does not depend on how many rows are drawn")
  func rowsAreKeyed() throws {
    let few = try RandomStream(seed: 3).normal([10, 5]).floats()
    let many = try RandomStream(seed: 3).normal([70_000, 5]).floats()
    #expect(Array(many.prefix(50)) == few)
  }

  @Test("draws, seeds and purposes give different numbers")
  func independence() throws {
    let stream = RandomStream(seed: 1)
    let first = try stream.uniform([100]).floats()
    let second = try stream.uniform([100]).floats()
    let other = try RandomStream(seed: 2).uniform([100]).floats()
    let noise = try RandomStream(seed: 1, purpose: .noise).uniform([100]).floats()
    #expect(Set(first + second + other + noise).count > 390)
  }

  /// n = 200,000: the mean of N(0, 1) lies within 5σ/√n = 0.0112, the variance within 5√(2/n) = 0.0158
  /// (false alarm below 1e-6).
  @Test("normal and uniform numbers have the moments of their laws")
  func moments() throws {
    let n = 200_000
    let z = try RandomStream(seed: 11).normal([n]).doubles()
    let mean = z.reduce(0, +) / Double(n)
    let variance = z.reduce(0) { $0 + $1 * $1 } / Double(n) - mean * mean
    #expect(abs(mean) < 0.0112 && abs(variance - 1) < 0.0158)
    let u = try RandomStream(seed: 11).uniform([n]).doubles()
    #expect(abs(u.reduce(0, +) / Double(n) - 0.5) < 5 * 0.2887 / Double(n).squareRoot())
    #expect(u.allSatisfy { $0 > 0 && $0 < 1 })
  }

  @Test("a permutation holds each index once, and its first element is uniform")
  func permutations() throws {
    let stream = RandomStream(seed: 5)
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<7000 {
      let order = try stream.permutation(7)
      #expect(order.sorted() == Array(0..<7))
      counts[order[0]] += 1
    }
    // χ² with 6 degrees of freedom exceeds 40 with probability below 1e-6.
    let chi = counts.reduce(0.0) { $0 + (Double($1) - 1000) * (Double($1) - 1000) / 1000 }
    #expect(chi < 40)
  }

  @Test("integers reach both ends")
  func integers() throws {
    let draws = try RandomStream(seed: 9).integers(1000, -2...2)
    #expect(Set(draws) == [-2, -1, 0, 1, 2])
  }

  @Test("a stream from a later row on gives the later rows of a larger draw")
  func laterRows() throws {
    let whole = try RandomStream(seed: 4).uniform([100, 3]).floats()
    let tail = try RandomStream(seed: 4, firstRow: 60).uniform([40, 3]).floats()
    #expect(Array(whole[180...]) == tail)
  }

  @Test("all integers are a range too, and a count that cannot be is refused")
  func extremeRanges() throws {
    let draws = try RandomStream(seed: 2).integers(64, Int.min...Int.max)
    #expect(draws.contains { $0 < 0 } && draws.contains { $0 > 0 } && Set(draws).count == 64)
    #expect(throws: (any Error).self) { try RandomStream(seed: 2).permutation(1 << 40) }
    #expect(throws: (any Error).self) { try RandomStream(seed: 2).integers(1 << 50, 0...1) }
  }
}
