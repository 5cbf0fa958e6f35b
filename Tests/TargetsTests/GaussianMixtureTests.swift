// Density, score, noised marginals and samples of mixtures against closed forms, differences,
// quadrature and Monte Carlo.
import Autodiff
import Glibc
import Targets
import Tensors
import Testing

private func mixture(_ means: [Double], _ stds: [Double] = [1], _ weights: [Double] = [1]) throws
  -> GaussianMixture
{
  try GaussianMixture(
    means: Tensor(means, shape: [means.count, 1]), stds: stds, weights: weights)
}

/// Three components in d dimensions, none like another.
private func uneven(dimension d: Int) throws -> GaussianMixture {
  let means = (0..<3 * d).map { sin(1.7 * Double($0)) * 2 }
  return try GaussianMixture(
    means: Tensor(means, shape: [3, d]), stds: [0.6, 1, 1.4], weights: [0.2, 0.5, 0.3])
}

private func points(_ values: [Double]) throws -> Tensor {
  try Tensor(values, shape: [values.count, 1])
}

private func normal(_ x: Double, _ mean: Double, _ std: Double) -> Double {
  exp(-(x - mean) * (x - mean) / (2 * std * std)) / (std * (2 * Double.pi).squareRoot())
}

/// The distance of sorted draws from a distribution function (Kolmogorov), times √n.
private func kolmogorov(_ draws: [Double], _ cdf: (Double) -> Double) -> Double {
  let n = Double(draws.count)
  return draws.sorted().enumerated().reduce(0.0) { worst, item in
    let value = cdf(item.element)
    return max(worst, value - Double(item.offset) / n, Double(item.offset + 1) / n - value)
  } * n.squareRoot()
}

