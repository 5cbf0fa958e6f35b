import Runtime

extension Tensor {
  /// A hash of the element type and of all bits in the order of the elements. float32 and int64 have the hash that files of
  /// training runs hold, by which they know their data.
  package func checksum() throws -> String {
    let dense = try densified()
    var hash = BitHash(type: dtype == .float64 ? 1 : dtype == .bool ? 2 : 0)
    switch dtype {
    case .int64: try hash.take(dense.pointer(Int64.self), elementCount) { UInt64(bitPattern: $0) }
    case .float32: try hash.take(dense.pointer(Float.self), elementCount) { UInt64($0.bitPattern) }
    case .float64: try hash.take(dense.pointer(Double.self), elementCount) { $0.bitPattern }
    case .bool: try hash.take(dense.pointer(Bool.self), elementCount) { $0 ? 1 : 0 }
    }
    return hash.text
  }
}

/// Two hashes of 64 bits that words are folded into, one after the other.
private struct BitHash {
  private var first = 0x9E37_79B9_7F4A_7C15 as UInt64
  private var second = 0xC2B2_AE3D_27D4_EB4F as UInt64

  init(type: UInt64) { second &+= type }

  var text: String { String(first, radix: 16) + "-" + String(second, radix: 16) }

  mutating func take<Element>(
    _ numbers: UnsafePointer<Element>, _ count: Int, _ word: (Element) -> UInt64
  ) throws {
    for i in 0..<count {
      let word = word(numbers[i])
      first = (first ^ word) &* 0x0000_0100_0000_01B3
      first ^= first >> 29
      second = (second &+ word) &* 0xFF51_AFD7_ED55_8CCD
      second ^= second >> 33
      if i & 0xF_FFFF == 0 { try Cancellation.check() }
    }
  }
}
