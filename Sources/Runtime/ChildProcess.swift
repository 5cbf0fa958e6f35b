// A part of the work in a process of its own: a copy of this one (fork) that runs one function, sends bytes
// back through a pipe and ends. It shares the memory of its parent as it was, until one of the two writes;
// what it does to its own, and how it ends, its parent does not feel.

import CSupport
import Glibc

package final class ChildProcess {
  package enum Ending: Equatable {
    /// Its function returned; `output` is what it sent.
    case finished
    /// Its function threw; `output` is the message.
    case failed
    case interrupted
    /// By a call of exit from inside.
    case exited(code: Int)
    case killed(signal: Int)
  }

  package let id: Int
  package private(set) var ending: Ending?
  package private(set) var output: [UInt8] = []
  /// The most memory it held at a time, pages shared with its parent included.
  package private(set) var peakBytes = 0
  private var pipe: Int32
  /// The process that started it: its other children have this object too.
  private let parent = getpid()

  private init(id: Int32, pipe: Int32) {
    self.id = Int(clamping: id)
    self.pipe = pipe
  }

  deinit { stop() }

  /// Whether this process is such a child.
  nonisolated(unsafe) public private(set) static var isChild = false

  private static let finishedCode: Int32 = 0
  private static let failedCode: Int32 = 121
  private static let interruptedCode: Int32 = 122

  /// Starts a child that runs `body`, with so many threads, and sends what it returns or the text of what it
  /// throws. This call returns in the parent alone.
  package static func start(threads: Int, _ body: () throws -> [UInt8]) throws -> ChildProcess {
    try Cancellation.check()
    var (source, sink): (Int32, Int32) = (-1, -1)
    guard csupport_pipe(&source, &sink) else { throw failure() }
    let id = csupport_fork()
    if id < 0 {
      let error = failure()
      close(source)
      close(sink)
      throw error
    }
    if id == 0 {
      close(source)
      isChild = true
      WorkerPool.shared.restart(threads: threads)
      runOnFreshThread(body, sendingTo: sink)
    }
    close(sink)
    _ = fcntl(source, F_SETFL, O_NONBLOCK)
    return ChildProcess(id: id, pipe: source)
  }

  private static func failure() -> FileError {
    FileError("cannot start a process: \(String(cString: strerror(errno)))")
  }

  /// What the host knows of the thread that forks: gives what tells it to another thread, which goes on in its place.
  nonisolated(unsafe) package static var carryThread: () -> () -> Void = { {} }

  /// The child's function runs on a thread that is made in the child. Swift's run time locks what is made once
  /// (a `static let`, a first cast) by the number of the thread, which each thread keeps from its first lock on. The
  /// thread that forked has its parent's number still: where a second thread waits for such a lock, the kernel refuses to
  /// let that number unlock it, and both wait for ever.
  private static func runOnFreshThread(
    _ body: () throws -> [UInt8], sendingTo pipe: Int32
  ) -> Never {
    withoutActuallyEscaping(body) { body in
      let arrive = carryThread()
      let work = Unmanaged.passRetained(
        Work {
          arrive()
          run(body, sendingTo: pipe)
        })
      var thread = pthread_t()
      let status = pthread_create(
        &thread, nil,
        { argument in
          if let argument { Unmanaged<Work>.fromOpaque(argument).takeUnretainedValue().body() }
          return nil
        }, work.toOpaque())
      if status == 0 { pthread_join(thread, nil) }
      run(body, sendingTo: pipe)
    }
  }

  private final class Work {
    let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
  }

  private static func run(_ body: () throws -> [UInt8], sendingTo pipe: Int32) -> Never {
    var bytes: [UInt8]
    var code = finishedCode
    do { bytes = try body() } catch {
      code = error is Cancelled || Cancellation.isRequested ? interruptedCode : failedCode
      bytes = Array("\(error)".utf8)
    }
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        write(pipe, $0.baseAddress.map { $0 + sent }, bytes.count - sent)
      }
      if count < 0, errno != EINTR { break }
      sent += max(count, 0)
    }
    csupport_end_child(code)
  }

  /// Waits until one of the children has ended, for at most so many seconds; its place among them. One that
  /// was found before is found again.
  package static func wait(_ children: [ChildProcess], seconds: Double) throws -> Int? {
    let start = ContinuousClock.now
    while true {
      if let place = children.firstIndex(where: { $0.hasEnded() }) { return place }
      try Cancellation.check()
      let passed = ContinuousClock.now - start
      let left =
        seconds - Double(passed.components.seconds) - Double(passed.components.attoseconds) * 1e-18
      if children.isEmpty || left <= 0 { return nil }
      var polled = children.map { pollfd(fd: $0.pipe, events: Int16(POLLIN), revents: 0) }
      // Not for longer: a pipe that others hold open too says nothing of the end.
      poll(
        &polled, nfds_t(polled.count),
        Int32(clamping: Int(clamping: (min(left, 0.05) * 1e3).rounded(.up))))
      // A pipe is closed a moment before its process is gone.
      if polled.contains(where: { $0.revents & Int16(POLLHUP) != 0 }) { usleep(200) }
    }
  }

  /// Takes in what was sent, and whether that was all.
  private func hasEnded() -> Bool {
    if ending != nil { return true }
    receive()
    let found = csupport_ending_of(Int32(clamping: id))
    guard found.has_ended else { return false }
    receive()
    close(pipe)
    pipe = -1
    peakBytes = Int(clamping: found.peak_bytes)
    ending =
      switch (found.signal, found.code) {
      case (0, Self.finishedCode): .finished
      case (0, Self.failedCode): .failed
      case (0, Self.interruptedCode): .interrupted
      case (0, let code): .exited(code: Int(clamping: code))
      case (let signal, _): .killed(signal: Int(clamping: signal))
      }
    return true
  }

  private func receive() {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(pipe, &buffer, buffer.count)
      if count > 0 {
        output += buffer[..<count]
      } else if count == 0 || errno != EINTR {
        return
      }
    }
  }

  /// Ends it by force, where it has not ended by itself; nothing of it is left then.
  package func stop() {
    guard ending == nil, parent == getpid() else { return }
    csupport_stop_child(Int32(clamping: id))
    close(pipe)
    pipe = -1
    ending = .killed(signal: Int(clamping: SIGKILL))
  }
}
