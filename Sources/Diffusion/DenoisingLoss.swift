import Autodiff
import Models
import Processes
import Tensors

// Denoising score matching: (1/n) Σ wᵢ ‖std(tᵢ) s(x_tᵢ, tᵢ) + zᵢ‖², with w = λ(t)/std(t)².
//
// Vincent 2011; Song et al. 2021, Eq. 7. With λ = std² its least value is E‖std s* + z‖² for the exact
// score s*.

/// The loss of a model: the network's own step where it offers one, otherwise by autodiff.
package func denoisingObjective(_ network: any Network, _ process: any DiffusionProcess) throws
  -> any Objective
{
  if let step = try network.fusedDenoising() { return FusedObjective(step) }
  return AutodiffObjective(network, process)
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
  package convenience init(_ network: any Network, _ process: any DiffusionProcess) {
    let mode: Mode =
      network.compiledScore.map { .plan(check: $0.check, callsLua: true) }
      ?? (network.callsLua ? .eager : .plan(check: nil, callsLua: false))
    self.init(network, mode) {
      batch, parameters in
      try denoisingLoss(batch) {
        try network.score($0, $1, process: process, parameters: parameters)
      }
    }
  }
}

/// The loss of a score on a batch, in traced operations.
package func denoisingLoss(
  _ batch: NoisedBatch, score: (_ x: Tensor, _ t: Tensor) throws -> Tensor
) throws -> Tensor {
  let s = try score(batch.noised, batch.times)
  let residual = try expandedAxis(batch.std, at: 1) * s + batch.noise
  return try sum(batch.weights * sum(square(residual), axis: 1)) / Double(batch.count)
}
