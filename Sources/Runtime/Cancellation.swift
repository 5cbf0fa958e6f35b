import CSupport

/// The user asked a running computation to stop. The host turns it into the Lua error `interrupted!`.
public struct Cancelled: Error {
  public init() {}
}

/// The flag that Ctrl-C sets. Long Swift loops poll it, so that a run stops within 100 ms and its
/// state stays whole.
public enum Cancellation {
  /// Throws `Cancelled` once for each request: the flag is consumed.
  @inline(__always)
  public static func check() throws {
    if csupport_cancel_requested(), csupport_take_cancel() { throw Cancelled() }
  }

  /// Whether a request waits; for worker threads, which leave the throwing to the main thread.
  public static var isRequested: Bool { csupport_cancel_requested() }
}
