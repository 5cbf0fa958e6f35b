import CSupport

/// Where the streams stood from which one thread draws while something runs, so that it can be run once
/// more with the same random numbers.
public final class DrawLog {
  private var starts: [(stream: RandomStream, step: UInt32)] = []
  private var firstSeed: UInt64 = 0
  /// The log of what runs around this.
  private var outer: DrawLog?

  public init() {}

  /// Runs `body` and notes the streams it draws from.
  public func watching<R>(_ body: () throws -> R) rethrows -> R {
    starts = []
    firstSeed = SessionSeed.used
    outer = DrawLog.current
    csupport_set_draw_log(Unmanaged.passUnretained(self).toOpaque())
    defer {
      csupport_set_draw_log(outer.map { Unmanaged.passUnretained($0).toOpaque() })
      outer = nil
    }
    return try withExtendedLifetime(self) { try body() }
  }

  /// Runs `body` with the streams where they stood before `watching`; afterwards they are where they
  /// were.
  public func repeating<R>(_ body: () throws -> R) rethrows -> R {
    let (seed, steps) = (SessionSeed.used, starts.map(\.stream.step))
    rewind()
    defer {
      SessionSeed.used = seed
      for (start, step) in zip(starts, steps) { start.stream.rewind(to: step) }
    }
    return try body()
  }

  /// Puts the streams back to where they stood before `watching`.
  public func rewind() {
    SessionSeed.used = firstSeed
    for start in starts { start.stream.rewind(to: start.step) }
  }

  private static var current: DrawLog? {
    csupport_draw_log().map { Unmanaged<DrawLog>.fromOpaque($0).takeUnretainedValue() }
  }

  /// Called before a stream moves on.
  @inline(__always)
  static func note(_ stream: RandomStream) {
    if csupport_draw_log() != nil { current?.add(stream) }
  }

  private func add(_ stream: RandomStream) {
    if !starts.contains(where: { $0.stream === stream }) { starts.append((stream, stream.step)) }
    outer?.add(stream)
  }
}
