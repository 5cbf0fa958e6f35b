// The energy and Wasserstein distances against closed forms, plain loops and each other.
import Glibc
import Metrics
import Tensors
import Testing

@Suite struct SampleMetricTests {
  private func normal(_ n: Int, _ d: Int, _ seed: Int) throws -> Tensor {
    try RandomStream(seed: seed).normal([n, d], .float64)
  }

  @Test("the energy distance is the plain sum over pairs, on the line and in more dimensions")
  func energyByPairs() throws {
    for d in [1, 3] {
      let (x, y) = (try normal(130, d, 1), try normal(1100, d, 2).combined(with: 0.5, .add))
      func sum(_ a: Tensor, _ b: Tensor) throws -> Double {
        try pairwiseDistances(a, b).doubles().reduce(0, +)
      }
      let expected =
        try 2 * sum(x, y) / (130 * 1100) - sum(x, x) / (130 * 129) - sum(y, y) / (1100 * 1099)
      #expect(abs(try EnergyDistance.estimate(x, y).value - expected) < 1e-12)
    }
  }

  /// E|Z| of N(μ, s²), the folded normal.
  private func folded(_ mean: Double, _ std: Double) -> Double {
    let ratio = mean / std
    let height: Double = exp(-ratio * ratio / 2) * (2 / Double.pi).squareRoot()
    return std * height + mean * erf(ratio / 2.0.squareRoot())
  }

  @Test("of two normal laws on the line it is the closed form")
  func energyOfNormals() throws {
    // X ~ N(0, 1), Y ~ N(1, 4): X − Y ~ N(−1, 5), X − X′ ~ N(0, 2), Y − Y′ ~ N(0, 8).
    let within = folded(0, 2.0.squareRoot()) + folded(0, 8.0.squareRoot())
    let exact = 2 * folded(1, 5.0.squareRoot()) - within
    let x = try normal(200_000, 1, 1)
    let y = try normal(200_000, 1, 2).combined(with: 2, .multiply).combined(with: 1, .add)
    let estimate = try EnergyDistance.estimate(x, y)
    let error = try #require(estimate.standardError)
    #expect(abs(estimate.value - exact) < 4 * error && error < 0.01, "\(estimate) \(exact)")
  }

  @Test("float32 far from 0, many blocks and any number of threads lose nothing")
  func energyInFloat32() throws {
    let (x, y) = (try normal(2100, 2, 1), try normal(1300, 2, 2))
    let exact = try EnergyDistance.estimate(x, y).value
    func shifted(_ x: Tensor) throws -> Tensor { try x.converted(to: .float32) }
    #expect(abs(try EnergyDistance.estimate(shifted(x), shifted(y)).value - exact) < 1e-6)
  }

  @Test("the Wasserstein distance by hand, for equal and unequal numbers of points")
  func byHand() throws {
    let text = try numbers(
      """
      x, y = tensor{{0}, {1}, {3}}, tensor{{5}, {6}, {8}}
      u, v = tensor{{0}, {1}}, tensor{{0}, {2}, {4}}
      local function w(a, b, p) return metric.wasserstein(a, b, {p = p, seed = 1, floors = 0}).value end
      return w(x, y, 1), w(x, y, 2), w(x, y, 3), w(u, v, 1), w(u, v, 2), w(v, u, 2)
      """)
    // Masses of 1/6: 0–0, 0–0, 0–2, 1–2, 1–4, 1–4.
    let second = (23.0 / 6).squareRoot()
    let expected: [Double] = [5, 5, 5, 1.5, second, second]
    for (value, exact) in zip(text, expected) { #expect(abs(value - exact) < 1e-12) }
  }

  @Test("of normal laws on the line W₂² = (μ − ν)² + (σ − τ)², and SW₂ its mean over directions")
  func normals() throws {
    let (x, y) = (try normal(100_000, 1, 1), try normal(100_000, 1, 2))
    let moved = try y.combined(with: 2, .multiply).combined(with: 1, .add)
    let line = try SlicedWasserstein.estimate(x, moved, Tensor([1.0], shape: [1, 1]), 2)
    #expect(abs(line.value - 2.0.squareRoot()) < 4 * (line.standardError ?? 0))
    // A shift by a in d = 3: the mean of (θ·a)² is |a|²/3.
    let z = try normal(4000, 3, 3)
    let sliced = try SlicedWasserstein.estimate(
      z, z.combined(with: 2, .add), SlicedWasserstein.directions(3, 4000, 1), 2)
    #expect(abs(sliced.value - 2) < 0.05)
  }

  @Test("any number of directions over a block gives the mean over directions")
  func directions() throws {
    let (x, y) = (try normal(50, 2, 1), try normal(70, 2, 2))
    let all = try SlicedWasserstein.directions(2, 40, 7)
    let powers = try (0..<40).map { row -> Double in
      let value = try SlicedWasserstein.estimate(x, y, all.slice(axis: 0, row..<row + 1), 1).value
      return value
    }
    let mean = powers.reduce(0, +) / 40
    #expect(abs(try SlicedWasserstein.estimate(x, y, all, 1).value - mean) < 1e-12)
  }
}
