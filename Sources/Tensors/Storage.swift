import CSupport
import Glibc
import Runtime

/// The memory behind one or more tensors, 64-byte aligned, counted towards Lua's garbage collection.
public final class Storage {
  public let base: UnsafeMutableRawPointer
  public let byteCount: Int
  /// What the allocator gave; `base` is its first 64-byte boundary.
  private let block: UnsafeMutableRawPointer
  /// Whose memory it is, where that is another's.
  private let owner: Storage?
  /// Raised by every write after creation; a gradient rule that meets another version than it
  /// recorded is an error.
  @exclusivity(unchecked) public private(set) var version = 0
  /// Tells memory that a recorded function allocates from what was there before it.
  let born = Recording.mark()
  /// The number of the value that a `Recording` knows this memory by; 0 where none does.
  @exclusivity(unchecked) var recordedNumber = 0

  /// Whether it holds one element that was read from a tensor: a number of its own, which nobody means
  /// to write into.
  @exclusivity(unchecked) public private(set) var isReadElement = false

  /// Uninitialised memory. Throws `OutOfMemory` where it does not fit.
  public init(byteCount: Int) throws {
    if byteCount >= LargeBuffers.smallest { Memory.makeRoom?(byteCount) }
    try Memory.request(byteCount)
    guard let block = Storage.allocate(byteCount) else {
      throw OutOfMemory(requested: byteCount, available: Memory.available())
    }
    self.block = block
    owner = nil
    base = block.alignedUp(toMultipleOf: 64)
    self.byteCount = byteCount
    csupport_count_allocation(Int64(byteCount))
  }

  /// Part of another's memory under a name of its own, for a `Recording` to know it by.
  init(part owner: Storage, from offset: Int, byteCount: Int) {
    self.owner = owner
    block = owner.block
    base = owner.base + offset
    self.byteCount = byteCount
  }

  deinit {
    if owner != nil { return }
    csupport_count_release(Int64(byteCount))
    if byteCount >= LargeBuffers.smallest {
      LargeBuffers.release(block, byteCount: byteCount)
    } else {
      free(block)
    }
  }

  /// Aligned by hand: freed blocks of `posix_memalign` leave holes a little too small for the next.
  private static func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    if byteCount >= LargeBuffers.smallest { return LargeBuffers.allocate(byteCount) }
    return malloc(byteCount + 64)
  }

  public func noteWrite() { version &+= 1 }

  public func markReadElement() { isReadElement = true }
}