@Suite struct GaussianMixtureTests {
  @Test("log density and score by hand, one and two dimensions")
  func byHand() throws {
    let p = try mixture([-1, 2], [1, 0.5], [0.3, 0.7])
    let x = 0.5
    let (a, b) = (0.3 * normal(x, -1, 1), 0.7 * normal(x, 2, 0.5))
    #expect(abs(try p.logDensity(points([x])).item() - log(a + b)) < 1e-14)
    let score = (a * (-1 - x) + b * (2 - x) / 0.25) / (a + b)
    #expect(abs(try p.score(points([x])).item() - score) < 1e-13)

    let q = try GaussianMixture(
      means: Tensor([0.0, 0, 1, 2], shape: [2, 2]), stds: [1, 2], weights: [0.5, 0.5])
    let at = try Tensor([1.0, 1], shape: [1, 2])
    let (c, d) = (0.5 * normal(1, 0, 1) * normal(1, 0, 1), 0.5 * normal(1, 1, 2) * normal(1, 2, 2))
    #expect(abs(try q.logDensity(at).item() - log(c + d)) < 1e-14)
    let expected = [-c / (c + d), (-c + d / 4) / (c + d)]
    for (got, want) in zip(try q.score(at).doubles(), expected) { #expect(abs(got - want) < 1e-14) }
  }

  @Test("integrates to 1 in one and two dimensions")
  func normalised() throws {
    let grid = (0...4000).map { -20 + 0.01 * Double($0) }
    let line = try mixture([-3, 3], [1, 0.7], [0.4, 0.6]).logDensity(points(grid)).doubles()
    #expect(abs(line.reduce(0) { $0 + exp($1) } * 0.01 - 1) < 1e-12)
    let axis = (0..<240).map { -12 + 0.1 * Double($0) }
    let plane = try Tensor(axis.flatMap { a in axis.flatMap { [a, $0] } }, shape: [57600, 2])
    let values = try uneven(dimension: 2).logDensity(plane).doubles()
    #expect(abs(values.reduce(0) { $0 + exp($1) } * 0.01 - 1) < 1e-12)
  }

  @Test(
    "the score is the slope of the log density (central differences, float64)",
    arguments: [1, 2, 5, 20])
  func slope(dimension d: Int) throws {
    let p = try uneven(dimension: d)
    let h = 1e-5
    for scale in [1.0, 8] {
      let x = try RandomStream(seed: 3).normal([6, d], .float64) * scale
      let score = try p.score(x).doubles()
      for j in 0..<d {
        let e = try Tensor((0..<d).map { $0 == j ? h : 0 }, shape: [1, d])
        let up = try p.logDensity(x + e).doubles()
        let down = try p.logDensity(x - e).doubles()
        for i in 0..<6 {
          let slope = (up[i] - down[i]) / (2 * h)
          #expect(abs(slope - score[i * d + j]) < 1e-7 * (1 + abs(slope)))
        }
      }
    }
  }

  @Test("far in the tails nothing overflows, float32 and float64")
  func tails() throws {
    let p = try mixture([-3, 3])
    for dtype in [DType.float32, .float64] {
      let x = try points([1000, -1e4, 60]).converted(to: dtype)
      #expect(try p.score(x).doubles() == [-997, 9997, -57])
      let expected = -57.0 * 57 / 2 - 0.5 * log(2 * Double.pi) - log(2)
      let value = try p.logDensity(x).doubles()[2]
      #expect(abs(value - expected) < 1e-6 * abs(expected))
      #expect(try p.score(x).dtype == dtype)
      #expect(try p.logDensity(x).dtype == dtype)
    }
  }

  @Test("the noised law is the convolution, by quadrature")
  func noisedByQuadrature() throws {
    let p = try mixture([-2, 1], [0.5, 1], [0.3, 0.7])
    let (r, s) = (0.6, 0.8)
    let noised = try p.noised(mean: r, std: s)
    let grid = (0...6000).map { -15 + 0.005 * Double($0) }
    let density = try p.logDensity(points(grid)).doubles().map { exp($0) }
    for x in [-3.0, -0.7, 0, 1.1, 2.5] {
      let total = zip(grid, density).reduce(0) { $0 + $1.1 * normal(x, r * $1.0, s) } * 0.005
      #expect(abs(try noised.logDensity(points([x])).item() - log(total)) < 1e-10)
    }
  }

  @Test("the noised law is that of r x + s z; n = 100,000, |z| < 5.5")
  func noisedByMonteCarlo() throws {
    let p = try uneven(dimension: 2)
    let (r, s, n) = (0.7, 0.5, 100_000)
    let clean = try p.sample(n, RandomStream(seed: 5, purpose: .data))
    let noise = try RandomStream(seed: 6).normal([n, 2])
    let x = try clean * r + noise * s
    let y = try p.noised(mean: r, std: s).sample(n, RandomStream(seed: 7, purpose: .data))
    for test in [
      { (v: [Double]) in v[0] }, { $0[1] }, { $0[0] * $0[1] }, { $0[0] * $0[0] }, { $0[1] * $0[1] },
      { exp(-$0[0] * $0[0]) },
    ] as [([Double]) -> Double] {
      let (a, b) = (try moments(of: x, test), try moments(of: y, test))
      let z = (a.mean - b.mean) / ((a.variance + b.variance) / Double(n)).squareRoot()
      #expect(abs(z) < 5.5)
    }
  }

  private func moments(of x: Tensor, _ f: ([Double]) -> Double) throws -> (
    mean: Double, variance: Double
  ) {
    let flat = try x.doubles()
    let values = stride(from: 0, to: flat.count, by: 2).map { f([flat[$0], flat[$0 + 1]]) }
    let mean = values.reduce(0, +) / Double(values.count)
    return (mean, values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count))
  }

  @Test("samples follow the distribution function; n = 20,000, false alarm below 1e-6")
  func samples() throws {
    let p = try mixture([-3, 3, 0.5], [1, 0.5, 2], [0.5, 0.2, 0.3])
    let draws = try p.sample(20_000, RandomStream(seed: 11, purpose: .data)).doubles()
    func cdf(_ x: Double, shift: Double) -> Double {
      func phi(_ z: Double) -> Double { erfc(-z / 2.0.squareRoot()) / 2 }
      let y = x - shift
      return 0.5 * phi(y + 3) + 0.2 * phi((y - 3) / 0.5) + 0.3 * phi((y - 0.5) / 2)
    }
    #expect(kolmogorov(draws) { cdf($0, shift: 0) } < 2.7)
    // The test can fail: a law moved by 0.1 is told apart.
    #expect(kolmogorov(draws) { cdf($0, shift: 0.1) } > 2.7)
  }

