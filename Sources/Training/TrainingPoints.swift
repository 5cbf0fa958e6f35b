import Catalog
import Files
import KernelsBase
import Models
import Tensors

/// Points as a call of `train` gives them: a tensor, or a source that reads or makes them as they are drawn.
package enum TrainingPoints: Argument {
  case tensor(Tensor)
  case source(DataSource)

  package static var expectation: String { "a tensor or a data_source" }
  package static var luaType: String { "tensor|data_source" }

  package static func read(_ frame: Frame, _ index: Int32) throws -> TrainingPoints {
    switch try OneOf<Tensor, DataSource>.read(frame, index) {
    case .first(let tensor): .tensor(tensor)
    case .second(let source): .source(source)
    }
  }

  /// The points, of the model's shape. Those of a tensor are finite; those of a source are looked at as they are
  /// drawn.
  func checked(for model: ScoreModel) throws -> any PointSource {
    switch self {
    case .tensor(let data): return TensorPoints(try Train.checkedData(data, model))
    case .source(let source):
      guard Array(source.points.shape) == Array(model.shape) else {
        throw UserError(
          "data has points of shape \(source.points.shape), expected \(model.shape)")
      }
      return source.points
    }
  }
}

extension PointSource {
  /// Writes each of some points so many times.
  ///
  /// - Parameters: `count`, rows in all; `drawn`, how many points were drawn before the first.
  func fill(
    _ out: UnsafeMutablePointer<Float>, _ places: UnsafePointer<Int32>, count: Int, times: Int,
    drawn: Int
  ) throws {
    let (own, d) = (count / times, shape.elementCount)
    try read(UnsafeBufferPointer(start: places, count: own), example: drawn, into: out)
    guard kernels.isFinite(out, own * d) else {
      let bad = (0..<own * d).first { !out[$0].isFinite } ?? 0
      throw UserError(
        "data must be finite, got \(formatNumber(Double(out[bad]))) in row \(places[bad / d] + 1)")
    }
    if times == 1 { return }
    // From the last on, so that no point is overwritten before it is copied.
    for i in stride(from: count - 1, to: 0, by: -1) where i != i / times {
      (out + i * d).update(from: out + i / times * d, count: d)
    }
  }
}
