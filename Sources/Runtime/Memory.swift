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

/// Says no before the kernel does: Linux overcommits, so malloc does not, and Swift ends the process
/// where malloc does.
///
/// Tensors are counted one by one, Lua's heap by its allocator. Arrays are asked for
/// (`CheckedArray.swift`) and counted until the next look at the system, which says what is left of
/// them; a look comes with each request of some megabytes, so that small requests cost a comparison.
public enum Memory {
  /// Requests below this are not held against the machine.
  public static let checkedFrom = 16 << 20
  /// Set by the host: a full collection, which may release tensors.
  nonisolated(unsafe) public static var collectGarbage: (() -> Void)?
  /// Set by the host: called before so many bytes are taken, collects garbage where that pays.
  nonisolated(unsafe) public static var makeRoom: ((Int) -> Void)?
  /// Set by the host: the bytes that Lua holds.
  nonisolated(unsafe) public static var hostBytes: (() -> Int)?

  /// `--memory`: what tensors, arrays and Lua may hold together; nil for no limit of our own.
  public static var limit: Int? {
    get {
      let limit = Int(clamping: csupport_memory_limit())
      return limit > 0 ? limit : nil
    }
    set {
      base = anonymousBytes()
      csupport_set_memory_limit(Int64(newValue ?? 0))
    }
  }

  /// What the program held when the limit was set, which does not count.
  @exclusivity(unchecked) nonisolated(unsafe) private static var base = 0
  /// The limit of address space (`ulimit -v`), where there is one; then some of it is set aside.
  private static let mostAddresses: Int? = {
    var space = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &space) == 0, space.rlim_cur < 1 << 60
    else { return nil }
    _ = csupport_keep_reserve()
    return Int(clamping: space.rlim_cur)
  }()

  /// To be called before the first request: sets address space aside where it is limited.
  public static func prepare() { _ = mostAddresses }

  /// Throws `OutOfMemory` where so many bytes more would not fit, after one garbage collection.
  public static func request(_ bytes: Int) throws {
    if csupport_reserve_was_used() { try restoreReserve(for: bytes) }
    if bytes < checkedFrom {
      let limit = csupport_memory_limit()
      if limit == 0 || Int64(bytes) <= limit - Int64(heldBytes) { return }
    } else if bytes <= available() {
      return
    }
    try requestAfterCollection(bytes)
  }

  /// The same for arrays: they are counted until the next look at the system.
  static func requestArray(_ bytes: Int) throws {
    if csupport_ask_few_bytes(Int64(bytes)) { return }
    if csupport_reserve_was_used() { try restoreReserve(for: bytes) }
    guard bytes < 1 << 60 else { throw OutOfMemory(requested: bytes, available: available()) }
    let isLimited = mostAddresses != nil || csupport_memory_limit() > 0
    csupport_set_bytes_until_look(isLimited ? 1 << 20 : Int64(checkedFrom))
    lookAtArrays()
    if bytes > available() { try requestAfterCollection(bytes) }
    _ = csupport_ask_array_bytes(Int64(bytes))
  }

  private static func requestAfterCollection(_ bytes: Int) throws {
    collectGarbage?()
    LargeBuffers.trim()
    csupport_release_free_blocks()
    lookAtArrays()
    let left = available()
    if bytes > left { throw OutOfMemory(requested: bytes, available: left) }
  }

  /// An allocation has used what was set aside: goes on only where it can be set aside again.
  private static func restoreReserve(for bytes: Int) throws {
    if csupport_keep_reserve() { return }
    collectGarbage?()
    LargeBuffers.trim()
    csupport_release_free_blocks()
    if !csupport_keep_reserve() { throw OutOfMemory(requested: bytes, available: 0) }
  }

  // MARK: What is there

  /// Bytes of tensors, arrays and Lua, as far as they are counted.
  private static var heldBytes: Int {
    Int(clamping: csupport_live_bytes() &+ csupport_array_bytes()) + (hostBytes?() ?? 0)
  }

  /// Arrays hold what the process has beside tensors, freed blocks and Lua's heap.
  private static func lookAtArrays() {
    let known =
      base + LargeBuffers.keptBytes + Int(clamping: csupport_live_bytes()) + (hostBytes?() ?? 0)
    csupport_set_array_bytes(Int64(max(0, anonymousBytes() - known)))
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
    if let most = mostAddresses, let used = pages().first {
      least = min(least, max(0, most - used * pageBytes))
    }
    if let limit { least = min(least, max(0, limit - heldBytes)) }
    return least
  }

  private static let pageBytes = sysconf(Int32(_SC_PAGESIZE))

  /// Resident memory that is no file's.
  private static func anonymousBytes() -> Int {
    let pages = pages()
    return pages.count > 2 ? max(0, pages[1] - pages[2]) * pageBytes : 0
  }

  /// Pages of the process: all, resident, resident of files.
  private static func pages() -> [Int] {
    guard let line = firstLine(of: "/proc/self/statm") else { return [] }
    return line.split(separator: " ").prefix(3).compactMap { Int($0, radix: 10) }
  }

  /// The integer after a key in one of the kernel's text files.
  static func field(_ key: String, in path: String) -> Int? {
    guard let line = firstLine(of: path, startingWith: key) else { return nil }
    let digits = line.dropFirst(key.count).drop { $0 == " " || $0 == "\t" }.prefix { $0.isNumber }
    return Int(digits, radix: 10)
  }

  private static func firstLine(of path: String, startingWith key: String = "") -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { line in
      guard let start = line.baseAddress else { return nil }
      while fgets(start, 256, file) != nil {
        if strncmp(start, key, key.utf8.count) == 0 { return String(cString: start) }
      }
      return nil
    }
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
  let text = rounded == rounded.rounded() ? "\(Int(clamping: rounded))" : "\(rounded)"
  return "\(text) \(units[unit])"
}
