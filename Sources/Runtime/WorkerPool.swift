import CSupport
import Glibc
import Synchronization

/// Threads that share the chunks of one parallel loop at a time.
///
/// How work is cut into chunks is the caller's matter and must depend on shapes only; which thread
/// runs a chunk then does not change a bit of the result. A loop started from inside another runs on
/// its own thread alone. Workers spin for a moment after a loop and then sleep.
public final class WorkerPool: @unchecked Sendable {
  public static let shared = WorkerPool()

  /// Threads that work on a loop, the caller's included. Set it before heavy work (`--threads`).
  public var threadCount: Int {
    get { wanted.load(ordering: .relaxed) }
    set { wanted.store(max(1, min(newValue, 256)), ordering: .relaxed) }
  }

  private let wanted = Atomic<Int>(Int(clamping: csupport_core_count()))
  private let busy = Atomic<Bool>(false)
  private let isOpen = Atomic<Bool>(false)
  private let generation = Atomic<Int>(0)
  private let nextChunk = Atomic<Int>(0)
  private let active = Atomic<Int>(0)
  private let sleeping = Atomic<Int>(0)
  private let hasStopped = Atomic<Bool>(false)
  /// The error of the first chunk, in their order, that threw one.
  private let failure = Guarded<(chunk: Int, error: any Error)?>(nil)
  private var chunkCount = 0
  private var canStop = true
  private var body: ((Int) throws -> Void)?
  private var started = 1
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  private init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  /// Runs `body(0)` … `body(chunks − 1)`, each once, and returns when all are done. A request to cancel
  /// is seen before each chunk and an error ends the loop after the chunks that run: then it throws, and
  /// what the loop should have written is not whole.
  public func run(chunks: Int, _ body: (Int) throws -> Void) throws {
    if chunks <= 0 { return }
    let alone = chunks == 1 || threadCount == 1
    if alone || busy.exchange(true, ordering: .acquiring) {
      for chunk in 0..<chunks {
        try Cancellation.check()
        try body(chunk)
      }
      return
    }
    defer { busy.store(false, ordering: .releasing) }
    try share(chunks, canStop: true, body)
  }

  /// The same without an end before the last chunk: for short loops that change in place what must stay
  /// whole, as an optimizer's step does.
  public func runWhole(chunks: Int, _ body: (Int) -> Void) {
    if chunks <= 0 { return }
    let alone = chunks == 1 || threadCount == 1
    if alone || busy.exchange(true, ordering: .acquiring) {
      for chunk in 0..<chunks { body(chunk) }
      return
    }
    defer { busy.store(false, ordering: .releasing) }
    do { try share(chunks, canStop: false, body) } catch {
      preconditionFailure("a loop without an end before the last chunk threw \(error)")
    }
  }

  private func share(_ chunks: Int, canStop: Bool, _ body: (Int) throws -> Void) throws {
    startThreads()
    withoutActuallyEscaping(body) { escaping in
      self.body = escaping
      self.canStop = canStop
      chunkCount = chunks
      nextChunk.store(0, ordering: .relaxed)
      isOpen.store(true, ordering: .sequentiallyConsistent)
      generation.add(1, ordering: .sequentiallyConsistent)
      if sleeping.load(ordering: .sequentiallyConsistent) > 0 {
        pthread_mutex_lock(mutex)
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
      }
      claimChunks()
      isOpen.store(false, ordering: .sequentiallyConsistent)
      while active.load(ordering: .sequentiallyConsistent) > 0 { csupport_pause() }
      self.body = nil
    }
    guard hasStopped.load(ordering: .relaxed) else { return }
    hasStopped.store(false, ordering: .relaxed)
    let found = failure.withLock { failure in
      defer { failure = nil }
      return failure
    }
    if let found { throw found.error }
  }

  /// Cuts `0..<count` into an even number of equal ranges of at most `grain` elements, or leaves it
  /// whole, and runs them in parallel. Where `grain` is a number of whole vectors, so are they.
  /// Where a range begins is no multiple of `grain`: what keeps something for each chunk runs `chunks`.
  public func run(count: Int, grain: Int, _ body: (Range<Int>) throws -> Void) throws {
    if count <= grain {
      try Cancellation.check()
      if count > 0 { try body(0..<count) }
      return
    }
    let length = WorkerPool.rangeLength(count, grain)
    try run(chunks: (count + length - 1) / length) { chunk in
      try body(chunk * length..<min(count, (chunk + 1) * length))
    }
  }

  public func runWhole(count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
    if count <= grain {
      if count > 0 { body(0..<count) }
      return
    }
    let length = WorkerPool.rangeLength(count, grain)
    runWhole(chunks: (count + length - 1) / length) { chunk in
      body(chunk * length..<min(count, (chunk + 1) * length))
    }
  }

  private static func rangeLength(_ count: Int, _ grain: Int) -> Int {
    let chunks = ((count + grain - 1) / grain + 1) & ~1
    let even = (count + chunks - 1) / chunks
    return grain % 16 == 0 ? (even + 15) & ~15 : even
  }

  private func claimChunks() {
    while !hasStopped.load(ordering: .relaxed) {
      let chunk = nextChunk.add(1, ordering: .relaxed).oldValue
      if chunk >= chunkCount { return }
      do {
        if canStop { try Cancellation.check() }
        try body?(chunk)
      } catch {
        failure.withLock { if chunk < $0?.chunk ?? .max { $0 = (chunk, error) } }
        hasStopped.store(true, ordering: .relaxed)
      }
    }
  }

  // MARK: Threads

  private func startThreads() {
    while started < threadCount {
      var thread = pthread_t()
      let pool = Unmanaged.passUnretained(self).toOpaque()
      let status = pthread_create(
        &thread, nil,
        { argument in
          csupport_block_signals()
          if let argument {
            Unmanaged<WorkerPool>.fromOpaque(argument).takeUnretainedValue().work()
          }
          return nil
        }, pool)
      if status != 0 { return }
      pthread_detach(thread)
      started += 1
    }
  }

  /// In a child process, which has none of its parent's threads: those it needs start anew.
  func restart(threads: Int) {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
    (started, threadCount) = (1, threads)
    busy.store(false, ordering: .relaxed)
    isOpen.store(false, ordering: .relaxed)
    hasStopped.store(false, ordering: .relaxed)
    active.store(0, ordering: .relaxed)
    sleeping.store(0, ordering: .relaxed)
    failure.withLock { $0 = nil }
  }

  private func work() {
    var seen = 0
    while true {
      seen = waitForWork(after: seen)
      active.add(1, ordering: .sequentiallyConsistent)
      // `active` was raised first, so a loop that is still open stays open until we are done.
      if isOpen.load(ordering: .sequentiallyConsistent) { claimChunks() }
      active.subtract(1, ordering: .sequentiallyConsistent)
    }
  }

  private func waitForWork(after seen: Int) -> Int {
    for _ in 0..<4000 {
      let now = generation.load(ordering: .acquiring)
      if now != seen { return now }
      csupport_pause()
    }
    pthread_mutex_lock(mutex)
    sleeping.add(1, ordering: .sequentiallyConsistent)
    while generation.load(ordering: .sequentiallyConsistent) == seen {
      pthread_cond_wait(condition, mutex)
    }
    sleeping.subtract(1, ordering: .sequentiallyConsistent)
    pthread_mutex_unlock(mutex)
    return generation.load(ordering: .acquiring)
  }
}
