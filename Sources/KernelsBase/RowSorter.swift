/// Stable sorting of one row of numbers after another, with memory that serves them all.
///
/// A least-significant-digit radix sort of keys whose unsigned order is the order of the numbers: NaN
/// comes last in both directions, −0 equals +0. Source: Knuth, The Art of Computer Programming 3, 5.2.5;
/// the key of a float as in Terdiman 2000. Plain integer code, the same on every CPU level.
public struct RowSorter {
  /// Rows up to this length are sorted by insertion: counting digits would take longer.
  private static let insertionLimit = 32
  /// Rows from this length on have digits of 11 bits and not of 8: fewer passes, while clearing and
  /// adding up more counts is no longer what takes the time.
  private static let wideDigitLength = 6_000

  /// Elements between two polls in a long row.
  private static let pollLength = 1 << 17

  private let length: Int
  private let poll: () throws -> Void
  private let pairs: UnsafeMutableRawPointer
  private let spare: UnsafeMutableRawPointer
  /// How often each digit has each value, digit after digit from the least significant.
  private let counts: UnsafeMutablePointer<UInt32>

  private static func pairBytes<T>(_ length: Int, _ type: T.Type) -> Int {
    let isShort = MemoryLayout<T>.size <= 4
    return length * (isShort ? MemoryLayout<PackedPair>.stride : MemoryLayout<WidePair>.stride)
  }

  private static func countsSize(_ length: Int) -> Int {
    length < wideDigitLength ? 8 << 8 : 6 << 11
  }

  /// Bytes that sorting rows of `length` numbers of a type needs besides.
  public static func workBytes<T>(length: Int, of type: T.Type) -> Int {
    2 * pairBytes(length, type) + 4 * countsSize(length)
  }

  /// For rows of `length` numbers of a type, fewer than 2³².
  /// - Parameters:
  ///   - work: `workBytes` of memory, aligned for words, that must outlive the sorter.
  ///   - poll: called now and then in long rows; what it throws ends the sort.
  public init<T>(
    length: Int, of type: T.Type, work: UnsafeMutableRawPointer,
    poll: @escaping () throws -> Void = {}
  ) {
    self.length = length
    self.poll = poll
    let bytes = RowSorter.pairBytes(length, type)
    pairs = work
    spare = work + bytes
    counts = (work + 2 * bytes).bindMemory(
      to: UInt32.self, capacity: RowSorter.countsSize(length))
  }

  // MARK: Numbers of each type
  // `values` gets the numbers in order, `places` where in the row each comes from.

  public struct Order {
    let isDescending: Bool
    /// The number of the first place in a row.
    let firstPlace: Int

    public init(isDescending: Bool, firstPlace: Int) {
      self.isDescending = isDescending
      self.firstPlace = firstPlace
    }
  }

  public func sort(
    _ row: UnsafePointer<Float>, _ order: Order, values: UnsafeMutablePointer<Float>,
    places: UnsafeMutablePointer<Int64>
  ) throws {
    let flip: UInt32 = order.isDescending ? .max : 0
    try sort(row, order.firstPlace, values, places) { x, place in
      let bits = x == 0 ? 0 : x.bitPattern
      let sign = UInt32(bitPattern: Int32(bitPattern: bits) >> 31)
      let key = bits ^ (sign | 1 << 31) ^ flip
      return PackedPair(key: x != x ? .max : key, place: place)
    }
  }

  public func sort(
    _ row: UnsafePointer<Double>, _ order: Order, values: UnsafeMutablePointer<Double>,
    places: UnsafeMutablePointer<Int64>
  ) throws {
    let flip: UInt64 = order.isDescending ? .max : 0
    try sort(row, order.firstPlace, values, places) { x, place in
      let bits = x == 0 ? 0 : x.bitPattern
      let sign = UInt64(bitPattern: Int64(bitPattern: bits) >> 63)
      let key = bits ^ (sign | 1 << 63) ^ flip
      return WidePair(key: x != x ? .max : key, place: place)
    }
  }

  public func sort(
    _ row: UnsafePointer<Int64>, _ order: Order, values: UnsafeMutablePointer<Int64>,
    places: UnsafeMutablePointer<Int64>
  ) throws {
    let flip: UInt64 = (order.isDescending ? .max : 0) ^ 1 << 63
    try sort(row, order.firstPlace, values, places) {
      WidePair(key: UInt64(bitPattern: $0) ^ flip, place: $1)
    }
  }

