import Catalog
import Glibc
import KernelsBase
import Runtime

/// What random numbers are for. Each purpose has its own Philox key, so that drawing more of one kind
/// never shifts another.
public enum RandomPurpose: UInt64 {
  case general = 1, data, initialization, time, noise, shuffle, sampling, split, bootstrap
  case probe, metric, augmentation
}

/// A reproducible source of random numbers, given as an argument wherever numbers are drawn.
///
/// Philox 4×32-10 (Salmon et al. 2011) with key `mix(seed, purpose)`: the number at (call, row,
/// element) does not depend on how many rows are drawn at once, nor on the number of threads.
public final class RandomStream: Object {
  public static var typeName: String { "stream" }

  public let seed: Int
  public let key: UInt64
  /// Draws made so far; the next one uses this as its counter.
  public private(set) var step: UInt32 = 0

  /// Tells streams that a recorded function makes from those that were there before it.
  let born = Recording.mark()

  /// Rows before the first one of each draw: a stream that stands for part of a larger one.
  public let firstRow: UInt64

  public init(seed: Int, purpose: RandomPurpose = .general, firstRow: UInt64 = 0) {
    self.seed = seed
    self.firstRow = firstRow
    key = mix(seed: UInt64(bitPattern: Int64(seed)), purpose: purpose.rawValue)
  }

  public func describe() -> String { "stream(seed \(seed), \(step) draws)" }

  /// The counter of this draw; later draws are independent of it.
  public func nextStep() -> UInt32 {
    if let recording = Recording.current, born < recording.birth { Recording.refuseDraw() }
    DrawLog.note(self)
    defer { step &+= 1 }
    return step
  }

  /// Independent N(0, 1) numbers.
  public func normal(_ shape: Shape, _ dtype: DType = .float32) throws -> Tensor {
    if let recording = Recording.current {
      return try drawn(.normal, recording) { try normal(shape, dtype) }
    }
    return try draw(
      shape, dtype, step: nextStep(), firstRow: firstRow, float: kernels.normal,
      double: kernels.normal)
  }

  /// Independent U(0, 1) numbers, ends excluded.
  public func uniform(_ shape: Shape, _ dtype: DType = .float32) throws -> Tensor {
    if let recording = Recording.current {
      return try drawn(.uniform, recording) { try uniform(shape, dtype) }
    }
    return try draw(
      shape, dtype, step: nextStep(), firstRow: firstRow, float: kernels.uniform,
      double: kernels.uniform)
  }

  /// The N(0, 1) numbers of some rows of draw `step`: those that `normal` would give there if it drew
  /// all rows at once. The stream does not move on.
  public func normal(_ shape: Shape, _ dtype: DType, step: UInt32, firstRow: Int) throws -> Tensor {
    try draw(
      shape, dtype, step: step, firstRow: UInt64(firstRow), float: kernels.normal,
      double: kernels.normal)
  }

  /// The U(0, 1) numbers of some rows of draw `step`, likewise.
  public func uniform(_ shape: Shape, _ dtype: DType, step: UInt32, firstRow: Int) throws -> Tensor
  {
    try draw(
      shape, dtype, step: step, firstRow: UInt64(firstRow), float: kernels.uniform,
      double: kernels.uniform)
  }

  /// A random order of `0 ..< count` (Fisher–Yates).
  public func permutation(_ count: Int) throws -> [Int] {
    guard count <= Int32.max else {
      throw UserError("n must be at most \(Int32.max), got \(count)")
    }
    try Memory.request(count * MemoryLayout<Int>.size)
    var order = [Int32](repeating: 0, count: count)
    try shuffle(&order, key: key, step: nextStep(), row: 0, poll: Cancellation.check)
    return try order.polledMap { Int(clamping: $0) }
  }

  /// Independent integers from a range, each as likely (Lemire's multiply, exact to 2^-64).
  public func integers(_ count: Int, _ range: ClosedRange<Int>) throws -> [Int] {
    guard count <= 1 << 40 else { throw UserError("n must be at most \(1 << 40), got \(count)") }
    try Memory.request(count * 2 * MemoryLayout<Int>.size)
    let words = UnsafeMutablePointer<UInt32>.allocate(capacity: max(2 * count, 1))
    defer { words.deallocate() }
    try fillWords(
      words, 2 * count, key: key, step: nextStep(), row: 0, poll: Cancellation.check)
    // 0 stands for 2^64, the width of all integers.
    let width = UInt64(bitPattern: Int64(range.upperBound &- range.lowerBound)) &+ 1
    return try (0..<count).polledMap {
      let word = UInt64(words[2 * $0]) << 32 | UInt64(words[2 * $0 + 1])
      let place = width == 0 ? word : word.multipliedFullWidth(by: width).high
      return range.lowerBound &+ Int(truncatingIfNeeded: place)
    }
  }

  /// A draw from a stream that a recorded function made itself starts from the same seed in every
  /// run, and is a constant; any other is drawn anew in each run of the program.
  private func drawn(_ law: DrawnLaw, _ recording: Recording, _ body: () throws -> Tensor) throws
    -> Tensor
  {
    if born >= recording.birth { return try recording.pausing(body) }
    return try recording.note(draw: law, self, body)
  }

  /// The next draw of a law, into memory that a program has planned.
  package func draw(_ law: DrawnLaw, into result: Tensor) throws {
    switch law {
    case .normal:
      try draw(
        into: result, step: nextStep(), firstRow: firstRow, float: kernels.normal,
        double: kernels.normal)
    case .uniform:
      try draw(
        into: result, step: nextStep(), firstRow: firstRow, float: kernels.uniform,
        double: kernels.uniform)
    }
  }

