import CTestSupport
import Glibc

/// How a program under test ended, and what it wrote.
public struct CommandResult: Equatable, Sendable {
  public var out: String
  public var err: String
  /// The exit code, or 128 + the number of the signal that ended it.
  public var status: Int32
  public var seconds = 0.0
  public var cpuSeconds = 0.0

  public init(out: String, err: String, status: Int32) {
    self.out = out
    self.err = err
    self.status = status
  }

  public static func == (a: Self, b: Self) -> Bool {
    a.out == b.out && a.err == b.err && a.status == b.status
  }
}

public enum CommandError: Error {
  case cannotStart(program: String, errno: Int32)
  case timedOut(program: String, seconds: Double, out: String, err: String)
}

/// A command line under test.
public struct Command: Sendable {
  public var program: String
  public var arguments: [String]
  /// Bytes for standard input, which is a pipe, closed after them.
  public var input = ""
  /// Changes to the tests' own environment; nil removes a variable.
  public var environment: [String: String?] = [:]
  public var folder: String?
  public var timeout = 30.0
  /// Bytes of address space, or 0.
  public var memoryLimit = 0
  /// argv[0]; the program itself unless given.
  public var name: String?

  public init(_ program: String, _ arguments: [String] = [], input: String = "") {
    self.program = program
    self.arguments = arguments
    self.input = input
  }

  /// Runs it to its end. A program that outlives the timeout is killed with its process group.
  public func run() throws -> CommandResult {
    let begin = ContinuousClock.now
    let pipes = (input: try Pipe(), output: try Pipe(), error: try Pipe())
    let child = try start(
      input: pipes.input.read, output: pipes.output.write, error: pipes.error.write, terminal: nil)
    pipes.input.closeRead()
    pipes.output.closeWrite()
    pipes.error.closeWrite()

    var feed = Array(input.utf8)[...]
    var out = Stream(pipes.output.read)
    var err = Stream(pipes.error.read)
    if feed.isEmpty { pipes.input.closeWrite() }
    while out.isOpen || err.isOpen {
      let left = timeout - begin.duration(to: .now).seconds
      guard left > 0 else {
        kill(-child, SIGKILL)
        _ = try waitForEnd(of: child)
        throw CommandError.timedOut(
          program: program, seconds: timeout, out: out.text, err: err.text)
      }
      var polls = [
        pollfd(fd: out.isOpen ? out.descriptor : -1, events: Int16(POLLIN), revents: 0),
        pollfd(fd: err.isOpen ? err.descriptor : -1, events: Int16(POLLIN), revents: 0),
        pollfd(fd: pipes.input.write, events: Int16(POLLOUT), revents: 0),
      ]
      guard poll(&polls, nfds_t(polls.count), Int32(min(left, 1) * 1000) + 1) > 0 else { continue }
      if polls[0].revents != 0 { out.readMore() }
      if polls[1].revents != 0 { err.readMore() }
      if polls[2].revents != 0 {
        let written = feed.withUnsafeBytes {
          write(pipes.input.write, $0.baseAddress, min($0.count, 4096))
        }
        if written > 0 { feed.removeFirst(written) }
        if written < 0 && errno != EINTR || feed.isEmpty { pipes.input.closeWrite() }
      }
    }
    var result = try waitForEnd(of: child)
    result.out = out.text
    result.err = err.text
    result.seconds = begin.duration(to: .now).seconds
    return result
  }

  /// Starts it on descriptors, or on a pseudo-terminal, and returns its process id.
  func start(input: Int32, output: Int32, error: Int32, terminal: String?) throws -> pid_t {
    // A program that ends early must not end the tests by a broken pipe.
    signal(SIGPIPE, SIG_IGN)
    let argv = CStrings([name ?? program] + arguments)
    let envp = CStrings(mergedEnvironment())
    let child = program.withCString { path in
      withOptionalCString(folder) { folder in
        withOptionalCString(terminal) { terminal in
          var command = cts_command(
            path: path, arguments: argv.pointers, environment: envp.pointers, folder: folder,
            input: input, output: output, error: error, terminal: terminal,
            memory_limit: memoryLimit)
          return cts_spawn(&command)
        }
      }
    }
    guard child > 0 else { throw CommandError.cannotStart(program: program, errno: errno) }
    return child
  }

  private func mergedEnvironment() -> [String] {
    var values: [String: String] = [:]
    var next = environ
    while let entry = next.pointee {
      let parts = String(cString: entry).split(separator: "=", maxSplits: 1)
      if parts.count == 2 { values[String(parts[0])] = String(parts[1]) }
      next += 1
    }
    for (key, value) in environment { values[key] = value }
    return values.map { "\($0)=\($1)" }
  }

  private func waitForEnd(of child: pid_t) throws -> CommandResult {
    var result = CommandResult(out: "", err: "", status: -1)
    guard
      cts_wait(child, 1, &result.status, &result.cpuSeconds) == child
    else { throw CommandError.cannotStart(program: program, errno: errno) }
    return result
  }
}

extension Duration {
  public var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
