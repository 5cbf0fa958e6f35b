import Autodiff
import Models
import Processes
import Tensors

/// The exact score of noised N(0, s² I) data: −x / (r(t)² s² + std(t)²). All of a sampler's law is
/// then known in closed form.
final class GaussianScore: ScoreFunction {
  let dimension: Int
  /// s².
  let variance: Double

  init(dimension: Int = 1, variance: Double = 1) {
    self.dimension = dimension
    self.variance = variance
  }

  var name: String { "gaussian" }
  var summary: String { "variance \(variance)" }

  static func marginal(_ process: any DiffusionProcess, _ t: Double, variance: Double) -> Double {
    let (r, std) = (process.alpha(at: t), process.sigma(at: t))
    return r * r * variance + std * std
  }

  func score(_ x: Tensor, _ t: Tensor, process: any DiffusionProcess) throws -> Tensor {
    let marginals = try t.doubles().map {
      GaussianScore.marginal(process, $0, variance: variance)
    }
    let column = try Tensor(marginals, shape: [marginals.count, 1]).converted(to: x.dtype)
    return try -(x / column)
  }
}

/// A score given by a closure, for what no real model does.
final class OddScore: ScoreFunction {
  let dimension = 1
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
