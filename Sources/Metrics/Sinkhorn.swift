import Autodiff
import Catalog
import Glibc
import Runtime
import Tensors

/// The Sinkhorn divergence of two samples: optimal transport with entropy, without the bias that entropy brings,
///
///   S_ε = OT_ε(x, y) − ½ OT_ε(x, x) − ½ OT_ε(y, y),
///   OT_ε(x, y) = min_π Σ π_ij c_ij + ε KL(π ‖ uniform), c_ij = ‖x_i − y_j‖^p.
///
/// Feydy et al. 2019, Eqs. 2, 3; Cuturi 2013. With potentials f and g, in the log domain,
///
///   f_i ← −ε ln (1/m) Σ_j exp((g_j − c_ij)/ε) and likewise g,
///
/// while ε falls by half from the largest cost (§3.3 there), and with the mean of old and new where x is y. Costs are
/// formed again in every pass, a block of rows at a time.
package enum Sinkhorn {
  static let metric = Metric(
    "sinkhorn", "The Sinkhorn divergence of two samples: transport with entropy, without its bias.",
    Parameter<Double?>.option(
      "epsilon", default: nil,
      "weight ε of the entropy, in the unit of the cost; else 0.05 of its mean between x and y",
      in: Domain<Double>.positive.orAbsent()), SlicedWasserstein.order,
    Parameter<Double>.option(
      "tolerance", default: 1e-3, "the last change of the potentials, over ε", in: .positive),
    Parameter<Int>.option(
      "iterations", default: 1000, "passes at most, after which it is an error",
      in: .within(1...1_000_000)), largest: 1000,
    properties: [
      .symmetric, .nonNegative, .zeroOnItself, .zeroIffEqual, .translationInvariant,
      .rotationInvariant,
    ], interval: .influence,
    details: """
      OT_ε(x, y) − ½ OT_ε(x, x) − ½ OT_ε(y, y) with the cost ‖x − y‖^p: between W_p^p for small ε and an MMD for large \
      (for p = 2 the squared distance of means). In the unit of the cost, for any two numbers of points. Smaller ε takes \
      more passes. The influence of each point, for the interval, is its potential. Each pass costs 2 n m + n² + m² \
      distances and exponentials, in memory for n + m numbers and one block; each pair of the floor costs as much again.
      """,
    source: "Feydy et al. 2019, Eqs. 2, 3; Cuturi 2013",
    example: """
      mix = target.gaussian_mixture{means = {{-3, 0}, {3, 0}}}
      return metric.sinkhorn(mix:sample(100, {seed = 1}), mix, {epsilon = 1, seed = 1})
      """
  ) {
    (
      x: Tensor, y: Tensor, _: Int, epsilon: Double?, p: Double, tolerance: Double, iterations: Int
    ) in
    try estimate(
      x, y, epsilon: epsilon, p: p, tolerance: tolerance, iterations: iterations)
  }

  package static func estimate(
    _ x: Tensor, _ y: Tensor, epsilon: Double?, p: Double, tolerance: Double, iterations: Int
  ) throws -> Estimate {
    let between = try Costs(x, y, p)
    let usual = try between.mean()
    guard usual > 0 else { return Estimate(0, standardError: 0) }
    let epsilon = epsilon ?? 0.05 * usual
    let passes = Passes(epsilon: epsilon, tolerance: tolerance, most: iterations)
    let own = try passes.potential(try Costs(x, x, p), from: 4 * usual)
    let other = try passes.potential(try Costs(y, y, p), from: 4 * usual)
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    let back = try Costs(y, x, p)
    // Which sample begins follows from both, so that the value does not depend on their order.
    let isFirst = (x.shape[0], mean(own.after)) <= (y.shape[0], mean(other.after))
    let pair =
      try isFirst
      ? passes.potentials(between, back, from: 4 * usual, or: other.after)
      : passes.potentials(back, between, from: 4 * usual, or: own.after)
    let (f, g) = isFirst ? pair : (pair.1, pair.0)
    let value =
      mean(f) + mean(g) - (mean(own.before) + mean(own.after)) / 2
      - (mean(other.before) + mean(other.after)) / 2
    let error = try standardError(
      zip(f, own.after).map { $0 - $1 }, zip(g, other.after).map { $0 - $1 })
    return Estimate(max(value, 0), standardError: error)
  }

  /// ‖x_i − y_j‖^p, a block of rows at a time.
  private struct Costs {
    let x: Tensor
    let y: Tensor
    let p: Double

    init(_ x: Tensor, _ y: Tensor, _ p: Double) throws { (self.x, self.y, self.p) = (x, y, p) }

    private func block(_ rows: Tensor) throws -> Tensor {
      if p == 2 { return try pairwiseDistances(rows, y, squared: true) }
      let distances = try pairwiseDistances(rows, y)
      return p == 1 ? distances : try distances.combined(with: p, .power)
    }

    func mean() throws -> Double {
      var total = 0.0
      try KernelSums.forEachBlock(x, y.shape[0]) { _, rows in
        total += try block(rows).reduced(.sum, axis: 1).doubles().reduce(0, +)
      }
      return total / (Double(x.shape[0]) * Double(y.shape[0]))
    }

    /// −ε ln (1/m) Σ_j exp((g_j − c_ij)/ε) for each i, about the largest exponent.
    func softMinimum(_ g: [Double], _ epsilon: Double) throws -> [Double] {
      let potential = try Tensor(g, shape: [1, g.count]).combined(with: 1 / epsilon, .multiply)
        .converted(to: x.dtype)
      var result: [Double] = []
      result.reserveCapacity(x.shape[0])
      try KernelSums.forEachBlock(x, y.shape[0]) { _, rows in
        let exponents = try block(rows).combined(with: -1 / epsilon, .multiply).combined(
          with: potential, .add)
        let largest = try exponents.reduced(.maximum, axis: 1)
        let sums = try exponents.combined(with: largest.expanded(axis: 1), .subtract).applying(.exp)
          .reduced(.sum, axis: 1)
        for (most, sum) in try zip(largest.doubles(), sums.doubles()) {
          result.append(-epsilon * (most + log(sum / Double(g.count))))
        }
      }
      return result
    }
  }

  private struct Passes {
    let epsilon: Double
    let tolerance: Double
    let most: Int

    /// ε from a cost down to its end, by halves.
    private func levels(from cost: Double) -> [Double] {
      var levels: [Double] = []
      var level = cost
      while level > epsilon, levels.count < 64 {
        levels.append(level)
        level /= 2
      }
      return levels
    }

    /// The change below which potentials of these points are at rest; float32 has no smaller.
    private func rest(_ tolerance: Double, _ costs: Costs, _ f: [Double]) -> Double {
      let size = f.reduce(0) { max($0, abs($1)) }
      let rounding = costs.x.dtype == .float64 ? 1e-15 : 2e-7
      return max(tolerance, 8 * rounding * (size / epsilon + 1))
    }

    private func change(_ old: [Double], _ new: [Double]) -> Double {
      zip(old, new).reduce(0) { max($0, abs($1.0 - $1.1)) } / epsilon
    }

    private var refusal: UserError {
      UserError(
        "iterations must be enough for the tolerance, got \(most); a larger epsilon than \(shortNumber(epsilon)) takes fewer"
      )
    }

    /// Of two samples. The last pass makes the mass of the rows right, so that the mean of both potentials errs by the
    /// square of their change.
    ///
    /// - Parameter start: potentials of the columns that are tried beside those that falling ε leads to: those of y
    ///   with itself, which are right where x is nearly y, and found late by passes in turn.
    func potentials(
      _ there: Costs, _ back: Costs, from cost: Double, or start: [Double]
    ) throws -> ([Double], [Double]) {
      var g = [Double](repeating: 0, count: there.y.shape[0])
      for level in levels(from: cost) {
        g = try back.softMinimum(there.softMinimum(g, level), level)
      }
      var f = try there.softMinimum(g, epsilon)
      let other = try there.softMinimum(start, epsilon)
      func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
      if mean(other) + mean(start) > mean(f) + mean(g) { (f, g) = (other, start) }
      for _ in 0..<most {
        let next = try back.softMinimum(f, epsilon)
        let isAtRest = change(g, next) <= rest(tolerance, there, f)
        g = next
        f = try there.softMinimum(g, epsilon)
        if isAtRest { return (f, g) }
      }
      throw refusal
    }

    /// Of a sample with itself, before and after a last pass. For p ≤ 2 each pass halves the error at least, and a
    /// finer tolerance costs little.
    func potential(
      _ costs: Costs, from cost: Double
    ) throws -> (before: [Double], after: [Double]) {
      var f = [Double](repeating: 0, count: costs.x.shape[0])
      for level in levels(from: cost) {
        f = zip(f, try costs.softMinimum(f, level)).map { ($0 + $1) / 2 }
      }
      let finer = costs.p <= 2 ? min(tolerance, 1e-6) : tolerance
      for _ in 0..<most {
        let next = try costs.softMinimum(f, epsilon)
        if change(f, next) <= rest(finer, costs, f) { return (f, next) }
        f = zip(f, next).map { ($0 + $1) / 2 }
      }
      throw refusal
    }
  }
}