  /// Goes back to an earlier draw, so that it can be made once more.
  package func rewind(to step: UInt32) { self.step = step }

  /// A kernel of a law: where to, rows, columns, key, step, first row and first block.
  private typealias FloatDraw = (
    UnsafeMutablePointer<Float>, Int, Int, UInt64, UInt32, UInt64, UInt64
  ) -> Void
  private typealias DoubleDraw = (
    UnsafeMutablePointer<Double>, Int, Int, UInt64, UInt32, UInt64, UInt64
  ) -> Void

  private func draw(
    _ shape: Shape, _ dtype: DType, step: UInt32, firstRow: UInt64,
    float: FloatDraw, double: DoubleDraw
  ) throws -> Tensor {
    let result = try Tensor(uninitialized: shape, dtype)
    try draw(into: result, step: step, firstRow: firstRow, float: float, double: double)
    return result
  }

  /// Fills a dense tensor.
  private func draw(
    into result: Tensor, step: UInt32, firstRow: UInt64, float: FloatDraw, double: DoubleDraw
  ) throws {
    switch result.dtype {
    case .float32: try draw(result, result.pointer(Float.self), step, firstRow, float)
    case .float64: try draw(result, result.pointer(Double.self), step, firstRow, double)
    default:
      throw UserError("random numbers need dtype float32 or float64, got \(result.dtype.rawValue)")
    }
  }

  /// Rows are shared out over the threads, long ones in pieces.
  private func draw<T: Element>(
    _ result: Tensor, _ out: UnsafeMutablePointer<T>, _ step: UInt32, _ firstRow: UInt64,
    _ numbers: (UnsafeMutablePointer<T>, Int, Int, UInt64, UInt32, UInt64, UInt64) -> Void
  ) throws {
    let rows = result.shape.rank == 0 ? 1 : result.shape[0]
    let columns = rows == 0 ? 0 : result.elementCount / rows
    if columns == 0 { return }
    let piece = parallelGrain / 4
    if columns <= 4 * piece {
      return try WorkerPool.shared.run(count: rows, grain: max(1, piece / columns)) {
        numbers(
          out + $0.lowerBound * columns, $0.count, columns, key, step,
          firstRow + UInt64($0.lowerBound), 0)
      }
    }
    let pieces = (columns + piece - 1) / piece
    let blockLength = T.self == Float.self ? 4 : 2
    try WorkerPool.shared.run(chunks: rows * pieces) { chunk in
      let (row, part) = chunk.quotientAndRemainder(dividingBy: pieces)
      let first = part * piece
      numbers(
        out + row * columns + first, 1, min(piece, columns - first), key, step,
        firstRow + UInt64(row), UInt64(first / blockLength))
    }
  }
}

/// The words of one long row, in pieces.
private func fillWords(
  _ words: UnsafeMutablePointer<UInt32>, _ count: Int, key: UInt64, step: UInt32, row: UInt64,
  poll: () throws -> Void
) rethrows {
  let piece = 1 << 15
  for first in stride(from: 0, to: count, by: piece) {
    try poll()
    kernels.words(
      words + first, rows: 1, columns: min(piece, count - first), key: key, step: step,
      firstRow: row, firstBlock: UInt64(first / 4))
  }
}

/// Fills `order` with a random permutation of its indices; no allocation beyond a block of words.
/// - Parameter poll: called every few thousand elements; what it throws ends the work.
public func shuffle(
  _ order: inout [Int32], key: UInt64, step: UInt32, row: UInt64, poll: () throws -> Void = {}
) rethrows {
  let count = order.count
  for i in 0..<count { order[i] = Int32(truncatingIfNeeded: i) }
  if count < 2 { return }
  try withUnsafeTemporaryAllocation(of: UInt32.self, capacity: count) { words in
    guard let base = words.baseAddress else { return }
    try fillWords(base, count, key: key, step: step, row: row, poll: poll)
    for i in stride(from: count - 1, to: 0, by: -1) {
      if i & 0x3FFF == 0 { try poll() }
      let j = Int(clamping: (UInt64(base[i]) &* UInt64(i + 1)) >> 32)
      order.swapAt(i, j)
    }
  }
}

/// Fills `places` with independent indices below `count`, each as likely to 2⁻³² · `count`.
package func drawIndices(
  _ places: inout [Int32], below count: Int, key: UInt64, row: UInt64,
  poll: () throws -> Void = {}
) rethrows {
  try withUnsafeTemporaryAllocation(of: UInt32.self, capacity: places.count) { words in
    guard let base = words.baseAddress else { return }
    try fillWords(base, places.count, key: key, step: 0, row: row, poll: poll)
    for i in places.indices {
      places[i] = Int32(truncatingIfNeeded: (UInt64(base[i]) &* UInt64(count)) >> 32)
    }
  }
}

/// The seeds that functions use when a script names none.
public enum SessionSeed {
  /// `--seed`.
  nonisolated(unsafe) public private(set) static var base = 0
  /// How many were given out.
  nonisolated(unsafe) static var used: UInt64 = 0

  public static func start(_ seed: Int) {
    base = seed
    used = 0
  }

  /// The next seed of the session: exact in a Lua number and in JSON, and never one a user would type.
  public static func next() -> Int {
    Recording.current?.refuse(
      "a seed that grad.compile would freeze: name the seed, or pass a stream as an argument")
    used += 1
    return Int(
      clamping: mix(seed: UInt64(bitPattern: Int64(base)), purpose: 0xD1F7 &+ used << 16) >> 11)
  }
}
