import CSupport
import Glibc
import Runtime

/// The memory behind one or more tensors, 64-byte aligned, counted towards Lua's garbage collection.
public final class Storage {
  public let base: UnsafeMutableRawPointer
  public let byteCount: Int
  /// Raised by every write after creation; a gradient rule that meets another version than it
  /// recorded is an error.
  public private(set) var version = 0

  /// Uninitialised memory. Throws `OutOfMemory` where it does not fit.
  public init(byteCount: Int) throws {
    try Memory.request(byteCount)
    guard let pointer = Storage.allocate(byteCount) else {
      throw OutOfMemory(requested: byteCount, available: Memory.available())
    }
    base = pointer
    self.byteCount = byteCount
    csupport_count_allocation(Int64(byteCount))
  }

  deinit {
    csupport_count_release(Int64(byteCount))
    if byteCount >= LargeBuffers.smallest {
      LargeBuffers.release(base, byteCount: byteCount)
    } else {
      free(base)
    }
  }

  private static func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    if byteCount >= LargeBuffers.smallest { return LargeBuffers.allocate(byteCount) }
    var pointer: UnsafeMutableRawPointer?
    return posix_memalign(&pointer, 64, max(byteCount, 64)) == 0 ? pointer : nil
  }

  public func noteWrite() { version &+= 1 }
}
