import Catalog
import KernelsBase
import Runtime

// Stable sorting along an axis. NaN comes last in both directions; −0 equals +0.

extension Tensor {
  /// The elements sorted along an axis, and the place in that axis each comes from, counted from
  /// `firstPlace`.
  public func sorted(axis: Int, descending: Bool, firstPlace: Int = 0) throws
    -> (values: Tensor, places: Tensor)
  {
    if let recording = Recording.current {
      let parts = try recording.note(general: "sort", [self]) {
        let (values, places) = try $0[0].sorted(
          axis: axis, descending: descending, firstPlace: firstPlace)
        return [values, places]
      }
      return (parts[0], parts[1])
    }
    if axis != rank - 1 {
      var order = Array(0..<rank)
      order.swapAt(axis, rank - 1)
      let (values, places) = try permuted(order).sorted(
        axis: rank - 1, descending: descending, firstPlace: firstPlace)
      return (try values.permuted(order).densified(), try places.permuted(order).densified())
    }
    guard shape[axis] < Int(clamping: UInt32.max) else {
      throw UserError("an axis of \(shape[axis]) elements is too long to sort")
    }
    let source = try densified()
    let values = try Tensor(uninitialized: shape, dtype)
    let places = try Tensor(uninitialized: shape, .int64)
    let order = RowSorter.Order(isDescending: descending, firstPlace: firstPlace)
    switch dtype {
    case .float32:
      try sortRows(source, values, places, of: Float.self) {
        try $0.sort($1, order, values: $2, places: $3)
      }
    case .float64:
      try sortRows(source, values, places, of: Double.self) {
        try $0.sort($1, order, values: $2, places: $3)
      }
    case .int64:
      try sortRows(source, values, places, of: Int64.self) {
        try $0.sort($1, order, values: $2, places: $3)
      }
    case .bool:
      try sortRows(source, values, places, of: Bool.self) {
        try $0.sort($1, order, values: $2, places: $3)
      }
    }
    return (values, places)
  }
}

private func sortRows<T: Element>(
  _ source: Tensor, _ values: Tensor, _ places: Tensor, of type: T.Type,
  _ sort: (RowSorter, UnsafePointer<T>, UnsafeMutablePointer<T>, UnsafeMutablePointer<Int64>)
    throws -> Void
) throws {
  let length = source.shape[source.rank - 1]
  if source.elementCount == 0 { return }
  let x = UnsafePointer(source.pointer(T.self))
  let y = values.pointer(T.self)
  let p = places.pointer(Int64.self)
  let grain = max(1, parallelGrain / max(length, 1))
  try WorkerPool.shared.run(count: source.elementCount / length, grain: grain) { rows in
    try withWorkspace(of: RowSorter.workBytes(length: length, of: T.self) / 8 + 1, UInt64.self) {
      let sorter = RowSorter(
        length: length, of: T.self, work: UnsafeMutableRawPointer($0),
        poll: Cancellation.check)
      for row in rows {
        let start = row * length
        try sort(sorter, x + start, y + start, p + start)
      }
    }
  }
}
