import CTestSupport
import Glibc

/// A program on a terminal of its own, driven as a person would: send keys, wait for text.
public final class PseudoTerminal {
  public enum Failure: Error, CustomStringConvertible {
    case cannotOpen(errno: Int32)
    case notSeen(text: String, seconds: Double, screen: String)
    case ended(text: String, screen: String)
    case stillRuns(seconds: Double, screen: String)

    public var description: String {
      switch self {
      case .cannotOpen(let code): "no pseudo-terminal: errno \(code)"
      case .notSeen(let text, let seconds, let screen):
        "waited \(seconds) s for \(text.debugDescription), saw \(screen.debugDescription)"
      case .ended(let text, let screen):
        "the program ended before it wrote \(text.debugDescription); saw \(screen.debugDescription)"
      case .stillRuns(let seconds, let screen):
        "the program still runs after \(seconds) s; saw \(screen.debugDescription)"
      }
    }
  }

  public let processID: pid_t
  /// Everything the program wrote, control sequences included.
  public private(set) var transcript = ""
  /// Seconds that a wait may take unless told otherwise.
  public var timeout = 10.0

  private let master: Int32
  private var stream: Stream
  private var unread: [UInt8] = []
  private var exitStatus: Int32?

  /// Keys that have no letter.
  public enum Key {
    public static let controlA = "\u{1}"
    public static let controlC = "\u{3}"
    public static let controlD = "\u{4}"
    public static let controlZ = "\u{1A}"
    public static let tab = "\t"
    public static let enter = "\r"
    public static let escape = "\u{1B}"
    public static let up = "\u{1B}[A"
    public static let down = "\u{1B}[B"
  }

  /// Starts the command on a new terminal; its `input` is not used.
  public init(_ command: Command, rows: Int = 40, columns: Int = 120) throws {
    var name = [CChar](repeating: 0, count: 128)
    master = cts_open_terminal(&name, name.count, Int32(rows), Int32(columns))
    guard master >= 0 else { throw Failure.cannotOpen(errno: errno) }
    stream = Stream(master)
    let path = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
    do {
      processID = try command.start(input: -1, output: -1, error: -1, terminal: path)
    } catch {
      close(master)
      throw error
    }
  }

  deinit {
    if exitStatus == nil {
      kill(-processID, SIGKILL)
      kill(processID, SIGKILL)
      var (status, cpu): (Int32, Double) = (0, 0)
      cts_wait(processID, 1, &status, &cpu)
    }
    close(master)
  }

  /// Types the text as it is; end a line with `Key.enter`.
  public func send(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { write(master, $0.baseAddress, $0.count) }
      if written > 0 { bytes.removeFirst(written) } else if errno != EINTR { return }
    }
  }

  public func sendLine(_ text: String) { send(text + Key.enter) }

  /// Waits until the program has written `text` and returns what came before it; what follows it
  /// stays for the next call.
  @discardableResult
  public func expect(_ text: String, timeout: Double? = nil) throws -> String {
    let limit = timeout ?? self.timeout
    let end = ContinuousClock.now.advanced(by: .seconds(limit))
    let wanted = Array(text.utf8)
    while true {
      if let range = unread.firstRange(of: wanted) {
        let before = String(decoding: unread[..<range.lowerBound], as: UTF8.self)
        unread.removeSubrange(..<range.upperBound)
        return before
      }
      let screen = String(decoding: unread, as: UTF8.self)
      guard stream.isOpen else { throw Failure.ended(text: text, screen: screen) }
      guard ContinuousClock.now < end else {
        throw Failure.notSeen(text: text, seconds: limit, screen: screen)
      }
      readMore(until: end)
    }
  }

  /// What the program writes until it has been silent for `seconds`.
  public func readUntilSilent(_ seconds: Double = 0.2) -> String {
    var silentSince = ContinuousClock.now
    while stream.isOpen, silentSince.duration(to: .now).seconds < seconds {
      if readMore(until: silentSince.advanced(by: .seconds(seconds))) { silentSince = .now }
    }
    defer { unread.removeAll() }
    return String(decoding: unread, as: UTF8.self)
  }

  public func resize(rows: Int, columns: Int) {
    _ = cts_resize_terminal(master, Int32(rows), Int32(columns))
  }

  public func sendSignal(_ number: Int32) { kill(processID, number) }

  /// Waits for the end of the program: its exit code, or 128 + the signal's number.
  public func waitForEnd(timeout: Double? = nil) throws -> Int32 {
    if let exitStatus { return exitStatus }
    let limit = timeout ?? self.timeout
    let end = ContinuousClock.now.advanced(by: .seconds(limit))
    var (status, cpu): (Int32, Double) = (0, 0)
    while true {
      let ended = cts_wait(processID, 0, &status, &cpu)
      // What it wrote last must be read, or it could block before its end.
      while stream.isOpen, readMore(until: .now) {}
      if ended == processID {
        exitStatus = status
        return status
      }
      guard ended == 0, ContinuousClock.now < end else {
        throw Failure.stillRuns(
          seconds: limit, screen: String(decoding: unread, as: UTF8.self))
      }
      usleep(2000)
    }
  }

  /// Reads what arrives up to the given moment; false if nothing did.
  @discardableResult
  private func readMore(until end: ContinuousClock.Instant) -> Bool {
    let left = max(0, ContinuousClock.now.duration(to: end).seconds)
    var polls = [pollfd(fd: master, events: Int16(POLLIN), revents: 0)]
    guard poll(&polls, 1, Int32(min(left, 60) * 1000)) > 0 else { return false }
    stream.readMore()
    let text = stream.bytes
    unread += text
    transcript += String(decoding: text, as: UTF8.self)
    stream.removeAll()
    return !text.isEmpty
  }
}
