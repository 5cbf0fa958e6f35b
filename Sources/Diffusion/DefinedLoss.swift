import Autodiff
import Catalog
import Models
import Processes
import Tensors

/// A loss of the user's own: a function in Lua of the score and the batch, with its gradient in the
/// parameters by reverse mode.
///
/// Denoising score matching, the loss that stands here where there is none, would be
/// ```lua
/// function(score, batch)
///   local residual = batch.std:unsqueeze(2) * score(batch.noised, batch.t) + batch.noise
///   return (batch.weight * (residual^2):sum(2)):mean()
/// end
/// ```
public final class DefinedLoss: Objective {
  private let network: any Network
  private let sde: SDE
  private let function: Callback

  public init(_ network: any Network, _ sde: SDE, _ function: Callback) {
    self.network = network
    self.sde = sde
    self.function = function
  }

  public var callsLua: Bool { true }

  public func lossAndGradient(
    _ batch: NoisedBatch, into gradient: UnsafeMutablePointer<Float>
  ) throws -> Double {
    try parameterGradient(network, into: gradient) { parameters in
      let score = ScoreModel(BoundNetwork(network, at: parameters), sde)
      let loss = try function.call(score, batch.table(), returning: Tensor.self, name: "loss")
      guard loss.elementCount == 1, loss.dtype.isFloatingPoint else {
        throw UserError(
          "loss must return a tensor with one number, got shape \(loss.shape) \(loss.dtype.rawValue)"
        )
      }
      guard loss.isRecorded else {
        throw UserError(
          "loss must depend on score(x, t) by tensor operations, so that it has a gradient")
      }
      return loss
    }
  }
}

extension NoisedBatch {
  /// The batch as Lua gets it, in tensors of its own that stay as they are.
  func table() throws -> Value {
    let parts = [
      ("clean", clean), ("mean", mean), ("noise", noise), ("noised", noised), ("std", std),
      ("t", times), ("weight", weights),
    ]
    return .map(try parts.map { ($0.0, .object(try $0.1.copied())) })
  }
}
