import Autodiff
import Models
import Processes
import Tensors

// Denoising score matching: (1/n) Σ wᵢ ‖σ(tᵢ) s(x_tᵢ, tᵢ) + zᵢ‖², with w = λ(t)/σ(t)².
//
// Vincent 2011; Song et al. 2021, Eq. 7. With λ = σ² its least value is E‖σ s* + z‖² for the exact score s*.

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
  /// Denoising score matching of any network. A network in Swift is recorded as one in `grad.compile` is.
  package convenience init(_ score: NetworkScore, _ process: any DiffusionProcess) {
    let network = score.network
    let mode: Mode =
      network.compiledFunction.map { .plan(check: $0.check, callsLua: true) }
      ?? (network.callsLua ? .eager : .plan(check: nil, callsLua: false))
    self.init(network, mode) { batch, parameters, writes in
      let bound = score.bound(to: parameters, labels: batch.labels, writes: writes)
      return try denoisingLoss(batch, bound, process)
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
  let residual = try flattenedPoints(estimate + batch.noise)
  return try sum(batch.weights * sum(square(residual), axis: 1)) / Double(batch.count)
}
