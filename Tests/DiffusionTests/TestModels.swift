import Diffusion
import Models
import Processes
import Tensors
import Testing

/// A score given by a closure, for what no real model does.
final class OddScore: DirectScore {
  let shape: Shape = [1]
  let body: (Tensor, Double) throws -> Tensor
  var name: String { "odd" }
  var summary: String { "" }

  init(_ body: @escaping (Tensor, Double) throws -> Tensor) { self.body = body }

  func score(_ x: Tensor, _ t: Tensor, process: any DiffusionProcess) throws -> Tensor {
    try body(x, t.doubles()[0])
  }
}

func gaussianModel(
  _ process: any DiffusionProcess, dimension: Int = 1, variance: Double = 1
) -> ScoreModel {
  ScoreModel(GaussianScore(dimension: dimension, variance: variance), SDE(process))
}

extension SampleRecorder {
  func states() throws -> Tensor { try #require(try values(of: .x)) }
}
