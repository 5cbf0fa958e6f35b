import Autodiff
import Catalog
import Models
import Tensors

/// Where a training run stands when a probe is called. The Lua type `state`.
package final class ProbeState: Object {
  package static var typeName: String { "state" }

  let model: ScoreModel
  let step: Int
  let epoch: Double
  /// Mean since the last row of the log; NaN before the first update.
  let loss: Double
  let index: Int
  let seed: Int

  init(_ run: TrainingRun, epoch: Double, loss: Double) {
    model = run.model
    step = run.step
    self.epoch = epoch
    self.loss = loss
    index = run.index
    seed = run.seed
  }

  package func describe() -> String {
    "state(step \(step), epoch \(shortNumber(epoch)), loss \(shortNumber(loss)))"
  }

  static let entries: [Entry] = [
    .property(ProbeState.self, "model", "The model as it is now.") { $0.model },
    .property(ProbeState.self, "step", "Updates made.") { $0.step },
    .property(ProbeState.self, "epoch", "Passes over the data made.") { $0.epoch },
    .property(ProbeState.self, "loss", "Mean loss since the last row of the log.") { $0.loss },
    .property(ProbeState.self, "index", "Place of the model in the list of models.") { $0.index },
    .property(ProbeState.self, "seed", "Seed of the run.") { $0.seed },
  ]
}

extension Callback {
  /// Calls a probe: a number, also in a 0-d tensor or a measurement, or another value for the log.
  ///
  /// - Throws: where it returns nothing, which would leave a hole in the log.
  func probe(_ state: ProbeState, name: String) throws -> Value {
    let value = try call(state, returning: Value.self, name: "probe \(name)")
    switch value {
    case .none:
      throw UserError("probe \(name) must return a value, got nil; is a 'return' missing?")
    case .object(let object as any NumberObject): return .number(object.number)
    case .object(let object):
      guard let tensor = object as? Tensor, tensor.rank == 0 else { return value }
      switch tensor.dtype {
      case .bool: return .boolean(try tensor.value.item() != 0)
      case .int64: return .integer(try tensor.value.integers()[0])
      default: return .number(try tensor.value.item())
      }
    default: return value
    }
  }
}
