import Autodiff
import Catalog
import Models
import Processes
import Tensors

/// Denoising score matching: (1/n) Σ wᵢ ‖std(tᵢ) s(x_tᵢ, tᵢ) + zᵢ‖², with w = λ(t)/std(t)².
///
/// Vincent 2011; Song et al. 2021, Eq. 7. With λ = std² its least value is E‖std s* + z‖² for the exact
/// score s*. An objective is what training asks for a loss and its gradient; a model with a faster way
/// than the tape brings its own.
public protocol Objective: AnyObject {
  /// Whether it calls Lua, and so runs only on the thread that does.
  var callsLua: Bool { get }
  /// Writes the gradient in the trained parameters, and returns the loss.
  func lossAndGradient(_ batch: NoisedBatch, into gradient: UnsafeMutablePointer<Float>) throws
    -> Double
}

extension Objective {
  public var callsLua: Bool { false }
}

/// The loss of a model: hand-fused where there is such a form, otherwise by autodiff.
public func denoisingObjective(_ network: any Network, _ process: any DiffusionProcess) throws
  -> any Objective
{
  if let mlp = network as? ScoreMLP { return try FusedScoreMLPObjective(mlp) }
  return AutodiffObjective(network, process)
}

/// The loss of any network through the tape.
public final class AutodiffObjective: Objective {
  let network: any Network
  let process: any DiffusionProcess

  public init(_ network: any Network, _ process: any DiffusionProcess) {
    self.network = network
    self.process = process
  }

  public var callsLua: Bool { network.callsLua }

  public func lossAndGradient(
    _ batch: NoisedBatch, into gradient: UnsafeMutablePointer<Float>
  ) throws -> Double {
    try parameterGradient(network, into: gradient) { parameters in
      try denoisingLoss(batch) {
        try network.score($0, $1, process: process, parameters: parameters)
      }
    }
  }
}

/// The value of a loss and, by reverse mode, its gradient in the trained parameters. The loss is given all
/// parameters, the trained ones as variables.
func parameterGradient(
  _ network: any Network, into gradient: UnsafeMutablePointer<Float>,
  of loss: ([Tensor]) throws -> Tensor
) throws -> Double {
  let parameters = network.parameters
  let trained = parameters.items.indices.filter { parameters.items[$0].isTrained }
  let (value, flows) = try vjp(trained.map { parameters.views[$0] }) { variables in
    var all = parameters.views
    for (place, variable) in zip(trained, variables) { all[place] = variable }
    return try loss(all)
  }
  for (place, flow) in zip(trained, flows) {
    let item = parameters.items[place]
    let dense = try flow.converted(to: .float32).densified()
    (gradient + item.range.lowerBound - parameters.trained.lowerBound)
      .update(from: dense.pointer(Float.self), count: item.range.count)
  }
  return try value.item()
}

/// The loss of a score on a batch, in traced operations.
public func denoisingLoss(
  _ batch: NoisedBatch, score: (_ x: Tensor, _ t: Tensor) throws -> Tensor
) throws -> Tensor {
  let s = try score(batch.noised, batch.times)
  let residual = try expandedAxis(batch.std, at: 1) * s + batch.noise
  return try sum(batch.weights * sum(square(residual), axis: 1)) / Double(batch.count)
}
