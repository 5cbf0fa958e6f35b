import Catalog
import Models
import Runtime
import Tensors

// What a run leaves, whole or not.
extension SamplerDriver {
  func evaluations(_ runs: [SamplingRun]) -> Int {
    runs.reduce(0) { max($0, $1.evaluations) }
  }

  /// Accepted and rejected steps of all rows, where they step apart.
  func rowSteps(_ runs: [SamplingRun]) -> Samples.RowSteps? {
    let counts = runs.compactMap(\.rowSteps)
    guard counts.count == runs.count else { return nil }
    return (counts.flatMap(\.accepted), counts.flatMap(\.rejected))
  }

  /// What an error leaves: the state after the last step that all rows made. Rows that step apart are each
  /// kept where they are, with a time of their own.
  func keep(
    _ states: [Tensor], moved next: [Tensor], _ runs: [SamplingRun], _ recorder: SampleRecorder?,
    step: Int, _ error: any Error
  ) {
    var states = states
    var rowTimes: [Double]?
    if plan == .ends, step < steps {
      var times: [Double] = []
      for (block, run) in runs.enumerated() {
        let isMoved = block < next.count
        let rest = isMoved ? nil : run.unfinished
        if isMoved { states[block] = next[block] }
        if let rest { states[block] = rest.points }
        let all = [Double](
          repeating: self.times[isMoved ? step + 1 : step], count: states[block].shape[0])
        times += rest?.times ?? all
      }
      rowTimes = times
    }
    var last = last(
      states, runs, recorder, step: step,
      message: error is Cancelled ? "interrupted!" : "\(error)")
    last.rowTimes = rowTimes
    leave(last)
  }

  func last(
    _ states: [Tensor], _ runs: [SamplingRun], _ recorder: SampleRecorder?, step: Int,
    message: String?
  ) -> LastSamples {
    LastSamples(
      blocks: states, dtype: start?.dtype ?? .float32, step: step, times: times, seed: seed.value,
      evaluations: evaluations(runs), recorder: recorder, message: message)
  }
}
