import Catalog
import Tensors

/// Keeps chosen quantities at the start, after every k-th step and after the last.
package final class SampleRecorder {
  /// What can be kept.
  package enum Field: String, CaseIterable {
    case x, clean
    case scoreNorm = "score_norm"
  }

  /// One of them over the steps.
  private struct Column {
    let field: Field
    /// All of a grid, made at once so that what does not fit is refused before the first step.
    let all: Tensor?
    var others: [Tensor] = []

    /// What there is so far, shape [k] + that of one step.
    func values(_ count: Int) throws -> Tensor {
      if let all { return all.slice(axis: 0, 0..<count) }
      return try Tensor.concatenated(others.map { $0.expanded(axis: 0) }, axis: 0)
    }
  }

  private let dtype: DType
  private let every: Int
  /// The times of a grid; nil where it is not known how many steps there will be.
  private let times: [Double]?
  private var columns: [Column]
  /// The places of the states kept, in steps from 0.
  package private(set) var steps: [Int] = []

  /// - Parameter shape: of one state, all samples together.
  init(_ shape: Shape, _ dtype: DType, times: [Double]?, every: Int, fields: [Field]) throws {
    (self.dtype, self.times, self.every) = (dtype, times, every)
    columns = try fields.map { field in
      let one: Shape = field == .scoreNorm ? [shape[0]] : shape
      let all = try times.map { times in
        let count = times.indices.count { $0 % every == 0 || $0 == times.count - 1 }
        return try Tensor(uninitialized: Shape(checking: [count] + Array(one)), dtype)
      }
      return Column(field: field, all: all)
    }
  }

  /// Keeps what there is after `step` steps where it is one of those.
  ///
  /// - Parameter value: of a field other than the state, for a block of rows.
  func note(
    _ step: Int, _ blocks: [Tensor], isLast: Bool = false,
    value: (_ field: Field, _ block: Int) throws -> Tensor
  ) throws {
    let isLast = isLast || times.map { step == $0.count - 1 } ?? false
    guard step % every == 0 || isLast, step != steps.last else { return }
    let found = try columns.map { column in
      column.field == .x ? blocks : try blocks.indices.map { try value(column.field, $0) }
    }
    for (place, blocks) in found.enumerated() {
      if let all = columns[place].all {
        try Samples.join(blocks, into: all.select(axis: 0, steps.count))
      } else {
        columns[place].others.append(try Samples.joined(blocks, dtype))
      }
    }
    steps.append(step)
  }

  /// What there is of a field so far, shape [k] + that of one step; nil where it is not kept.
  package func values(of field: Field) throws -> Tensor? {
    try columns.first { $0.field == field }?.values(steps.count)
  }

  /// The fields of a result.
  func fields() throws -> [(key: String, value: Value)] {
    let places: (String, Value) =
      if let times {
        ("recorded_times", .object(try Tensor(steps.map { times[$0] })))
      } else {
        ("recorded_steps", .object(try Tensor(steps.map(Int64.init))))
      }
    return try [places]
      + columns.map { ($0.field.rawValue, .object(try $0.values(steps.count))) }
  }
}
