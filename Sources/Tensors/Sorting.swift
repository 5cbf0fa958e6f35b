import Catalog
import Runtime

// Stable sorting of rows by least-significant-digit radix sort on keys whose unsigned order is the
// order of the numbers. NaN comes last in both directions; −0 equals +0.
// Source: Knuth, The Art of Computer Programming 3, 5.2.5; the key of a float as in Terdiman 2000.

extension Tensor {
  /// The elements sorted along an axis, and the 0-based place in that axis each comes from.
  public func sorted(axis: Int, descending: Bool) throws -> (values: Tensor, places: Tensor) {
    if let recording = Recording.current {
      let parts = try recording.note(general: "sort", [self]) {
        let (values, places) = try $0[0].sorted(axis: axis, descending: descending)
        return [values, places]
      }
      return (parts[0], parts[1])
    }
    if axis != rank - 1 {
      var order = Array(0..<rank)
      order.swapAt(axis, rank - 1)
      let (values, places) = try permuted(order).sorted(axis: rank - 1, descending: descending)
      return (try values.permuted(order).densified(), try places.permuted(order).densified())
    }
    guard shape[axis] < Int(UInt32.max) else {
      throw UserError("an axis of \(shape[axis]) elements is too long to sort")
    }
    let source = try densified()
    let values = try Tensor(uninitialized: shape, dtype)
    let places = try Tensor(uninitialized: shape, .int64)
    let flip32: UInt32 = descending ? .max : 0
    let flip64: UInt64 = descending ? .max : 0
    switch dtype {
    case .float32:
      sortRows(source, values, places, Float.self) { x -> UInt32 in
        if x.isNaN { return .max }
        let bits = (x == 0 ? 0 : x).bitPattern
        return (bits >> 31 == 1 ? ~bits : bits | 0x8000_0000) ^ flip32
      }
    case .float64:
      sortRows(source, values, places, Double.self) { x -> UInt64 in
        if x.isNaN { return .max }
        let bits = (x == 0 ? 0 : x).bitPattern
        return (bits >> 63 == 1 ? ~bits : bits | 1 << 63) ^ flip64
      }
    case .int64:
      sortRows(source, values, places, Int64.self) { UInt64(bitPattern: $0) ^ 1 << 63 ^ flip64 }
    case .bool:
      sortRows(source, values, places, Bool.self) { ($0 ? 1 : 0) ^ flip32 }
    }
    return (values, places)
  }
}

private func sortRows<T: Element, Key: FixedWidthInteger & UnsignedInteger>(
  _ source: Tensor, _ values: Tensor, _ places: Tensor, _ type: T.Type, _ key: (T) -> Key
) {
  let length = source.shape[source.rank - 1]
  if source.elementCount == 0 { return }
  let x = source.pointer(T.self)
  let y = values.pointer(T.self)
  let p = places.pointer(Int64.self)
  let grain = max(1, parallelGrain / max(length, 1))
  WorkerPool.shared.run(count: source.elementCount / length, grain: grain) { rows in
    var sorter = RowSorter<Key>(length: length)
    defer { sorter.free() }
    for row in rows {
      let start = row * length
      for i in 0..<length {
        sorter.pairs[i] = RowSorter.Pair(key: key(x[start + i]), place: UInt32(i))
      }
      sorter.sort()
      for i in 0..<length {
        let place = Int(sorter.pairs[i].place)
        y[start + i] = x[start + place]
        p[start + i] = Int64(place)
      }
    }
  }
}

/// Sorts pairs of a key and a place, stably, with memory that serves many rows.
private struct RowSorter<Key: FixedWidthInteger & UnsignedInteger> {
  struct Pair {
    let key: Key
    let place: UInt32
  }

  static var digitBits: Int { 11 }
  let length: Int
  var pairs: UnsafeMutablePointer<Pair>
  private var spare: UnsafeMutablePointer<Pair>
  private let counts: UnsafeMutablePointer<Int>

  init(length: Int) {
    self.length = length
    pairs = .allocate(capacity: length)
    spare = .allocate(capacity: length)
    counts = .allocate(capacity: 1 << RowSorter.digitBits)
  }

  func free() {
    pairs.deallocate()
    spare.deallocate()
    counts.deallocate()
  }

  mutating func sort() {
    if length < 300 {
      // Places differ, so the order is that of a stable sort.
      var row = UnsafeMutableBufferPointer(start: pairs, count: length)
      row.sort {
        $0.key != $1.key ? $0.key < $1.key : $0.place < $1.place
      }
      return
    }
    let mask = Key((1 << RowSorter.digitBits) - 1)
    for shift in stride(from: 0, to: Key.bitWidth, by: RowSorter.digitBits) {
      counts.initialize(repeating: 0, count: 1 << RowSorter.digitBits)
      for i in 0..<length { counts[Int(truncatingIfNeeded: pairs[i].key >> shift & mask)] += 1 }
      // All in one bucket: nothing to move.
      if counts[Int(truncatingIfNeeded: pairs[0].key >> shift & mask)] == length { continue }
      var start = 0
      for digit in 0..<1 << RowSorter.digitBits {
        let count = counts[digit]
        counts[digit] = start
        start += count
      }
      for i in 0..<length {
        let digit = Int(truncatingIfNeeded: pairs[i].key >> shift & mask)
        spare[counts[digit]] = pairs[i]
        counts[digit] += 1
      }
      swap(&pairs, &spare)
    }
  }
}
