import Runtime

/// Uninitialised memory for the time of `body`. Large pieces come from the blocks that are kept: fresh
/// pages in every call would cost a twentieth of an eigendecomposition of order 512.
func withWorkspace<T, R>(
  of count: Int, _ type: T.Type, _ body: (UnsafeMutablePointer<T>) throws -> R
) throws -> R {
  try Memory.request(count, of: T.self)
  let byteCount = max(count, 1) * MemoryLayout<T>.stride
  if byteCount >= LargeBuffers.smallest, let block = LargeBuffers.allocate(byteCount) {
    defer { LargeBuffers.release(block, byteCount: byteCount) }
    return try body(block.assumingMemoryBound(to: T.self))
  }
  let work = UnsafeMutablePointer<T>.allocate(capacity: max(count, 1))
  defer { work.deallocate() }
  return try body(work)
}