  @Test("more samples begin with the same ones")
  func prefix() throws {
    let p = try uneven(dimension: 3)
    let few = try p.sample(10, RandomStream(seed: 1, purpose: .data)).doubles()
    let many = try p.sample(1000, RandomStream(seed: 1, purpose: .data)).doubles()
    #expect(few == Array(many.prefix(30)))
  }

  @Test("each row may have its own r and s, in blocks too")
  func rows() throws {
    let p = try uneven(dimension: 2)
    let x = try RandomStream(seed: 2).normal([5, 2], .float64)
    let r = [1, 0.9, 0.5, 0.1, 0.3]
    let s = [0.1, 0.5, 1, 2, 0.7]
    let all = try p.noisedScore(
      x, mean: Tensor(r, shape: [5, 1]), std: Tensor(s, shape: [5, 1])
    ).doubles()
    for i in 0..<5 {
      let one = try p.noised(mean: r[i], std: s[i]).score(x.slice(axis: 0, i..<i + 1)).doubles()
      for j in 0..<2 { #expect(abs(all[2 * i + j] - one[j]) < 1e-12) }
    }
    // 900 components, 3000 rows: more than one block.
    let many = try mixture((0..<900).map { sin(Double($0)) })
    let wide = try RandomStream(seed: 4).normal([3000, 1], .float64)
    let whole = try many.score(wide).doubles()
    #expect(try whole[2990] == many.score(wide.slice(axis: 0, 2990..<2991)).item())
  }

  @Test("beyond 16 dimensions the products give what the differences give")
  func highDimension() throws {
    let narrow = (0..<32).map { 40 + cos(Double($0)) }
    let low = try GaussianMixture(
      means: Tensor(narrow, shape: [2, 16]), stds: [0.5], weights: [1])
    let wide = Array(narrow[..<16]) + [0, 0] + Array(narrow[16...]) + [0, 0]
    let high = try GaussianMixture(means: Tensor(wide, shape: [2, 18]), stds: [0.5], weights: [1])
    let x = try RandomStream(seed: 8).normal([4, 16], .float64) + 40
    let y = try Tensor.concatenated([x, Tensor.zeros([4, 2], .float64)], axis: 1)
    let constant = log(2 * Double.pi * 0.25)
    for (a, b) in zip(try low.logDensity(x).doubles(), try high.logDensity(y).doubles()) {
      #expect(abs(a - b - constant) < 1e-9)
    }
    let scores = try high.score(y).slice(axis: 1, 0..<16).doubles()
    for (a, b) in zip(try low.score(x).doubles(), scores) { #expect(abs(a - b) < 1e-9) }
  }

  @Test("gradients pass through density and score", arguments: [1, 18])
  func gradients(dimension d: Int) throws {
    let p = try uneven(dimension: d)
    let x = try RandomStream(seed: 9).normal([3, d], .float64)
    let score = try p.score(x).doubles()
    let slope = try vjp([x]) { try sum(p.logDensity($0[0])) }.cotangents[0].doubles()
    for (a, b) in zip(score, slope) { #expect(abs(a - b) < 1e-10) }
    let second = try vjp([x]) { try sum(p.score($0[0])) }.cotangents[0].doubles()
    let h = 1e-5
    let e = try Tensor((0..<d).map { $0 == 0 ? h : 0 }, shape: [1, d])
    let up = try p.score(x + e).doubles()
    let down = try p.score(x - e).doubles()
    for i in 0..<3 {
      // The Jacobian is symmetric, so its column sums are its row sums.
      let column = (0..<d).reduce(0.0) { $0 + (up[i * d + $1] - down[i * d + $1]) / (2 * h) }
      #expect(abs(column - second[i * d]) < 1e-6 * (1 + abs(column)))
    }
  }
}
