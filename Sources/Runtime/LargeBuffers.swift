import Glibc

/// Memory for large arrays, straight from the kernel and kept for reuse.
///
/// The C heap serves them badly: an aligned 8 MB block that is freed leaves a hole a few bytes too
/// small for the next one, and a loop of such blocks grows without end. Here sizes are rounded up so
/// that a freed block fits the next request of its size, and freed blocks are kept, which saves the
/// page faults of fresh memory: 64 MB of them, or as much as was ever in use at once, so that a training
/// step finds the memory of the one before, but at most a sixteenth of the machine's.
public enum LargeBuffers {
  /// Requests from this size on come here.
  public static let smallest = 64 << 10
  /// Freed bytes that are kept in any case.
  private static let leastKept = 64 << 20
  /// The most that are kept after larger use.
  private static let largestKept = max(
    leastKept, sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)) / 16)
  private static let hugePage = 4 << 20

  /// Freed blocks by their size, each with the time it came.
  private struct Kept {
    private(set) var blocks: [Int: [(block: UInt, time: Int)]] = [:]
    private(set) var bytes = 0
    private var time = 0
    /// Bytes in use, and the most there ever were.
    private var used = 0
    private var mostUsed = 0

    /// Freed bytes that may be kept.
    var most: Int { max(leastKept, min(mostUsed, largestKept)) }

    mutating func use(_ size: Int) {
      used += size
      mostUsed = max(mostUsed, used)
    }

    mutating func giveBack(_ size: Int) { used -= size }

    mutating func forgetAll() -> [Int: [(block: UInt, time: Int)]] {
      defer { (blocks, bytes, mostUsed) = ([:], 0, used) }
      return blocks
    }

    /// The block of this size that was freed last: it is the likeliest to be in the cache.
    mutating func take(_ size: Int) -> UInt? {
      guard let last = blocks[size]?.popLast() else { return nil }
      bytes -= size
      return last.block
    }

    mutating func keep(_ block: UInt, _ size: Int) {
      time += 1
      blocks[size, default: []].append((block, time))
      bytes += size
    }

    /// What has waited longest, so that sizes out of use make room for those in use.
    mutating func dropOldest() -> (size: Int, block: UInt)? {
      let oldest = blocks.min { ($0.value.first?.time ?? .max) < ($1.value.first?.time ?? .max) }
      guard let size = oldest?.key, let first = oldest?.value.first else { return nil }
      blocks[size]?.removeFirst()
      bytes -= size
      return (size, first.block)
    }
  }

  private static let kept = Guarded(Kept())

  /// Bytes of freed blocks.
  static var keptBytes: Int { kept.withLock { $0.bytes } }

  /// Up to the next of eight sizes between two powers of two: at most an eighth is wasted.
  private static func rounded(_ byteCount: Int) -> Int {
    let granule = max(4096, 1 << (Int.bitWidth - byteCount.leadingZeroBitCount - 4))
    return (byteCount + granule - 1) / granule * granule
  }

  /// Uninitialised memory, page-aligned; nil where the kernel has none.
  public static func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    let size = rounded(byteCount)
    let reused = kept.withLock { kept in
      kept.use(size)
      return kept.take(size)
    }
    if let reused { return UnsafeMutableRawPointer(bitPattern: reused) }
    let block = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let block, block != UnsafeMutableRawPointer(bitPattern: -1) else {
      kept.withLock { $0.giveBack(size) }
      return nil
    }
    if size >= hugePage { madvise(block, size, MADV_HUGEPAGE) }
    return block
  }

  public static func release(_ block: UnsafeMutableRawPointer, byteCount: Int) {
    let size = rounded(byteCount)
    let dropped = kept.withLock { kept -> [(size: Int, block: UInt)] in
      kept.giveBack(size)
      let most = kept.most
      if size > most { return [(size, UInt(bitPattern: block))] }
      var dropped: [(size: Int, block: UInt)] = []
      while kept.bytes + size > most, let oldest = kept.dropOldest() { dropped.append(oldest) }
      kept.keep(UInt(bitPattern: block), size)
      return dropped
    }
    for (size, block) in dropped { munmap(UnsafeMutableRawPointer(bitPattern: block), size) }
  }

  /// Gives all kept blocks back to the kernel.
  public static func trim() {
    let all = kept.withLock { $0.forgetAll() }
    for (size, blocks) in all {
      for (block, _) in blocks { munmap(UnsafeMutableRawPointer(bitPattern: block), size) }
    }
  }
}
