// The score at one time, by the kernel, against the same network in traced operations.

import Autodiff
import Catalog
import Models
import Processes
import Tensors
import Testing

private func largest(_ x: Tensor) throws -> Double {
  try x.doubles().reduce(0) { Swift.max($0, Swift.abs($1)) }
}

@Suite struct ScoreMLPEvaluationTests {
  @Test(
    "the kernel gives the score of the operations; a row is the same among few and many",
    arguments: [1, 2, 8], [3, 16, 100])
  func kernel(_ dimension: Int, _ width: Int) throws {
    for activation in ["silu", "relu"] {
      var options = ScoreMLP.Options()
      options.point.dimension = try Count(dimension)
      options.width = try Count(width)
      options.activation = activation
      let process = VP()
      let network = try #require(
        ScoreMLP.model(options, sde: SDE(process), seed: 1).networkScore)
      let x = try RandomStream(seed: 2).normal([3000, dimension])
      let t = try Tensor.full([3000], 0.3)
      let found = try #require(try network.score(x, at: 0.3, process: process))
      let expected = try network.score(x, t, process: process)
      #expect(try largest(found - expected) < 3e-6 * largest(expected))
      let few = try #require(
        try network.score(x.slice(axis: 0, 517..<530), at: 0.3, process: process))
      #expect(try few.floats() == found.slice(axis: 0, 517..<530).floats())
    }
  }

  @Test("a gradient in x passes through, by the operations")
  func gradient() throws {
    let model = try ScoreMLP.model(ScoreMLP.Options(), sde: SDE(VP()), seed: 1)
    let x = try RandomStream(seed: 2).normal([4, 1])
    let slope = try vjp([x], cotangent: .full([4, 1], 1)) { try model.score($0[0], at: 0.3) }
      .cotangents[0]
    let h = 1e-2
    let difference = try (model.score(x + h, at: 0.3) - model.score(x - h, at: 0.3)) / (2 * h)
    #expect(try largest(slope - difference) < 1e-2 * largest(difference))
  }
}
