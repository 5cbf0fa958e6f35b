import Catalog
import Tensors

/// The samples of the last run, whole, or as they were when an error or Ctrl-C ended it: after the last
/// step that all of them made, or, where samples step apart, each after its own last step.
package struct LastSamples {
  /// Rows of the state, block after block. They are joined when they are asked for, since a request to
  /// stop may still wait when a run ends.
  let blocks: [Tensor]
  let dtype: DType
  /// Steps made.
  package let step: Int
  /// None of a sampler without times.
  package let times: [Double]
  /// The time of each sample, where they step apart.
  package var rowTimes: [Double]?
  /// nil where the run drew no noise and was given none.
  package let seed: Int?
  package let evaluations: Int
  /// States on the way so far.
  package let recorder: SampleRecorder?
  /// What ended the run; nil where it came to its end.
  package let message: String?

  /// nil before the first run. Only the thread of Lua samples.
  nonisolated(unsafe) package static var last: LastSamples?

  /// Shape [count, d].
  package func points() throws -> Tensor { try Samples.joined(blocks, dtype) }

  package func value() throws -> Value {
    var pairs: [(key: String, value: Value)] = [
      ("points", .object(try points())), ("seed", seed.map { .integer($0) } ?? .none),
      ("step", .integer(step)),
      ("evaluations", .integer(evaluations)), ("message", message.map { .string($0) } ?? .none),
    ]
    if !times.isEmpty {
      pairs += [
        ("time", try rowTimes.map { .object(try Tensor($0)) } ?? .number(times[step])),
        ("times", .object(try Tensor(times))),
      ]
    }
    if let recorder { pairs += try recorder.fields() }
    return .named(pairs)
  }
}
