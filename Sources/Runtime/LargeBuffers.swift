import Glibc
import Synchronization

/// Memory for large arrays, straight from the kernel and kept for reuse.
///
/// The C heap serves them badly: an aligned 8 MB block that is freed leaves a hole a few bytes too
/// small for the next one, and a loop of such blocks grows without end. Here sizes are rounded up so
/// that a freed block fits the next request of its size, and at most 64 MB of freed blocks are kept,
/// which saves the page faults of fresh memory.
public enum LargeBuffers {
  /// Requests from this size on come here.
  public static let smallest = 64 << 10
  /// Freed bytes kept for reuse.
  static let mostKept = 64 << 20
  private static let hugePage = 4 << 20

  private struct Kept {
    var blocks: [Int: [UInt]] = [:]
    var bytes = 0
  }

  private static let kept = Mutex(Kept())

  /// Up to the next of eight sizes between two powers of two: at most an eighth is wasted.
  private static func rounded(_ byteCount: Int) -> Int {
    let granule = max(4096, 1 << (Int.bitWidth - byteCount.leadingZeroBitCount - 4))
    return (byteCount + granule - 1) / granule * granule
  }

  /// Uninitialised memory, page-aligned; nil where the kernel has none.
  public static func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    let size = rounded(byteCount)
    let reused = kept.withLock { kept -> UInt? in
      guard let block = kept.blocks[size]?.popLast() else { return nil }
      kept.bytes -= size
      return block
    }
    if let reused { return UnsafeMutableRawPointer(bitPattern: reused) }
    let block = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let block, block != UnsafeMutableRawPointer(bitPattern: -1) else { return nil }
    if size >= hugePage { madvise(block, size, MADV_HUGEPAGE) }
    return block
  }

  public static func release(_ block: UnsafeMutableRawPointer, byteCount: Int) {
    let size = rounded(byteCount)
    let isKept = kept.withLock { kept -> Bool in
      guard kept.bytes + size <= mostKept else { return false }
      kept.blocks[size, default: []].append(UInt(bitPattern: block))
      kept.bytes += size
      return true
    }
    if !isKept { munmap(block, size) }
  }

  /// Gives all kept blocks back to the kernel.
  public static func trim() {
    let blocks = kept.withLock { kept -> [Int: [UInt]] in
      defer { kept = Kept() }
      return kept.blocks
    }
    for (size, addresses) in blocks {
      for address in addresses { munmap(UnsafeMutableRawPointer(bitPattern: address), size) }
    }
  }
}
