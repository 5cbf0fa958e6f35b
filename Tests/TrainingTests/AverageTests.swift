// Running averages of parameters against the sums that they stand for.

import Glibc
import Optimizers
import Tensors
import Testing

@Suite struct AverageTests {
  private static let updates = 400
  /// A parameter after each update, and before the first.
  private static let path = (0...updates).map { sin(0.05 * Double($0)) + 0.01 * Double($0) }

  private func average(_ rule: any AverageRule, examples: Int = 32) throws -> Double {
    let held = try Tensor([Float(Self.path[0])])
    let average = ParameterAverage(
      rule, examples: examples,
      in: UnsafeMutableBufferPointer(start: held.pointer(Float.self), count: 1))
    for k in 1...Self.updates {
      var value = Float(Self.path[k])
      average.add(&value, updates: k)
    }
    return try held.item()
  }

  /// Weights of θ_0 … θ_n from the decays one by one.
  private func weights(_ decay: (Int) -> Double) -> [Double] {
    var weights = [1.0]
    for k in 1...Self.updates {
      let beta = decay(k)
      weights = weights.map { $0 * beta } + [1 - beta]
    }
    return weights
  }

  /// The mean over θ_1 … θ_n, or over θ_0 too.
  private func mean(_ weights: [Double], withInitial: Bool) -> Double {
    let first = withInitial ? 0 : 1
    let sum = weights[first...].reduce(0, +)
    return zip(weights, Self.path).dropFirst(first).reduce(0) { $0 + $1.0 * $1.1 } / sum
  }

  @Test(
    "an exponential average has the weights of its decay or half-life, with and without the start")
  func exponential() throws {
    let cases: [(EMA.Options, (Int) -> Double)] = [
      (.init { $0.decay = 0.97 }, { _ in 0.97 }),
      (.init { $0.halfLife = 25 }, { _ in pow(0.5, 1 / 25.0) }),
      (.init { $0.halfLifeExamples = 800 }, { _ in pow(0.5, 32 / 800.0) }),
      (.init { ($0.halfLife, $0.warmUp) = (25, 0.2) }, { pow(0.5, 1 / min(25, 0.2 * Double($0))) }),
      (.init { ($0.halfLife, $0.warmUp) = (9, 40) }, { _ in pow(0.5, 1 / 9.0) }),
    ]
    for (given, decay) in cases {
      let all = weights(decay)
      for initial in [false, true] {
        var options = given
        options.initial = initial
        let rule = try EMA(options)
        #expect(
          abs(try average(rule) - mean(all, withInitial: initial)) < 2e-6, "\(options.literal)")
        #expect(
          abs(rule.product(through: Self.updates, examples: 32) - all[0]) < 1e-12 * (1 + all[0]))
      }
      let wrong = mean(weights { decay($0) * 0.99 }, withInitial: false)
      #expect(abs(try average(EMA(given)) - wrong) > 1e-4, "a planted mistake passed")
    }
  }

  @Test("what is left of the initial parameters is the product of the decays")
  func initialShare() throws {
    var number = Float(0)
    try withUnsafeMutablePointer(to: &number) { place in
      let one = UnsafeMutableBufferPointer(start: place, count: 1)
      let kept = ParameterAverage(
        try EMA(.init { ($0.decay, $0.initial) = (0.9999, true) }), examples: 1, in: one)
      #expect(abs(kept.initialShare(after: 20_000) - 0.1353) < 1e-4)
      #expect(kept.initialShare(after: 0) == 1)
      let corrected = ParameterAverage(try EMA(.init { $0.decay = 0.9999 }), examples: 1, in: one)
      #expect(corrected.initialShare(after: 1) == 0)
    }
  }

  @Test("a power average has weights in proportion to a power of the update")
  func power() throws {
    for std in [0.05, 0.1, 0.25] {
      let gamma = PowerEMA.exponent(ofStd: std)
      #expect(abs(((gamma + 1) / (gamma + 3)).squareRoot() / (gamma + 2) - std) < 1e-12)
      // The integral of τ^γ over each update.
      let weights = (0...Self.updates).map { k in
        k == 0 ? 0 : pow(Double(k), gamma + 1) - pow(Double(k - 1), gamma + 1)
      }
      let got = try average(PowerEMA(.init { $0.std = std }))
      #expect(abs(got - mean(weights, withInitial: false)) < 2e-6)
    }
    // Published: γ = 16.97 and 6.94 for σ_rel = 0.05 and 0.10.
    #expect(abs(PowerEMA.exponent(ofStd: 0.05) - 16.97) < 0.01)
    #expect(abs(PowerEMA.exponent(ofStd: 0.1) - 6.94) < 0.01)
  }

  /// The average over all updates with the weights of a width, in doubles.
  private func exact(std: Double, through end: Int) -> Double {
    let g = PowerEMA.exponent(ofStd: std) + 1
    return (1...end).reduce(0) {
      $0 + (pow(Double($1), g) - pow(Double($1 - 1), g)) / pow(Double(end), g) * Self.path[$1]
    }
  }

  @Test("averages of other widths come from snapshots of two")
  func posthoc() throws {
    let times = Array(stride(from: 20, through: Self.updates, by: 20))
    let stds = [0.05, 0.1]
    let profiles = times.flatMap { time in
      stds.map { PosthocEMA.Profile(std: $0, updates: time) }
    }
    let kept = times.flatMap { time in stds.map { exact(std: $0, through: time) } }
    for std in [0.05, 0.07, 0.1, 0.15, 0.2] {
      let wanted = PosthocEMA.Profile(std: std, updates: Self.updates)
      let (factors, missed) = try PosthocEMA.coefficients(of: profiles, for: wanted)
      let got = zip(factors, kept).reduce(0) { $0 + $1.0 * $1.1 }
      let right = exact(std: std, through: Self.updates)
      #expect(missed < 0.02)
      #expect(abs(got - right) < 0.005, "\(std): \(got) \(right)")
      #expect(abs(factors.reduce(0, +) - 1) < 0.01)
    }
    // One width that is there is itself, and one far narrower is not to be had.
    let same = try PosthocEMA.coefficients(
      of: profiles, for: PosthocEMA.Profile(std: 0.1, updates: Self.updates))
    #expect(same.missed < 1e-5)
    let narrow = try PosthocEMA.coefficients(
      of: profiles, for: PosthocEMA.Profile(std: 0.004, updates: Self.updates))
    #expect(narrow.missed > 0.3)
  }
}
