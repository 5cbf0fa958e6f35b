// How many of a row of booleans are true, eight at a time.

import Runtime

extension Tensor {
  /// The sum of a bool tensor seen as [outer, length, inner] over its middle axis, as int64.
  func countedTrue(_ outer: Int, _ length: Int, _ inner: Int, into result: Tensor) throws {
    let x = UnsafeRawPointer(pointer(Bool.self)).assumingMemoryBound(to: UInt8.self)
    let y = result.pointer(Int64.self)
    if inner == 1, outer == 1 {
      // Counts of pieces, added in any order: integers do not care.
      let piece = 1 << 16
      let pieces = (length + piece - 1) / piece
      let memory = try Tensor(uninitialized: [pieces], .int64)
      let parts = memory.pointer(Int64.self)
      try WorkerPool.shared.run(chunks: pieces) { index in
        let start = index * piece
        parts[index] = Int64(trueBytes(x + start, min(piece, length - start)))
      }
      y[0] = withExtendedLifetime(memory) { (0..<pieces).reduce(0) { $0 + parts[$1] } }
      return
    }
    try WorkerPool.shared.run(count: outer, grain: max(1, parallelGrain / max(length * inner, 1))) {
      for o in $0 {
        let block = x + o * length * inner
        if inner == 1 {
          y[o] = Int64(trueBytes(block, length))
          continue
        }
        let sums = y + o * inner
        for i in 0..<inner { sums[i] = 0 }
        for k in 0..<length {
          let row = block + k * inner
          for i in 0..<inner { sums[i] += Int64(row[i]) }
        }
      }
    }
  }
}

/// The sum of bytes that are 0 or 1. Each byte of a word counts for itself up to 255 words.
private func trueBytes(_ x: UnsafePointer<UInt8>, _ n: Int) -> Int {
  let words = UnsafeRawPointer(x)
  let even: UInt64 = 0x00FF_00FF_00FF_00FF
  var total = 0
  var i = 0
  while i + 8 <= n {
    let end = min(i + 8 * 255, n - n % 8)
    var counts: UInt64 = 0
    while i < end {
      counts &+= words.loadUnaligned(fromByteOffset: i, as: UInt64.self)
      i += 8
    }
    let pairs = (counts & even) &+ (counts &>> 8 & even)
    total += Int(clamping: (pairs &* 0x0001_0001_0001_0001) &>> 48)
  }
  while i < n {
    total += Int(clamping: x[i])
    i += 1
  }
  return total
}
