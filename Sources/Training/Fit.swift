import Catalog
import Models
import Tensors

/// What a training run leaves: the model, its log, and how it went. The Lua type `fit`.
public final class Fit: FunctionHolder {
  public static var typeName: String { "fit" }

  /// The point at which numbers stopped being finite.
  public struct Divergence {
    public let step: Int
    public let quantity: String
  }

  public let model: ScoreModel
  public let seed: Int
  /// Examples an update, and as many as were asked for; fewer where the data hold fewer.
  public let batch: Int
  private let wantedBatch: Int
  /// The model with averaged parameters, where `ema` was asked for.
  public internal(set) var emaModel: ScoreModel?
  public internal(set) var steps = 0
  public internal(set) var seconds = 0.0
  public internal(set) var divergence: Divergence?
  /// Columns of the log: `step`, `epoch`, `loss` and one for each probe.
  public internal(set) var log: [(name: String, values: [Value])]

  init(model: ScoreModel, seed: Int, batch: Int, wanted: Int, probes: [String]) {
    (self.model, self.seed) = (model, seed)
    (self.batch, wantedBatch) = (batch, wanted)
    log = (["step", "epoch", "loss"] + probes).map { ($0, []) }
  }

  public var functions: [Callback] { model.functions }

  public func describe() -> String {
    let end =
      divergence.map { ", \($0.quantity) not finite at step \($0.step)" }
      ?? lastLoss.map { ", loss \(shortNumber($0))" } ?? ""
    let few = batch < wantedBatch ? "batches of all \(batch) points, not \(wantedBatch), " : ""
    return "fit(\(model.function.name), \(few)\(steps) steps, \(shortNumber(seconds)) s\(end))"
  }

  private var lastLoss: Double? { log[2].values.last?.asNumber }

  func append(_ row: [Value]) {
    for (column, value) in row.enumerated() { log[column].values.append(value) }
  }

  /// Columns of numbers as float64 tensors, others as lists.
  var logTable: Value {
    .named(
      log.map { name, values in
        let numbers = values.compactMap(\.asNumber)
        if numbers.count == values.count, let column = try? Tensor(numbers) {
          return (name, .object(column))
        }
        return (name, .list(values))
      })
  }
}
