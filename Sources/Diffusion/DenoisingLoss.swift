import Autodiff
import Models
import Processes
import Tensors

// Denoising score matching: (1/n) Σ wᵢ ‖std(tᵢ) s(x_tᵢ, tᵢ) + zᵢ‖², with w = λ(t)/std(t)².
//
// Vincent 2011; Song et al. 2021, Eq. 7. With λ = std² its least value is E‖std s* + z‖² for the exact
// score s*.

/// The loss of a model: hand-fused where there is such a form, otherwise by autodiff.
public func denoisingObjective(_ network: any Network, _ process: any DiffusionProcess) throws
  -> any Objective
{
  if let mlp = network as? ScoreMLP { return try FusedScoreMLPObjective(mlp) }
  return AutodiffObjective(network, process)
}

extension AutodiffObjective {
  /// Denoising score matching of any network.
  public convenience init(_ network: any Network, _ process: any DiffusionProcess) {
    self.init(network, callsLua: network.callsLua, compiled: network.compiledScore) {
      batch, parameters in
      try denoisingLoss(batch) {
        try network.score($0, $1, process: process, parameters: parameters)
      }
    }
  }
}

/// The loss of a score on a batch, in traced operations.
public func denoisingLoss(
  _ batch: NoisedBatch, score: (_ x: Tensor, _ t: Tensor) throws -> Tensor
) throws -> Tensor {
  let s = try score(batch.noised, batch.times)
  let residual = try expandedAxis(batch.std, at: 1) * s + batch.noise
  return try sum(batch.weights * sum(square(residual), axis: 1)) / Double(batch.count)
}
