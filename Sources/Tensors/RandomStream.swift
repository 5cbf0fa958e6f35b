import Catalog
import Glibc
import KernelsBase
import Runtime

/// What random numbers are for. Each purpose has its own Philox key, so that drawing more of one kind
/// never shifts another.
public enum RandomPurpose: UInt64 {
  case general = 1, data, initialization, time, noise, shuffle, sampling, split, bootstrap
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

  /// A random order of `0 ..< count` (Fisher–Yates).
  public func permutation(_ count: Int) throws -> [Int] {
    guard count <= Int32.max else {
      throw UserError("n must be at most \(Int32.max), got \(count)")
    }
    try Memory.request(count * MemoryLayout<Int>.size)
    var order = [Int32](repeating: 0, count: count)
    shuffle(&order, key: key, step: nextStep(), row: 0)
    return order.map(Int.init)
  }

  /// Independent integers from a range, each as likely (Lemire's multiply, exact to 2^-64).
  public func integers(_ count: Int, _ range: ClosedRange<Int>) throws -> [Int] {
    guard count <= 1 << 40 else { throw UserError("n must be at most \(1 << 40), got \(count)") }
    try Memory.request(count * 2 * MemoryLayout<Int>.size)
    let words = UnsafeMutablePointer<UInt32>.allocate(capacity: max(2 * count, 1))
    defer { words.deallocate() }
    kernels.words(words, rows: 1, columns: 2 * count, key: key, step: nextStep(), firstRow: 0)
    // 0 stands for 2^64, the width of all integers.
    let width = UInt64(bitPattern: Int64(range.upperBound &- range.lowerBound)) &+ 1
    return (0..<count).map {
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

  private func draw(
    _ shape: Shape, _ dtype: DType, step: UInt32, firstRow: UInt64,
    float: (UnsafeMutablePointer<Float>, Int, Int, UInt64, UInt32, UInt64) -> Void,
    double: (UnsafeMutablePointer<Double>, Int, Int, UInt64, UInt32, UInt64) -> Void
  ) throws -> Tensor {
    let result = try Tensor(uninitialized: shape, dtype)
    try draw(into: result, step: step, firstRow: firstRow, float: float, double: double)
    return result
  }

  /// Fills a dense tensor.
  private func draw(
    into result: Tensor, step: UInt32, firstRow: UInt64,
    float: (UnsafeMutablePointer<Float>, Int, Int, UInt64, UInt32, UInt64) -> Void,
    double: (UnsafeMutablePointer<Double>, Int, Int, UInt64, UInt32, UInt64) -> Void
  ) throws {
    let (shape, dtype) = (result.shape, result.dtype)
    let rows = shape.rank == 0 ? 1 : shape[0]
    let columns = rows == 0 ? 0 : shape.elementCount / rows
    if columns == 0 { return }
    let grain = max(1, parallelGrain / 4 / columns)
    switch dtype {
    case .float32:
      let out = result.pointer(Float.self)
      try WorkerPool.shared.run(count: rows, grain: grain) {
        float(
          out + $0.lowerBound * columns, $0.count, columns, key, step,
          firstRow + UInt64($0.lowerBound))
      }
    case .float64:
      let out = result.pointer(Double.self)
      try WorkerPool.shared.run(count: rows, grain: grain) {
        double(
          out + $0.lowerBound * columns, $0.count, columns, key, step,
          firstRow + UInt64($0.lowerBound))
      }
    default:
      throw UserError("random numbers need dtype float32 or float64, got \(dtype.rawValue)")
    }
  }
}

/// Fills `order` with a random permutation of its indices; no allocation beyond a block of words.
public func shuffle(_ order: inout [Int32], key: UInt64, step: UInt32, row: UInt64) {
  let count = order.count
  for i in 0..<count { order[i] = Int32(truncatingIfNeeded: i) }
  if count < 2 { return }
  withUnsafeTemporaryAllocation(of: UInt32.self, capacity: count) { words in
    guard let base = words.baseAddress else { return }
    kernels.words(base, rows: 1, columns: count, key: key, step: step, firstRow: row)
    for i in stride(from: count - 1, to: 0, by: -1) {
      let j = Int(clamping: (UInt64(base[i]) &* UInt64(i + 1)) >> 32)
      order.swapAt(i, j)
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
