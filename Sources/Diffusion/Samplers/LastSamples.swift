import Catalog
import Models
import Processes
import Synchronization
import Tensors

/// The samples of the last call, also of one that ended in an error, NaN or Ctrl-C: `sample.last`.
enum LastSamples {
  private struct Kept: @unchecked Sendable {
    let points: Tensor
    let times: [Double]
    let step: Int
    let seed: Int
  }

  private static let kept: Mutex<Kept?> = Mutex(nil)

  static func keep(_ points: Tensor, times: [Double], step: Int, seed: Int) {
    kept.withLock { $0 = Kept(points: points, times: times, step: step, seed: seed) }
  }

  static var value: Value {
    get throws {
      guard let last = kept.withLock({ $0 }) else { return .none }
      return .named([
        ("points", .object(last.points)), ("seed", .integer(last.seed)),
        ("step", .integer(last.step)), ("times", .object(try Tensor(last.times))),
      ])
    }
  }
}

/// A score that counts its evaluations.
final class CountedFunction: ScoreFunction {
  private let function: any ScoreFunction
  private(set) var count = 0

  init(_ function: any ScoreFunction) { self.function = function }

  var name: String { function.name }
  var summary: String { function.summary }
  var dimension: Int { function.dimension }
  var functions: [Callback] { function.functions }
  var predicts: Parametrization { function.predicts }

  func score(_ x: Tensor, _ t: Tensor, process: any DiffusionProcess) throws -> Tensor {
    count += 1
    return try function.score(x, t, process: process)
  }

  func prediction(_ x: Tensor, _ t: Tensor, process: any DiffusionProcess) throws -> Tensor {
    count += 1
    return try function.prediction(x, t, process: process)
  }

  func posteriorMean(_ x: Tensor, _ t: Tensor, process: any DiffusionProcess) throws -> Tensor? {
    let mean = try function.posteriorMean(x, t, process: process)
    if mean != nil { count += 1 }
    return mean
  }
}
