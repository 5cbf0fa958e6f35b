// Wasserstein, Sinkhorn, MMD, Fréchet, KID, KL and precision of two samples against SciPy, scikit-learn, PyTorch and
// POT (Tests/References/sample_metrics.py), closed forms and each other: metric.wasserstein, metric.sinkhorn, metric.mmd,
// metric.mmd_test, metric.frechet, metric.kid, metric.kl_gaussian, metric.kl_nearest, metric.precision_recall.
import Glibc
import Metrics
import Tensors
import TestSupport
import Testing

@Suite struct SampleDistanceTests {
  private let references: References
  init() throws { references = try References("sample_metrics") }

  private func numbers(_ index: Int, _ name: String) throws -> [Double] {
    try #require(references[index, name]).doubles()
  }
  private func points(_ index: Int) throws -> (Tensor, Tensor) {
    (try #require(references[index, "x"]), try #require(references[index, "y"]))
  }
  private func normal(_ n: Int, _ d: Int, _ seed: Int) throws -> Tensor {
    try RandomStream(seed: seed).normal([n, d], .float64)
  }
  private func agree(_ found: Double, _ expected: Double, _ tolerance: Double = 1e-9) -> Bool {
    abs(found - expected) <= tolerance * max(1, abs(expected))
  }

  @Test("every metric has the value of other programs, in float64 and float32", arguments: [0, 1])
  func otherPrograms(index: Int) throws {
    let (x, y) = try points(index)
    let single = (try x.converted(to: .float32), try y.converted(to: .float32))
    func check(
      _ name: String, _ bodies: [(Tensor, Tensor) throws -> Double], _ tolerance: Double = 1e-9
    ) throws {
      for (body, expected) in zip(bodies, try numbers(index, name)) {
        let (double, float) = (try body(x, y), try body(single.0, single.1))
        #expect(agree(double, expected, tolerance), "\(name) \(double) \(expected)")
        #expect(agree(float, expected, 2e-5), "\(name) \(float) \(expected) in float32")
      }
    }
    try check(
      "wasserstein",
      [1.0, 2, 3].map { p in { try Wasserstein.estimate($0, $1, p).value } })
    try check(
      "sinkhorn",
      [(1.0, 0.2), (2, 0.2), (2, 2)].map { p, epsilon in
        {
          try Sinkhorn.estimate(
            $0, $1, epsilon: epsilon, p: p, tolerance: 1e-7, iterations: 10_000
          ).value
        }
      }, 1e-8)
    for (name, bandwidths) in [("mmd", [0.8]), ("mmd_two", [0.5, 2]), ("mmd_median", nil)] {
      try check(
        name,
        [false, true].map { isBiased in
          {
            try MaximumMeanDiscrepancy.estimate($0, $1, bandwidths, isBiased: isBiased).value
          }
        })
    }
    try check("frechet", [{ try FrechetDistance.estimate($0, $1).value }])
    try check("kid", [{ try KernelInceptionDistance.estimate($0, $1).value }])
    try check("kl_gaussian", [{ try KLGaussian.estimate($0, $1).value }])
    try check("kl_nearest", [1, 5].map { k in { try KLNearest.estimate($0, $1, k) } })
    for (row, k) in [3, 5].enumerated() {
      let expected = try numbers(index, "balls")[4 * row..<4 * row + 4]
      let shares = try PrecisionRecall.measure(x, y, k, of: Double.self)
      let found = [shares.precision, shares.recall, shares.density, shares.coverage]
      for (a, b) in zip(found, expected) { #expect(agree(a, b), "\(found) \(expected)") }
    }
  }

  @Test("the cheapest transport of points that were moved alike moves each alike")
  func shifts() throws {
    for (n, d) in [(500, 2), (300, 20)] {
      let x = try normal(n, d, 1)
      let y = try x.combined(with: 3, .add).gathered(
        rows: RandomStream(seed: 2).permutation(n))
      let found = try Wasserstein.estimate(x, y, 2)
      #expect(agree(found.value, 3 * Double(d).squareRoot()))
      // The mass of each point in two halves: as many times two on one side.
      let twice = try Tensor.concatenated([y, y], axis: 0)
      #expect(agree(try Wasserstein.estimate(x, twice, 1).value, 3 * Double(d).squareRoot()))
      #expect(try Wasserstein.estimate(x, x, 2).value == 0)
    }
  }

  @Test("potentials prove a transport the cheapest: none exceeds a cost, and their sum is the cost")
  func duality() throws {
    for (n, m) in [(200, 200), (90, 60), (50, 51), (7, 300), (400, 1)] {
      let costs = try Tensor.full([n, (m + 7) / 8 * 8], .infinity, .float32)
      let distances = try pairwiseDistances(normal(n, 2, 1), normal(m, 2, 2)).converted(
        to: .float32)
      let width = costs.shape[1]
      for i in 0..<n {
        (costs.pointer(Float.self) + i * width).update(
          from: distances.pointer(Float.self) + i * m, count: m)
      }
      let transport = try Transport(costs, columns: m)
      var (total, worst) = (0.0, 0.0)
      var given = [Int](repeating: 0, count: n)
      for i in 0..<n {
        for j in 0..<m {
          let rest =
            Double(costs.pointer(Float.self)[i * width + j]) - transport.u[i] - transport.v[j]
          worst = min(worst, rest)
        }
      }
      for (j, flows) in transport.flows.enumerated() {
        #expect(flows.reduce(0) { $0 + $1.units } == transport.demand)
        for (i, units) in flows {
          given[i] += units
          total += Double(units) * Double(costs.pointer(Float.self)[i * width + j])
        }
      }
      #expect(worst > -1e-12, "\(n) \(m) \(worst)")
      #expect(given.allSatisfy { $0 == transport.supply })
      let mass = Double(n * transport.supply)
      let dual =
        transport.u.reduce(0, +) / Double(n)
        + transport.v.prefix(m).reduce(0, +) / Double(m)
      #expect(agree(total / mass, dual, 1e-12), "\(n) \(m)")
    }
  }

  @Test("points on a lattice, where many ways cost the same")
  func lattice() throws {
    let side = 20
    let x = try Tensor(
      (0..<side * side).flatMap { [Double($0 / side), Double($0 % side)] },
      shape: [side * side, 2])
    let y = try x.combined(with: Tensor([1.0, 0], shape: [1, 2]), .add)
    #expect(agree(try Wasserstein.estimate(x, y, 1).value, 1))
    #expect(agree(try Wasserstein.estimate(x, y, 2).value, 1))
  }

  @Test("the Sinkhorn divergence goes to W₂² for small ε and to the square of the shift for large")
  func sinkhornLimits() throws {
    let (x, y) = try points(0)
    func value(_ epsilon: Double) throws -> Double {
      try Sinkhorn.estimate(x, y, epsilon: epsilon, p: 2, tolerance: 1e-3, iterations: 10_000)
        .value
    }
    let second = try numbers(0, "wasserstein")[1]
    #expect(abs(try value(0.02) - second * second) < 0.01 * second * second)
    let (a, b) = (try x.reduced(.sum, axis: 0), try y.reduced(.sum, axis: 0))
    let shift = try a.combined(with: b, .subtract).combined(with: 1.0 / 40, .multiply)
    let square = try shift.applying(.square).reduced(.sum).item()
    #expect(abs(try value(1e5) - square) < 1e-4 * square)
  }

  @Test("of two normal laws each has its closed form within its error")
  func normals() throws {
    let (n, d, shift) = (4000, 2, 0.8)
    let x = try normal(n, d, 1)
    let y = try normal(n, d, 2).combined(with: 1.5, .multiply).combined(with: shift, .add)
    func check(_ name: String, _ estimate: Estimate, _ exact: Double) throws {
      let error = try #require(estimate.standardError)
      #expect(
        abs(estimate.value - exact) < 4 * error && error < 0.1, "\(name) \(estimate) \(exact)")
    }
    let square = Double(d) * shift * shift
    try check("frechet", FrechetDistance.estimate(x, y), square + Double(d) * 0.25)
    let kl = 0.5 * (Double(d) / 2.25 + square / 2.25 - Double(d)) + Double(d) * log(1.5)
    try check("kl_gaussian", KLGaussian.estimate(x, y), kl)
    #expect(abs(try KLNearest.estimate(x, y, 5) - kl) < 0.1)
    // E k = Π_axes h/√(h² + s²) exp(−a²/(2 (h² + s²))) of a difference of variance s² and mean a on each axis.
    func mean(_ variance: Double, _ a: Double) -> Double {
      let width = 1 + variance
      return pow(exp(-a * a / (2 * width)) / width.squareRoot(), Double(d))
    }
    try check(
      "mmd", MaximumMeanDiscrepancy.estimate(x, y, [1], isBiased: false),
      mean(2, 0) + mean(4.5, 0) - 2 * mean(3.25, shift))
  }

  @Test("balls of equal laws: density 1 and the expected coverage; of laws apart all are 0")
  func balls() throws {
    let (x, y) = (try normal(3000, 3, 1), try normal(2000, 3, 2))
    let same = try PrecisionRecall.measure(x, y, 5, of: Double.self)
    #expect(abs(same.density - 1) < 0.1)
    let missed = (0..<5).reduce(1.0) { $0 * Double(1999 - $1) / Double(4999 - $1) }
    #expect(abs(same.coverage - (1 - missed)) < 0.02)
    let far = try PrecisionRecall.measure(x, y.combined(with: 100, .add), 5, of: Double.self)
    #expect([far.precision, far.recall, far.density, far.coverage] == [0, 0, 0, 0])
  }

  @Test("the test by MMD: p is uniform for equal laws, and least where they differ")
  func permutationTest() throws {
    let text = try numbers(
      """
      local below = 0
      for seed = 1, 100 do
        local s = random.stream(seed)
        local p = metric.mmd_test(s:normal{30, 2}, s:normal{20, 2}, {seed = seed, permutations = 39})
        if p <= 0.2 then below = below + 1 end
      end
      local s = random.stream(1)
      local x, y = s:normal{200, 5}, s:normal{150, 5}
      local p, info = metric.mmd_test(x, y + 0.5, {seed = 1})
      return below, p, info.statistic - metric.mmd(x, y + 0.5, {seed = 1, floors = 0}).value, info.permutations
      """)
    #expect(text[0] > 7 && text[0] < 33, "\(text)")
    #expect(text[1] == 0.005 && abs(text[2]) < 1e-6 && text[3] == 199, "\(text)")
  }

  private func numbers(_ code: String) throws -> [Double] { try MetricsTests.numbers(code) }

  @Test("what cannot be measured is told")
  func badInput() throws {
    let few = "tensor{{0, 1}, {1, 0}, {2, 2}}"
    for (call, error) in [
      (
        "kl_gaussian(\(few)[{{1, 2}}], \(few))",
        "x must hold more points than its 2 dimensions, got 2"
      ),
      (
        "kl_gaussian(\(few), tensor{{0, 0}, {1, 1}, {2, 2}})",
        "y must spread in all of its 2 dimensions, got a covariance without an inverse"
      ),
      (
        "kl_nearest(\(few), \(few))",
        "k must be below the 3 points of x and at most the 3 of y, got 3"
      ),
      (
        "kl_nearest(\(few), \(few)[{{1, 2}}], {k = 3})",
        "k must be below the 3 points of x and at most the 2 of y, got 3"
      ),
      (
        "kl_nearest(tensor.zeros{4, 2}, \(few), {k = 1})",
        "x must hold no point more than k = 1 times, got row 1 more often"
      ),
      (
        "kl_nearest(\(few), \(few), {k = 1})",
        "y must hold no point of x k = 1 times, got row 1 of x as often"
      ),
      (
        "mmd(\(few), \(few), {bandwidths = {1, 0}})",
        "bandwidths must be positive numbers, got {1, 0}"
      ),
      (
        "mmd_test(\(few), \(few), {bandwidths = {}})", "bandwidths must be positive numbers, got {}"
      ),
      ("mmd_test(\(few), \(few) / 0)", "y must be finite, got nan or inf"),
      ("precision_recall(\(few), \(few))", "k must be below the 3 points of samples, got 5"),
      (
        "precision_recall(\(few), \(few) * (0 / 0), {k = 1})", "data must be finite, got nan or inf"
      ),
      (
        "sinkhorn(\(few), \(few) + 1, {epsilon = 0.01, iterations = 1, seed = 1})",
        "iterations must be enough for the tolerance, got 1; a larger epsilon than 0.01 takes fewer"
      ),
      ("sinkhorn(\(few), \(few), {epsilon = 0})", "epsilon must be a positive number, got 0"),
      ("frechet(tensor.zeros{1, 2}, \(few))", "x must hold 2 points or more, got 1"),
    ] {
      let text = try message("metric." + call)
      let name = call.prefix { $0 != "(" }
      #expect(text.hasPrefix("code:1: metric.\(name): \(error)"), "\(text)")
    }
    for name in ["wasserstein", "sinkhorn", "mmd", "frechet", "kid", "kl_gaussian"] {
      let text = try results(
        "return tostring(metric.\(name)(\(few), \(few) * (0 / 0), {seed = 1}))")
      #expect(text[0].hasPrefix("nan [nan, nan]"), "\(name) \(text)")
    }
  }
}
