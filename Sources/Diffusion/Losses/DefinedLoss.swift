import Autodiff
import Catalog
import Models
import Processes
import Tensors

// A loss of the user's own: a function in Lua of the score and the batch. Denoising score matching, the
// loss that stands here where there is none, would be
//
//   function(score, batch)
//     local residual = batch.sigma:unsqueeze(2) * score(batch.noised, batch.t) + batch.noise
//     return (batch.weight * (residual^2):sum(2)):mean()
//   end

extension AutodiffObjective {
  package convenience init(_ score: NetworkScore, _ sde: SDE, loss: Callback) {
    let compiled = loss.object as? CompiledFunction
    self.init(score.network, compiled.map { .plan(check: $0.check, callsLua: true) } ?? .eager) {
      batch, parameters, writes in
      let score = ScoreModel(
        score.bound(to: parameters, labels: batch.labels, writes: writes), sde)
      let value = try loss.call(score, batch.table(), returning: Tensor.self, name: "loss")
      guard value.elementCount == 1, value.dtype.isFloatingPoint else {
        throw UserError(
          "loss must return a tensor with one number, got shape \(value.shape) \(value.dtype.rawValue)"
        )
      }
      guard value.isRecorded else {
        throw UserError(
          "loss must depend on score(x, t) by tensor operations, so that it has a gradient")
      }
      return value
    }
  }
}

extension NoisedBatch {
  /// The batch as Lua gets it, in tensors of its own that stay as they are.
  func table() throws -> Value {
    let parts =
      [
        ("alpha", alpha), ("clean", clean), ("noise", noise), ("noised", noised), ("sigma", sigma),
        ("t", times), ("weight", weights),
      ] + (labels.map { [("labels", $0)] } ?? [])
    return .record(
      name: "batch", try parts.map { (Value.Key($0.0), .object(try $0.1.copied())) })
  }
}