  public func sort(
    _ row: UnsafePointer<Bool>, _ order: Order, values: UnsafeMutablePointer<Bool>,
    places: UnsafeMutablePointer<Int64>
  ) throws {
    try sort(row, order.firstPlace, values, places) {
      PackedPair(key: $0 == order.isDescending ? 0 : 1, place: $1)
    }
  }

  // MARK: The sort

  @inline(__always) private func sort<T, Pair: KeyedPlace>(
    _ row: UnsafePointer<T>, _ firstPlace: Int, _ values: UnsafeMutablePointer<T>,
    _ places: UnsafeMutablePointer<Int64>, _ pair: (T, _ place: UInt32) -> Pair
  ) throws {
    let start = pairs.assumingMemoryBound(to: Pair.self)
    try inBlocks {
      for i in $0 { start[i] = pair(row[i], UInt32(truncatingIfNeeded: i)) }
    }
    let sorted = try sort(start, spare.assumingMemoryBound(to: Pair.self))
    try inBlocks {
      for i in $0 {
        let place = Int(sorted[i].place)
        values[i] = row[place]
        places[i] = Int64(place + firstPlace)
      }
    }
  }

  /// Runs `body` over the row, a long one in blocks with a poll between them.
  @inline(__always) private func inBlocks(_ body: (Range<Int>) -> Void) throws {
    // One call of the body, so that it is inlined and its shifts and masks are constants.
    var start = 0
    while true {
      let end = min(start + RowSorter.pollLength, length)
      body(start..<end)
      if end == length { return }
      start = end
      try poll()
    }
  }

  /// - Returns: the one of the two that the pairs end in.
  @inline(__always) private func sort<Pair: KeyedPlace>(
    _ pairs: UnsafeMutablePointer<Pair>, _ spare: UnsafeMutablePointer<Pair>
  ) throws -> UnsafeMutablePointer<Pair> {
    if length <= RowSorter.insertionLimit {
      insert(pairs)
      return pairs
    }
    return try length < RowSorter.wideDigitLength
      ? distribute(pairs, spare, digitBits: 8) : distribute(pairs, spare, digitBits: 11)
  }

  private func insert<Pair: KeyedPlace>(_ pairs: UnsafeMutablePointer<Pair>) {
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
  @inline(__always) private func distribute<Pair: KeyedPlace>(
    _ pairs: UnsafeMutablePointer<Pair>, _ spare: UnsafeMutablePointer<Pair>, digitBits: Int
  ) throws -> UnsafeMutablePointer<Pair> {
    let digits = (Pair.Key.bitWidth + digitBits - 1) / digitBits
    let (counts, length) = (counts, length)
    counts.initialize(repeating: 0, count: digits << digitBits)
    try inBlocks {
      for i in $0 {
        let key = pairs[i].key
        for digit in 0..<digits { counts[bucket(digit, of: key, digitBits)] &+= 1 }
      }
    }
    var (from, to) = (pairs, spare)
    for digit in 0..<digits {
      // All in one bucket: nothing to move.
      if counts[bucket(digit, of: pairs[0].key, digitBits)] == length { continue }
      var start: UInt32 = 0
      for bucket in digit << digitBits..<(digit + 1) << digitBits {
        let count = counts[bucket]
        counts[bucket] = start
        start &+= count
      }
      try inBlocks {
        for i in $0 {
          let pair = from[i]
          let bucket = bucket(digit, of: pair.key, digitBits)
          let place = counts[bucket]
          counts[bucket] = place &+ 1
          to[Int(place)] = pair
        }
      }
      swap(&from, &to)
    }
    return from
  }

  /// Where the count of a digit's value stands.
  @inline(__always) private func bucket<Key: FixedWidthInteger>(
    _ digit: Int, of key: Key, _ digitBits: Int
  ) -> Int {
    let value = key &>> Key(truncatingIfNeeded: digit &* digitBits)
    return digit &<< digitBits | Int(truncatingIfNeeded: value) & (1 &<< digitBits &- 1)
  }
}

/// What is sorted: a key, and the place of its element.
private protocol KeyedPlace {
  associatedtype Key: FixedWidthInteger & UnsignedInteger
  var key: Key { get }
  var place: UInt32 { get }
}

/// A short key and its place in one word, which moves as one.
private struct PackedPair: KeyedPlace {
  private let word: UInt64

  @inline(__always) init(key: UInt32, place: UInt32) {
    word = UInt64(key) << 32 | UInt64(place)
  }

  var key: UInt32 { UInt32(truncatingIfNeeded: word >> 32) }
  var place: UInt32 { UInt32(truncatingIfNeeded: word) }
}

private struct WidePair: KeyedPlace {
  let key: UInt64
  let place: UInt32
}
