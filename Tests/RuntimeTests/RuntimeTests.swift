import Runtime
import Synchronization
import Testing

@Suite("Worker pool", .serialized) struct WorkerPoolTests {
  @Test("each chunk runs once, over many loops, whatever the number of threads")
  func everyChunkOnce() throws {
    let pool = WorkerPool.shared
    let before = pool.threadCount
    defer { pool.threadCount = before }
    for threads in [1, 2, 5] {
      pool.threadCount = threads
      for round in 0..<2000 {
        let count = round % 17 + 1
        let hits = (0..<count).map { _ in Counter() }
        try pool.run(chunks: count) { hits[$0].value.add(1, ordering: .relaxed) }
        #expect(hits.allSatisfy { $0.value.load(ordering: .relaxed) == 1 })
      }
    }
  }

  @Test("a loop inside a loop finishes")
  func nested() throws {
    let total = Counter()
    try WorkerPool.shared.run(chunks: 8) { _ in
      try WorkerPool.shared.run(chunks: 8) { _ in total.value.add(1, ordering: .relaxed) }
    }
    #expect(total.value.load(ordering: .relaxed) == 64)
  }

  @Test("ranges cover the count without overlap")
  func ranges() throws {
    for (count, grain) in [(0, 4), (1, 4), (4, 4), (5, 4), (1001, 7)] {
      let seen = (0..<count).map { _ in Counter() }
      try WorkerPool.shared.run(count: count, grain: grain) { range in
        for i in range { seen[i].value.add(1, ordering: .relaxed) }
      }
      #expect(seen.allSatisfy { $0.value.load(ordering: .relaxed) == 1 })
    }
  }

  @Test("the first error of a chunk, in their order, ends a loop and comes to its caller")
  func errors() throws {
    struct Failed: Error, Equatable { let chunk: Int }
    let pool = WorkerPool.shared
    let before = pool.threadCount
    defer { pool.threadCount = before }
    for threads in [1, 2, 5] {
      pool.threadCount = threads
      for round in 0..<200 {
        let first = round % 50
        let hits = (0..<100).map { _ in Counter() }
        #expect(throws: Failed(chunk: first)) {
          try pool.run(chunks: 100) { chunk in
            hits[chunk].value.add(1, ordering: .relaxed)
            if chunk == first || chunk == first + 3 { throw Failed(chunk: chunk) }
          }
        }
        #expect(hits.prefix(first + 1).allSatisfy { $0.value.load(ordering: .relaxed) == 1 })
      }
      let after = Counter()
      try pool.run(chunks: 100) { _ in after.value.add(1, ordering: .relaxed) }
      #expect(after.value.load(ordering: .relaxed) == 100)
    }
  }

  @Test("an error in a loop inside a loop comes to the outer caller")
  func nestedErrors() throws {
    struct Failed: Error {}
    #expect(throws: Failed.self) {
      try WorkerPool.shared.run(chunks: 8) { _ in
        try WorkerPool.shared.run(chunks: 8) { if $0 == 5 { throw Failed() } }
      }
    }
  }

  @Test("a whole loop runs every chunk")
  func wholeLoops() {
    for (count, grain) in [(0, 4), (1, 4), (4, 4), (5, 4), (1001, 7)] {
      let seen = (0..<count).map { _ in Counter() }
      WorkerPool.shared.runWhole(count: count, grain: grain) { range in
        for i in range { seen[i].value.add(1, ordering: .relaxed) }
      }
      #expect(seen.allSatisfy { $0.value.load(ordering: .relaxed) == 1 })
    }
  }

  final class Counter: Sendable {
    let value = Atomic<Int>(0)
  }
}

@Suite("Memory") struct MemoryTests {
  @Test("bytes are written with one decimal below ten")
  func bytes() {
    #expect(formatBytes(0) == "0 B" && formatBytes(1500) == "1.5 kB")
    #expect(formatBytes(24_000_000_000) == "24 GB" && formatBytes(999_600) == "1 MB")
  }

  @Test("an array beyond the machine is refused, whatever its elements")
  func arrays() throws {
    try Memory.request(1000, of: Double.self)
    #expect(throws: OutOfMemory.self) { try Memory.request(1 << 47, of: Double.self) }
    #expect(throws: OutOfMemory.self) { try Memory.request(.max, of: (Double, Double).self) }
    #expect(throws: OutOfMemory.self) { try checkedArray(repeating: 0, count: 1 << 50) }
    var meter = MemoryMeter()
    #expect(throws: OutOfMemory.self) { for _ in 0..<100 { try meter.take(1 << 45) } }
    var list = [1, 2]
    #expect(throws: OutOfMemory.self) { try list.reserveChecked(.max) }
    try list.reserveChecked(100)
    #expect(list == [1, 2] && list.capacity >= 102)
  }

  @Test("numbers become integers without ending the process")
  func clamping() {
    let numbers = [2.9, -2.9, .nan, .infinity, -.infinity, 1e300, -1e300, 0x1p63, -0x1p63]
    #expect(
      numbers.map { Int(clamping: $0) }
        == [2, -2, 0, .max, .min, .max, .min, .max, .min])
  }

  @Test("a request beyond the machine is refused with both figures, a small one is not")
  func requests() throws {
    try Memory.request(1 << 20)
    var text = ""
    do { try Memory.request(1 << 50) } catch { text = "\(error)" }
    #expect(text.hasPrefix("not enough memory: 1.1 PB requested, ") && text.hasSuffix(" available"))
  }
}

@Suite("Large buffers") struct LargeBufferTests {
  @Test("a freed block serves the next request of about its size, at any use of the heap between")
  func reuse() throws {
    let size = 5 << 20
    let first = try #require(LargeBuffers.allocate(size))
    LargeBuffers.release(first, byteCount: size)
    let second = try #require(LargeBuffers.allocate(size - 100))
    #expect(first == second)
    LargeBuffers.release(second, byteCount: size - 100)
    LargeBuffers.trim()
  }

  @Test(
    "blocks of sizes out of use make room for the one in use, which comes back with its content")
  func makesRoom() throws {
    LargeBuffers.trim()
    let stale = try (40...79).map { size in
      (block: try #require(LargeBuffers.allocate(size << 16)), size: size << 16)
    }
    for (block, size) in stale { LargeBuffers.release(block, byteCount: size) }
    let size = 11 << 20
    let first = try #require(LargeBuffers.allocate(size))
    first.storeBytes(of: 42, toByteOffset: 12_345, as: UInt8.self)
    LargeBuffers.release(first, byteCount: size)
    let second = try #require(LargeBuffers.allocate(size))
    // A block fresh from the kernel holds zeros.
    #expect(second.load(fromByteOffset: 12_345, as: UInt8.self) == 42)
    LargeBuffers.release(second, byteCount: size)
    LargeBuffers.trim()
  }

  @Test("what was in use at once is kept for the next step")
  func keepsAStep() throws {
    LargeBuffers.trim()
    let size = 24 << 20
    func step(_ found: UInt8) throws {
      let blocks = try (0..<5).map { _ in try #require(LargeBuffers.allocate(size)) }
      for block in blocks {
        #expect(block.load(fromByteOffset: 777, as: UInt8.self) == found)
        block.storeBytes(of: 42, toByteOffset: 777, as: UInt8.self)
      }
      for block in blocks { LargeBuffers.release(block, byteCount: size) }
    }
    try step(0)
    try step(42)
    LargeBuffers.trim()
    try step(0)
    LargeBuffers.trim()
  }

  @Test("what does not fit at all is nil") func impossible() {
    #expect(LargeBuffers.allocate(1 << 60) == nil)
  }
}
