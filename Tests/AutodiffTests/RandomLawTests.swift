import Autodiff
import Glibc
import Runtime
import Tensors
import TestSupport
import Testing

/// Fixed seeds; every bound has a false-alarm probability below 1e-6: |mean − μ| < 5 σ/√n and
/// √n sup |F_n − F| < 2.7.
@Suite("Laws of random numbers") struct RandomLawTests {
  let n = 100_000

  func follows(
    _ name: Comment, _ sample: [Double], mean: Double, variance: Double,
    at line: SourceLocation = #_sourceLocation, _ law: (Double) -> Double
  ) {
    let count = Double(sample.count)
    let found = sample.reduce(0, +) / count
    #expect(
      abs(found - mean) < 5 * (variance / count).squareRoot(), name, sourceLocation: line)
    #expect(LawFunctions.distance(sample, law) < 2.7, name, sourceLocation: line)
  }

  @Test("the distribution functions of these tests agree with SciPy")
  func functions() throws {
    let references = try References("random_laws")
    let gammas = try #require(references[0, "gamma"]).doubles()
    for i in stride(from: 0, to: gammas.count, by: 3) {
      #expect(abs(LawFunctions.gamma(gammas[i], gammas[i + 1]) - gammas[i + 2]) < 1e-13)
    }
    let betas = try #require(references[0, "beta"]).doubles()
    for i in stride(from: 0, to: betas.count, by: 4) {
      let found = LawFunctions.beta(betas[i], betas[i + 1], betas[i + 2])
      #expect(abs(found - betas[i + 3]) < 1e-13, "\(betas[i...i + 3])")
    }
  }

  @Test("exponential, gamma, beta and Student numbers follow their laws")
  func continuous() throws {
    let stream = RandomStream(seed: 31)
    let exponential = try stream.exponential([n], rate: .number(3)).doubles()
    follows("exponential", exponential, mean: 1 / 3.0, variance: 1 / 9.0) { 1 - exp(-3 * $0) }
    for a in [0.05, 0.3, 0.9, 1, 1.7, 40] {
      let sample = try stream.gamma([n], .number(a), rate: .number(2), .float64).doubles()
      follows("gamma \(a)", sample, mean: a / 2, variance: a / 4) { LawFunctions.gamma(a, 2 * $0) }
    }
    for (a, b) in [(0.1, 0.2), (0.5, 0.5), (1, 2), (1, 1), (7, 3), (30, 0.6)] {
      let sample = try stream.beta([n], .number(a), .number(b), .float64).doubles()
      let mean = a / (a + b)
      follows(
        "beta \(a) \(b)", sample, mean: mean, variance: mean * (1 - mean) / (a + b + 1)
      ) { LawFunctions.beta(a, b, $0) }
    }
    for nu in [2.5, 5, 50] {
      let sample = try stream.student([n], .number(nu), .float64).doubles()
      follows("student \(nu)", sample, mean: 0, variance: nu / (nu - 2)) {
        LawFunctions.student(nu, $0)
      }
    }
    let cauchy = try stream.student([n], .number(1), .float64).doubles()
    #expect(LawFunctions.distance(cauchy) { 0.5 + atan($0) / Double.pi } < 2.7)
  }

  @Test(
    "Poisson numbers follow their law, on both sides of the change of method",
    arguments: [0.01, 0.7, 4, 9.99, 10, 10.5, 33, 900, 2e4, 3e9, 1e15])
  func poisson(mean: Double) throws {
    let sample = try RandomStream(seed: 77).poisson([n], .number(mean)).doubles()
    let count = Double(n)
    let found = sample.reduce(0, +) / count
    #expect(abs(found - mean) < 5 * (mean / count).squareRoot())
    // The variance of the variance is (μ + 2 μ²) / n.
    let spread = sample.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    #expect(abs(spread - mean) < 5 * ((mean + 2 * mean * mean) / count).squareRoot())
    #expect(LawFunctions.distance(ofIntegers: sample) { LawFunctions.poisson(mean, $0) } < 2.7)
    #expect(sample.allSatisfy { $0 >= 0 && $0 == $0.rounded() })
  }

  @Test("Poisson numbers of mean 0 are 0, and each element may have a mean of its own")
  func poissonElements() throws {
    let means = (0..<n).map { [0, 3, 50][$0 % 3] as Double }
    let sample = try RandomStream(seed: 5).poisson([n], .elements(means)).doubles()
    for (part, mean) in [0.0, 3, 50].enumerated() {
      let numbers = sample.indices.filter { $0 % 3 == part }.map { sample[$0] }
      if mean == 0 {
        #expect(numbers.allSatisfy { $0 == 0 })
      } else {
        #expect(LawFunctions.distance(ofIntegers: numbers) { LawFunctions.poisson(mean, $0) } < 2.7)
      }
    }
  }

  @Test("the check sees a Poisson law that is off by 2 percent, and one that is off by one")
  func plantedPoisson() throws {
    for mean in [4.0, 33] {
      let sample = try RandomStream(seed: 77).poisson([n], .number(mean)).doubles()
      let wrong = LawFunctions.distance(ofIntegers: sample) {
        LawFunctions.poisson(1.02 * mean, $0)
      }
      #expect(wrong > 2.7)
      let shifted = LawFunctions.distance(ofIntegers: sample.map { $0 + 1 }) {
        LawFunctions.poisson(mean, $0)
      }
      #expect(shifted > 2.7)
    }
  }

  @Test("the check sees a law that is 2 percent off")
  func planted() throws {
    let sample = try RandomStream(seed: 31).gamma([n], .number(2.5), .float64).doubles()
    #expect(LawFunctions.distance(sample) { LawFunctions.gamma(2.55, $0) } > 2.7)
  }

  @Test("each element may have a parameter of its own")
  func elementParameters() throws {
    let rows = (0..<n).map { $0 % 2 == 0 ? 0.4 : 6.0 }
    let sample = try RandomStream(seed: 8).gamma([n], .elements(rows), .float64).doubles()
    for (parity, a) in [(0, 0.4), (1, 6.0)] {
      let part = sample.indices.filter { $0 % 2 == parity }.map { sample[$0] }
      follows("gamma \(a)", part, mean: a, variance: a) { LawFunctions.gamma(a, $0) }
    }
  }

  @Test("a number depends neither on how many are drawn nor on the threads, bit by bit")
  func independence() throws {
    let draws: [(String, (RandomStream, Int) throws -> [Double])] = [
      ("exponential", { try $0.exponential([$1]).doubles() }),
      ("gamma", { try $0.gamma([$1], .number(0.7)).doubles() }),
      ("gamma rows", { try $0.gamma([$1, 3], .number(2), .float64).doubles() }),
      ("beta", { try $0.beta([$1], .number(0.5), .number(2)).doubles() }),
      ("student", { try $0.student([$1], .number(3)).doubles() }),
      ("poisson, small", { try $0.poisson([$1], .number(2.5)).doubles() }),
      ("poisson, large", { try $0.poisson([$1], .number(20)).doubles() }),
      ("bernoulli", { try $0.bernoulli([$1], .number(0.3)).doubles() }),
      ("sobol", { try $0.sobol($1, dimensions: 3).doubles() }),
      ("weights", { try $0.weightedPlaces($1, [1, 2, 3]).map(Double.init) }),
      ("different", { try $0.differentPlaces($1, of: 70_000).map(Double.init) }),
    ]
    let threads = WorkerPool.shared.threadCount
    defer { WorkerPool.shared.threadCount = threads }
    for (name, draw) in draws {
      WorkerPool.shared.threadCount = 1
      let few = try draw(RandomStream(seed: 4), 37)
      let many = try draw(RandomStream(seed: 4), 50_000)
      WorkerPool.shared.threadCount = 4
      #expect(try draw(RandomStream(seed: 4), 50_000) == many, "\(name): threads")
      #expect(Array(many.prefix(few.count)) == few, "\(name): count")
      let stream = RandomStream(seed: 4)
      _ = try draw(stream, 37)
      #expect(try draw(stream, 37) != few, "\(name): the next draw")
    }
  }

  /// The number of successes among n lies within 5 standard deviations.
  func isShare(_ hits: Int, of n: Int, _ p: Double) -> Bool {
    abs(Double(hits) - Double(n) * p) < 5 * (Double(n) * p * (1 - p)).squareRoot() + 1e-9
  }

  @Test("choices are as likely as their weights, with and without replacement")
  func choices() throws {
    let stream = RandomStream(seed: 12)
    let weights = [0, 1, 5, 0, 4, 0]
    let places = try stream.weightedPlaces(n, weights.map(Double.init))
    for (place, weight) in weights.enumerated() {
      #expect(isShare(places.count { $0 == place }, of: n, Double(weight) / 10))
    }
    #expect(
      try isShare(
        stream.bernoulli([n], .number(0.3)).doubles().count { $0 == 1 }, of: n, 0.3))
    let rows = try stream.places(
      inRowsOf: (0..<n).flatMap { _ in [1.0, 0, 3] }, rows: n, columns: 3)
    #expect(isShare(rows.count { $0 == 0 }, of: n, 0.25) && !rows.contains(1))
    // Pairs (i, j) without replacement: w_i w_j / (1 − w_i).
    let chances = [0.2, 0.3, 0.5]
    var counts: [[Int]: Int] = [:]
    let trials = 20_000
    for _ in 0..<trials { counts[try stream.differentPlaces(2, chances), default: 0] += 1 }
    for i in 0..<3 {
      for j in 0..<3 where i != j {
        let p = chances[i] * chances[j] / (1 - chances[i])
        #expect(isShare(counts[[i, j]] ?? 0, of: trials, p), "\(i) \(j)")
      }
    }
    var pairs: [[Int]: Int] = [:]
    for _ in 0..<trials { pairs[try stream.differentPlaces(2, of: 3), default: 0] += 1 }
    #expect(pairs.count == 6 && pairs.values.allSatisfy { isShare($0, of: trials, 1 / 6.0) })
    #expect(try stream.differentPlaces(500, of: 500).sorted() == Array(0..<500))
  }

  @Test("multivariate normal numbers have their mean and covariance")
  func multivariate() throws {
    let mean = try Tensor([1.0, -2])
    let factor = try Linalg.cholesky(Tensor([2.0, 0.6, 0.6, 1], shape: [2, 2]))
    do {
      _ = try Tensor([1.0, 2, 2, 1], shape: [2, 2]).choleskyFactor("covariance")
      Issue.record("an indefinite covariance is taken")
    } catch {
      #expect("\(error)" == "covariance must be positive definite: leading minor 2 is not")
    }
    let x = try RandomStream(seed: 5).normal(n, mean: mean, factor: factor, .float64)
    let values = try x.doubles()
    let first = stride(from: 0, to: 2 * n, by: 2).map { values[$0] }
    let second = stride(from: 1, to: 2 * n, by: 2).map { values[$0] }
    follows("first", first, mean: 1, variance: 2) {
      LawFunctions.normal(($0 - 1) / 2.0.squareRoot())
    }
    follows("second", second, mean: -2, variance: 1) { LawFunctions.normal($0 + 2) }
    // y − 0.3 x is independent of x and has variance 1 − 0.18.
    let rest = zip(first, second).map { ($1 + 2 - 0.3 * ($0 - 1)) / 0.82.squareRoot() }
    follows("rest", rest, mean: 0, variance: 1, LawFunctions.normal)
    let product = zip(rest, first).map { $0 * ($1 - 1) / 2.0.squareRoot() }
    #expect(abs(product.reduce(0, +) / Double(n)) < 5 / Double(n).squareRoot())
  }
}
