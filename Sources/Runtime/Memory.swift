import CSupport
import Glibc

/// A request that does not fit in memory, naming both figures.
public struct OutOfMemory: Error, CustomStringConvertible {
  public let requested: Int
  public let available: Int

  public init(requested: Int, available: Int) {
    self.requested = requested
    self.available = available
  }

  public var description: String {
    "not enough memory: \(formatBytes(requested)) requested, \(formatBytes(available)) available"
  }
}

/// Says no before the kernel does: Linux overcommits, so malloc does not.
public enum Memory {
  /// Requests below this are not checked.
  public static let checkedFrom = 16 << 20
  /// `--memory`: tensors may hold so many bytes; nil for no limit of our own.
  @exclusivity(unchecked) nonisolated(unsafe) public static var limit: Int?
  /// Set by the host: a full collection, which may release tensors.
  nonisolated(unsafe) public static var collectGarbage: (() -> Void)?
  /// Set by the host: called before so many bytes are taken, collects garbage where that pays.
  nonisolated(unsafe) public static var makeRoom: ((Int) -> Void)?

  /// Throws `OutOfMemory` where so many bytes more would not fit, after one garbage collection.
  public static func request(_ bytes: Int) throws {
    if bytes < checkedFrom, limit == nil { return }
    if bytes <= available() { return }
    collectGarbage?()
    LargeBuffers.trim()
    let left = available()
    if bytes > left { throw OutOfMemory(requested: bytes, available: left) }
  }

  /// Bytes that may still be allocated: the least of free memory, cgroup, RLIMIT_AS and `limit`.
  public static func available() -> Int {
    var least = Int.max
    if let free = field("MemAvailable:", in: "/proc/meminfo") { least = free << 10 }
    for (limit, usage) in [
      ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
      (
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes"
      ),
    ] {
      if let most = field("", in: limit), let used = field("", in: usage) {
        least = min(least, max(0, most - used))
      }
    }
    var space = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &space) == 0, space.rlim_cur < 1 << 60,
      let used = field("VmSize:", in: "/proc/self/status")
    {
      least = min(least, max(0, Int(space.rlim_cur) - used << 10))
    }
    if let limit { least = min(least, max(0, limit - Int(csupport_live_bytes()))) }
    return least
  }

  /// The integer after a key in one of the kernel's text files.
  static func field(_ key: String, in path: String) -> Int? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, 256, file) != nil {
      let text = String(
        decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      guard text.hasPrefix(key) else { continue }
      return Int(text.dropFirst(key.count).drop { $0 == " " || $0 == "\t" }.prefix { $0.isNumber })
    }
    return nil
  }
}

/// `12.3 GB`, with decimal units.
public func formatBytes(_ bytes: Int) -> String {
  let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"]
  var value = Double(bytes)
  var unit = 0
  while value >= 999.5, unit < units.count - 1 {
    value /= 1000
    unit += 1
  }
  let rounded = value < 9.95 && unit > 0 ? (value * 10).rounded() / 10 : value.rounded()
  let text = rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
  return "\(text) \(units[unit])"
}
