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
    switch dtype {
    case .float32: sortRows(source, values, places, of: Float.self, descending: descending)
    case .float64: sortRows(source, values, places, of: Double.self, descending: descending)
    case .int64: sortRows(source, values, places, of: Int64.self, descending: descending)
    case .bool: sortRows(source, values, places, of: Bool.self, descending: descending)
    }
    return (values, places)
  }
}

/// An element with a key whose unsigned order is its own, NaN apart.
private protocol Sortable: Element {
  associatedtype Pair: KeyedPlace
  var ascendingKey: Pair.Key { get }
  var isLast: Bool { get }
}

extension Float: Sortable {
  fileprivate typealias Pair = PackedPair
  fileprivate var ascendingKey: UInt32 {
    let bits = (self == 0 ? 0 : self).bitPattern
    return bits >> 31 == 1 ? ~bits : bits | 1 << 31
  }
  fileprivate var isLast: Bool { isNaN }
}

extension Double: Sortable {
  fileprivate typealias Pair = WidePair
  fileprivate var ascendingKey: UInt64 {
    let bits = (self == 0 ? 0 : self).bitPattern
    return bits >> 63 == 1 ? ~bits : bits | 1 << 63
  }
  fileprivate var isLast: Bool { isNaN }
}

extension Int64: Sortable {
  fileprivate typealias Pair = WidePair
  fileprivate var ascendingKey: UInt64 { UInt64(bitPattern: self) ^ 1 << 63 }
  fileprivate var isLast: Bool { false }
}

extension Bool: Sortable {
  fileprivate typealias Pair = PackedPair
  fileprivate var ascendingKey: UInt32 { self ? 1 : 0 }
  fileprivate var isLast: Bool { false }
}

/// What is sorted: a key, and the place of its element.
private protocol KeyedPlace {
  associatedtype Key: FixedWidthInteger & UnsignedInteger
  var key: Key { get }
  var place: UInt32 { get }
  init(key: Key, place: UInt32)
}

/// A short key and its place in one word, which moves as one.
private struct PackedPair: KeyedPlace {
  private let word: UInt64

  init(key: UInt32, place: UInt32) { word = UInt64(key) << 32 | UInt64(place) }

  var key: UInt32 { UInt32(truncatingIfNeeded: word >> 32) }
  var place: UInt32 { UInt32(truncatingIfNeeded: word) }
}

private struct WidePair: KeyedPlace {
  let key: UInt64
  let place: UInt32
}

private func sortRows<T: Sortable>(
  _ source: Tensor, _ values: Tensor, _ places: Tensor, of type: T.Type, descending: Bool
) {
  let length = source.shape[source.rank - 1]
  if source.elementCount == 0 { return }
  let flip: T.Pair.Key = descending ? .max : 0
  let grain = max(1, parallelGrain / max(length, 1))
  WorkerPool.shared.run(count: source.elementCount / length, grain: grain) { rows in
    var sorter = RowSorter<T.Pair>(length: length)
    defer { sorter.free() }
    for row in rows {
      let x = source.pointer(T.self) + row * length
      let y = values.pointer(T.self) + row * length
      let p = places.pointer(Int64.self) + row * length
      for i in 0..<length {
        let key = x[i].isLast ? .max : x[i].ascendingKey ^ flip
        sorter.pairs[i] = T.Pair(key: key, place: UInt32(truncatingIfNeeded: i))
      }
      sorter.sort()
      for i in 0..<length {
        let place = Int(sorter.pairs[i].place)
        y[i] = x[place]
        p[i] = Int64(place)
      }
    }
  }
}

/// Sorts pairs of a key and a place, stably, with memory that serves many rows.
private struct RowSorter<Pair: KeyedPlace> {
  typealias Key = Pair.Key

  /// Rows up to this length are sorted by insertion: counting digits would take longer.
  static var insertionLimit: Int { 32 }
  /// Rows from this length on have digits of 11 bits and not of 8: fewer passes, while clearing and
  /// adding up more counts is no longer what takes the time.
  static var wideDigitLength: Int { 6_000 }

  let length: Int
  var pairs: UnsafeMutablePointer<Pair>
  private var spare: UnsafeMutablePointer<Pair>
  /// How often each digit has each value, digit after digit from the least significant.
  private let counts: UnsafeMutablePointer<UInt32>

  init(length: Int) {
    self.length = length
    pairs = .allocate(capacity: length)
    spare = .allocate(capacity: length)
    let digitBits = length < RowSorter.wideDigitLength ? 8 : 11
    let digits = (Key.bitWidth + digitBits - 1) / digitBits
    counts = .allocate(capacity: digits << digitBits)
  }

  func free() {
    pairs.deallocate()
    spare.deallocate()
    counts.deallocate()
  }

  mutating func sort() {
    if length <= RowSorter.insertionLimit {
      insert()
    } else if length < RowSorter.wideDigitLength {
      distribute(digitBits: 8)
    } else {
      distribute(digitBits: 11)
    }
  }

  private func insert() {
    for i in 1..<max(length, 1) {
      let pair = pairs[i]
      var hole = i
      while hole > 0, pairs[hole - 1].key > pair.key {
        pairs[hole] = pairs[hole - 1]
        hole -= 1
      }
      pairs[hole] = pair
    }
  }

  /// All digits are counted in one pass; then each gives one more, which keeps the order of pairs
  /// that have it in common. Inlined for each width, so that shifts and masks are constants.
  @inline(__always) private mutating func distribute(digitBits: Int) {
    let digits = (Key.bitWidth + digitBits - 1) / digitBits
    counts.initialize(repeating: 0, count: digits << digitBits)
    for i in 0..<length {
      let key = pairs[i].key
      for digit in 0..<digits { counts[place(digit, of: key, digitBits)] &+= 1 }
    }
    for digit in 0..<digits {
      // All in one bucket: nothing to move.
      if counts[place(digit, of: pairs[0].key, digitBits)] == length { continue }
      var start: UInt32 = 0
      for bucket in digit << digitBits..<(digit + 1) << digitBits {
        let count = counts[bucket]
        counts[bucket] = start
        start &+= count
      }
      for i in 0..<length {
        let pair = pairs[i]
        let bucket = place(digit, of: pair.key, digitBits)
        spare[Int(counts[bucket])] = pair
        counts[bucket] &+= 1
      }
      swap(&pairs, &spare)
    }
  }

  /// Where the count of a digit's value stands.
  @inline(__always) private func place(_ digit: Int, of key: Key, _ digitBits: Int) -> Int {
    let value = key &>> Key(truncatingIfNeeded: digit &* digitBits)
    return digit &<< digitBits | Int(truncatingIfNeeded: value) & (1 &<< digitBits &- 1)
  }
}
