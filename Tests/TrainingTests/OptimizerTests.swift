import Glibc
import Optimizers
import Tensors
import Testing

@Suite("Optimizers") struct OptimizerTests {
  /// Runs a rule on f(θ) = ½ Σ a θ² and the same formulas in doubles beside it.
  func run(
    _ optimizer: Optimizer, steps: Int,
    reference: (_ theta: inout Double, _ g: Double, _ memory: inout [Double], _ step: Int) -> Void
  ) throws -> Double {
    let a = (0..<37).map { 0.1 + 0.05 * Double($0) }
    let theta = try Tensor(a.indices.map { Float(1 - 0.07 * Double($0)) })
    var expected = try theta.doubles()
    var memory = a.map { _ in [0.0, 0.0] }
    let state = try optimizer.rule.makeState(count: a.count)
    for step in 1...steps {
      let values = try theta.doubles()
      let gradient = try Tensor(zip(a, values).map { Float($0 * $1) })
      state.update(
        theta.pointer(Float.self), gradient: gradient.pointer(Float.self), rate: 0.1, step: step)
      for i in a.indices {
        reference(&expected[i], a[i] * expected[i], &memory[i], step)
      }
    }
    return try zip(theta.doubles(), expected).map { abs($0 - $1) }.max() ?? 0
  }

  @Test("sgd with and without momentum follows its formula")
  func sgd() throws {
    for momentum in [0.0, 0.9] {
      let error = try run(try OptimModule.sgd(rate: 0.1, momentum: momentum), steps: 50) {
        theta, g, memory, _ in
        memory[0] = momentum * memory[0] + g
        theta -= 0.1 * memory[0]
      }
      #expect(error < 2e-6)
    }
  }

  @Test("adam with decoupled decay follows Algorithm 1, and is not sgd")
  func adam() throws {
    let rule = OptimModule.adam(rate: 0.1, weightDecay: 0.01)
    let error = try run(rule, steps: 50) { theta, g, memory, step in
      memory[0] = 0.9 * memory[0] + 0.1 * g
      memory[1] = 0.999 * memory[1] + 0.001 * g * g
      let m = memory[0] / (1 - pow(0.9, Double(step)))
      let v = memory[1] / (1 - pow(0.999, Double(step)))
      theta -= 0.1 * 0.01 * theta
      theta -= 0.1 * m / (v.squareRoot() + 1e-8)
    }
    #expect(error < 2e-5)
    let posing = try run(try OptimModule.sgd(rate: 0.1), steps: 5) { theta, g, memory, step in
      theta -= 0.1 * g / (abs(g) + 1e-8)
    }
    #expect(posing > 1e-2, "the check tells sgd from adam")
  }

  @Test("the first step of adam is as long as the rate, to the last digit or two")
  func firstStep() throws {
    let theta = try Tensor([Float(1)])
    let gradient = try Tensor([Float(-1)])
    let state = try OptimModule.adam(rate: 0.1).rule.makeState(count: 1)
    state.update(
      theta.pointer(Float.self), gradient: gradient.pointer(Float.self), rate: 0.1, step: 1)
    #expect(try abs(theta.doubles()[0] - 1.1) < 2e-7)
  }
}
