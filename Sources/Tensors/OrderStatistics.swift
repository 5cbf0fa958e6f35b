// The k-th smallest of many numbers without sorting them: the bits of a number, turned so that they
// order as the number does, are counted by their highest 11; of the bucket that holds the k-th, its
// numbers are kept, and the k-th of those is found by partition (Hoare 1961, "Algorithm 65: FIND").

import Runtime

/// Neighbours in the order of a row of numbers.
struct OrderPair<T> {
  /// The element of the rank asked for, counted from 0, and the one after it (itself where it is last).
  var low: T
  var high: T
}

extension Tensor {
  /// Rows shorter than this are better sorted, with all that comes with it.
  package static let shortestSelection = 4096

  /// Of each row along the last axis the element at a place in their order, counted from 0, and the one
  /// after it. A row with NaN has NaN for both.
  package func orderPairs(_ place: Int) throws -> (low: Tensor, high: Tensor) {
    let source = try densified()
    let length = shape[rank - 1]
    let target = shape.removing(axis: rank - 1)
    let low = try Tensor(uninitialized: target, dtype)
    let high = try Tensor(uninitialized: target, dtype)
    func fill<T: OrderedBits>(_ type: T.Type) throws {
      let selection = try Selection<T>(length)
      for row in 0..<target.elementCount {
        let pair = try selection.pair(source.pointer(T.self) + row * length, place)
        low.pointer(T.self)[row] = pair.low
        high.pointer(T.self)[row] = pair.high
      }
    }
    if dtype == .float64 { try fill(Double.self) } else { try fill(Float.self) }
    return (low, high)
  }
}

/// A number whose bits order as it does.
private protocol OrderedBits: Element, BinaryFloatingPoint {
  associatedtype Key: FixedWidthInteger & UnsignedInteger
  /// −0 and 0 have one key.
  var key: Key { get }
  init(key: Key)
}

extension Float: OrderedBits {
  @inline(__always) fileprivate var key: UInt32 {
    let bits = (self + 0).bitPattern
    return bits & 0x8000_0000 == 0 ? bits | 0x8000_0000 : ~bits
  }
  fileprivate init(key: UInt32) {
    self.init(bitPattern: key & 0x8000_0000 != 0 ? key & 0x7FFF_FFFF : ~key)
  }
}

extension Double: OrderedBits {
  @inline(__always) fileprivate var key: UInt64 {
    let bits = (self + 0).bitPattern
    return bits & (1 << 63) == 0 ? bits | 1 << 63 : ~bits
  }
  fileprivate init(key: UInt64) {
    self.init(bitPattern: key & (1 << 63) != 0 ? key & ~(1 << 63) : ~key)
  }
}

/// Memory for selecting from rows of one length.
private final class Selection<T: OrderedBits> {
  private static var digit: Int { 11 }
  private static var buckets: Int { 1 << digit }
  private static var piece: Int { 1 << 17 }

  private let length: Int
  private let pieces: Int
  private let counts: Tensor
  private let rest: Tensor

  init(_ length: Int) throws {
    self.length = length
    pieces = (length + Self.piece - 1) / Self.piece
    // One list of counts for each piece, and one more number: whether the piece holds NaN.
    counts = try Tensor(uninitialized: [pieces, Self.buckets + 1], .int64)
    rest = try Tensor(uninitialized: [length], .float64)
  }

  func pair(_ x: UnsafePointer<T>, _ place: Int) throws -> OrderPair<T> {
    let shift = T.Key.bitWidth - Self.digit
    let counts = counts.pointer(Int64.self)
    let width = Self.buckets + 1
    try WorkerPool.shared.run(chunks: pieces) { piece in
      let own = counts + piece * width
      for bucket in 0..<width { own[bucket] = 0 }
      var spoiled = false
      for i in piece * Self.piece..<min(length, (piece + 1) * Self.piece) {
        own[Int(truncatingIfNeeded: x[i].key &>> T.Key(shift))] &+= 1
        spoiled = spoiled || x[i] != x[i]
      }
      own[Self.buckets] = spoiled ? 1 : 0
    }
    if (0..<pieces).contains(where: { counts[$0 * width + Self.buckets] != 0 }) {
      return OrderPair(low: .nan, high: .nan)
    }
    // The bucket of the rank, and how many lie before it.
    var before = 0
    var bucket = 0
    while true {
      let here = (0..<pieces).reduce(0) { $0 + Int(clamping: counts[$1 * width + bucket]) }
      if before + here > place { break }
      before += here
      bucket += 1
    }
    let keys = UnsafeMutableRawPointer(rest.pointer(Double.self)).assumingMemoryBound(
      to: T.Key.self)
    // Each piece writes its keys of the bucket behind those of the pieces before it.
    var starts = [0]
    for piece in 0..<pieces {
      starts.append(starts[piece] + Int(clamping: counts[piece * width + bucket]))
    }
    try WorkerPool.shared.run(chunks: pieces) { piece in
      var target = starts[piece]
      for i in piece * Self.piece..<min(length, (piece + 1) * Self.piece) {
        let key = x[i].key
        if Int(truncatingIfNeeded: key &>> T.Key(shift)) == bucket {
          keys[target] = key
          target += 1
        }
      }
    }
    let (count, k) = (starts[pieces], place - before)
    Self.find(keys, count, k)
    var high = keys[k]
    if k + 1 < count {
      high = (k + 1..<count).reduce(keys[k + 1]) { min($0, keys[$1]) }
    } else if place + 1 < length {
      high = .max
      for i in 0..<length {
        let key = x[i].key
        if key < high, Int(truncatingIfNeeded: key &>> T.Key(shift)) > bucket { high = key }
      }
    }
    return OrderPair(low: T(key: keys[k]), high: T(key: high))
  }

  /// Moves the k-th smallest to place k, none larger before it and none smaller behind.
  private static func find(_ keys: UnsafeMutablePointer<T.Key>, _ count: Int, _ k: Int) {
    var (left, right, rounds) = (0, count - 1, 0)
    while left < right {
      rounds += 1
      if rounds > 100 {  // never met but by design: then the rest is sorted
        var rest = UnsafeMutableBufferPointer(start: keys + left, count: right - left + 1)
        rest.sort()
        return
      }
      let middle = left + (right - left) / 2
      let (a, b, c) = (keys[left], keys[middle], keys[right])
      let pivot = max(min(a, b), min(max(a, b), c))
      var (i, j) = (left, right)
      while i <= j {
        while keys[i] < pivot { i += 1 }
        while keys[j] > pivot { j -= 1 }
        if i <= j {
          (keys[i], keys[j]) = (keys[j], keys[i])
          i += 1
          j -= 1
        }
      }
      if k <= j { right = j } else if k >= i { left = i } else { return }
    }
  }
}
