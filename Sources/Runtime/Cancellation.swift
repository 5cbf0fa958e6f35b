import CSupport

/// The user asked a running computation to stop. The host turns it into the Lua error `interrupted!`.
public struct Cancelled: Error {
  public init() {}
}

/// The request that Ctrl-C makes. It waits until the host has turned it into an error of Lua, so that
/// code which loses one `Cancelled` meets the next.
///
/// Loops poll it every few milliseconds. What is cut short throws, and its result is never used; what
/// changes a tensor or the state of a training run in place is not cut (`WorkerPool.runWhole`).
public enum Cancellation {
  /// Throws `Cancelled` while a request waits.
  @inlinable @inline(__always)
  public static func check() throws {
    if csupport_cancel_requested() { throw Cancelled() }
  }

  public static var isRequested: Bool { csupport_cancel_requested() }

  /// Elements between two polls of a loop over numbers.
  public static let blockLength = 1 << 14

  /// Bytes between two polls of a loop that copies them.
  public static let blockBytes = 1 << 22

  /// Runs `body` over `range` in blocks of at most `length`, one after the other, with a poll before each:
  /// for loops that stay on one thread.
  public static func inBlocks(
    _ range: Range<Int>, of length: Int = blockLength, _ body: (Range<Int>) throws -> Void
  ) throws {
    var start = range.lowerBound
    while start < range.upperBound {
      try check()
      let end = start + min(length, range.upperBound - start)
      try body(start..<end)
      start = end
    }
  }

  public static func inBlocks(
    _ count: Int, of length: Int = blockLength, _ body: (Range<Int>) throws -> Void
  ) throws {
    try inBlocks(0..<max(count, 0), of: length, body)
  }

  /// Copies bytes, with a poll every few megabytes.
  public static func copy(
    _ source: UnsafeRawBufferPointer, to target: UnsafeMutableRawPointer
  ) throws {
    guard let base = source.baseAddress else { return }
    try inBlocks(source.count, of: blockBytes) {
      (target + $0.lowerBound).copyMemory(from: base + $0.lowerBound, byteCount: $0.count)
    }
  }
}

extension Sequence {
  /// `map` with a poll every few thousand elements.
  @inlinable
  public func polledMap<R>(_ body: (Element) throws -> R) throws -> [R] {
    try Memory.request(underestimatedCount, of: R.self)
    var results: [R] = []
    results.reserveCapacity(underestimatedCount)
    var place = 0
    for element in self {
      if place & 0x3FFF == 0 { try Cancellation.check() }
      place &+= 1
      results.append(try body(element))
    }
    return results
  }

  /// Elements in order, `areInOrder` being asked with a poll.
  @inlinable
  public func polledSort(by areInOrder: (Element, Element) throws -> Bool) throws -> [Element] {
    // The result, and half of it for merging.
    try Memory.request(underestimatedCount, of: (Element, Element).self)
    return try sorted {
      try Cancellation.check()
      return try areInOrder($0, $1)
    }
  }

  /// `reduce` with a poll every few thousand elements.
  @inlinable
  public func polledReduce<R>(_ first: R, _ next: (R, Element) throws -> R) throws -> R {
    var result = first
    var place = 0
    for element in self {
      if place & 0x3FFF == 0 { try Cancellation.check() }
      place &+= 1
      result = try next(result, element)
    }
    return result
  }

  /// `filter` with a poll every few thousand elements.
  @inlinable
  public func polledFilter(_ isIncluded: (Element) throws -> Bool) throws -> [Element] {
    var results: [Element] = []
    var place = 0
    for element in self {
      if place & 0x3FFF == 0 { try Cancellation.check() }
      place &+= 1
      if try !isIncluded(element) { continue }
      if results.count == results.capacity {
        try results.reserveChecked(Swift.max(results.count, 64))
      }
      results.append(element)
    }
    return results
  }
}

extension Array {
  /// An array whose elements `body` writes, block after block with a poll before each.
  @inlinable
  public init(polled count: Int, _ body: (Range<Int>, UnsafeMutablePointer<Element>) throws -> Void)
    throws
  {
    try Memory.request(count, of: Element.self)
    try self.init(unsafeUninitializedCapacity: count) { buffer, done in
      guard let base = buffer.baseAddress else { return }
      try Cancellation.inBlocks(count) {
        try body($0, base)
        done = $0.upperBound
      }
    }
  }
}
