import Catalog
import Tensors

/// Columns by name: `step`, `epoch`, `loss` and one for each probe.
package struct TrainingLog {
  package private(set) var columns: [(name: String, values: [Value])]

  init(probes: [String]) {
    columns = (["step", "epoch", "loss"] + probes).map { ($0, []) }
  }

  mutating func append(_ row: [Value]) {
    for (column, value) in row.enumerated() { columns[column].values.append(value) }
  }

  /// - Parameter values: those of each column, in their order.
  mutating func restore(_ values: [[Value]]) {
    for (column, values) in values.enumerated() { columns[column].values = values }
  }

  /// The update that the last row stands behind.
  var lastStep: Int? { columns[0].values.last?.asNumber.map { Int(clamping: $0) } }
  var lastLoss: Double? { columns[2].values.last?.asNumber }

  /// Columns of numbers as float64 tensors, others as lists.
  func table() throws -> Value {
    .named(
      try columns.map { name, values in
        let numbers = values.compactMap(\.asNumber)
        guard numbers.count == values.count else { return (name, .list(values)) }
        return (name, .object(try Tensor(numbers)))
      })
  }
}
