import Autodiff
import Models
import Processes
import Tensors

// Denoising score matching as an objective: (1/n) Σ wᵢ ‖σ(tᵢ) s(x_tᵢ, tᵢ) + zᵢ‖², with w = λ(t)/σ(t)².

/// The loss of a model: the network's own step where it offers one, otherwise by autodiff.
package func denoisingObjective(_ score: NetworkScore, _ process: any DiffusionProcess) throws
  -> any Objective
{
  if score.parametrization.isScore, let step = try score.network.fusedDenoising() {
    return FusedObjective(step)
  }
  return AutodiffObjective(score, process)
}

/// A network's own step as an objective.
private final class FusedObjective: Objective {
  private let step: any FusedDenoising

  init(_ step: any FusedDenoising) { self.step = step }

  func lossAndGradient(
    _ batch: NoisedBatch, into gradient: UnsafeMutablePointer<Float>
  ) throws -> Double {
    let inputs = DenoisingInputs(
      noised: batch.noised.pointer(Float.self), noise: batch.noise.pointer(Float.self),
      times: batch.times.pointer(Float.self), weights: batch.weights.pointer(Float.self),
      count: batch.count)
    return try step.lossAndGradient(inputs, into: gradient)
  }
}

extension AutodiffObjective {
  /// Denoising score matching of any network.
  package convenience init(_ score: NetworkScore, _ process: any DiffusionProcess) {
    self.init(score) { batch, score in try denoisingLoss(batch, score, process) }
  }

  /// A loss in traced operations, of a batch and the score at the parameters being trained.
  convenience init(
    _ setting: LossSetting, of loss: @escaping (NoisedBatch, any ScoreFunction) throws -> Tensor
  ) {
    self.init(setting.score, of: loss)
  }

  /// A network in Swift is recorded as one in `grad.compile` is.
  private convenience init(
    _ score: NetworkScore, of loss: @escaping (NoisedBatch, any ScoreFunction) throws -> Tensor
  ) {
    let network = score.network
    let mode: Mode =
      network.compiledFunction.map { .plan(check: $0.check, callsLua: true) }
      ?? (network.replays ? .plan(check: nil, callsLua: network.callsLua) : .eager)
    self.init(network, mode) { batch, parameters, writes in
      try loss(batch, score.bound(to: parameters, labels: batch.labels, writes: writes))
    }
  }
}

/// The loss of a score on a batch, in traced operations.
package func denoisingLoss(
  _ batch: NoisedBatch, _ score: any ScoreFunction, _ process: any DiffusionProcess
) throws -> Tensor {
  // By the noise, so that no parametrisation goes through another quantity.
  let estimate = try score.scoreTimesSigma(
    batch.noised, batch.times, sigma: batch.sigma, process: process)
  return try meanSquares(of: estimate + batch.noise, batch)
}

/// (1/n) Σ wᵢ ‖rᵢ‖².
func meanSquares(of residual: Tensor, _ batch: NoisedBatch) throws -> Tensor {
  try sum(batch.weights * sum(square(flattenedPoints(residual)), axis: 1)) / Double(batch.count)
}
