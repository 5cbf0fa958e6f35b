import Tensors

/// An objective that changes the batch before its step.
final class PreparedObjective: Objective {
  private let base: any Objective
  private let preparationCallsLua: Bool
  private let prepare: (NoisedBatch) throws -> Void

  init(
    _ base: any Objective, callsLua: Bool = false,
    _ prepare: @escaping (NoisedBatch) throws -> Void
  ) {
    (self.base, preparationCallsLua, self.prepare) = (base, callsLua, prepare)
  }

  func callsLua(count: Int) -> Bool { preparationCallsLua || base.callsLua(count: count) }

  func lossAndGradient(
    _ batch: NoisedBatch, into gradient: UnsafeMutablePointer<Float>
  ) throws -> Double {
    try prepare(batch)
    return try base.lossAndGradient(batch, into: gradient)
  }

  var buffers: [Tensor] { base.buffers }
}
