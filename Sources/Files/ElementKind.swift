// The element types that array files hold, and how they become the four that tensors have.

import Catalog
import Runtime
import Tensors

struct ElementKind {
  enum Family { case float, signed, unsigned, boolean, brainFloat }

  let family: Family
  let size: Int
  let isSwapped: Bool

  /// Stored with the low byte first.
  init(_ family: Family, _ size: Int) {
    (self.family, self.size, isSwapped) = (family, size, false)
  }

  private init(swapping other: ElementKind) {
    (family, size, isSwapped) = (other.family, other.size, other.size > 1)
  }

  /// The same with the high byte first.
  var swapped: ElementKind { ElementKind(swapping: self) }

  /// Tells one kind from another.
  var name: String { "\(family)\(size)" }

  /// NumPy's notation: `<f4`, `>i2`, `|u1`, `|b1`; `f8` without a mark is the machine's order.
  init?(descr: String) {
    let order = descr.first.flatMap { "<>|=".contains($0) ? $0 : nil }
    switch order == nil ? descr[...] : descr.dropFirst() {
    case "f2": (family, size) = (.float, 2)
    case "f4": (family, size) = (.float, 4)
    case "f8": (family, size) = (.float, 8)
    case "i1": (family, size) = (.signed, 1)
    case "i2": (family, size) = (.signed, 2)
    case "i4": (family, size) = (.signed, 4)
    case "i8": (family, size) = (.signed, 8)
    case "u1": (family, size) = (.unsigned, 1)
    case "u2": (family, size) = (.unsigned, 2)
    case "u4": (family, size) = (.unsigned, 4)
    case "u8": (family, size) = (.unsigned, 8)
    case "b1": (family, size) = (.boolean, 1)
    default: return nil
    }
    isSwapped = order == ">" && size > 1
  }

  /// The notation of safetensors: `F32`, `BF16`, `I64`, `BOOL`.
  init?(safetensors name: String) {
    let known: [String: (Family, Int)] = [
      "F64": (.float, 8), "F32": (.float, 4), "F16": (.float, 2), "BF16": (.brainFloat, 2),
      "I64": (.signed, 8), "I32": (.signed, 4), "I16": (.signed, 2), "I8": (.signed, 1),
      "U64": (.unsigned, 8), "U32": (.unsigned, 4), "U16": (.unsigned, 2), "U8": (.unsigned, 1),
      "BOOL": (.boolean, 1),
    ]
    guard let (family, size) = known[name] else { return nil }
    self.family = family
    self.size = size
    isSwapped = false
  }

  /// The tensor type that holds it without loss where there is one.
  var dtype: DType {
    switch (family, size) {
    case (.float, 8): .float64
    case (.float, _), (.brainFloat, _): .float32
    case (.boolean, _): .bool
    default: .int64
    }
  }

  /// Whether a tensor holds the very bytes.
  private var isKeptAsStored: Bool {
    switch (family, size) {
    case (.float, 4), (.float, 8), (.signed, 8): !isSwapped
    default: false
    }
  }

  func byteCount(of shape: Shape, _ name: String) throws -> Int {
    let (bytes, overflows) = shape.elementCount.multipliedReportingOverflow(by: size)
    guard !overflows else { throw FileError("\(name): shape \(shape) is larger than any file") }
    return bytes
  }

  /// A tensor from the stored elements, whose number is that of the shape.
  ///
  /// - Parameter name: the file and the tensor, for errors.
  func tensor(_ source: UnsafeRawBufferPointer, _ shape: Shape, _ name: String) throws -> Tensor {
    let tensor = try Tensor(uninitialized: shape, dtype)
    let count = shape.elementCount
    if isKeptAsStored {
      try Cancellation.copy(source, to: tensor.storage.base)
      return tensor
    }
    switch (family, size) {
    case (.float, 8):
      try load(UInt64.self, source, count, tensor.pointer(Double.self)) { Double(bitPattern: $0) }
    case (.float, 4):
      try load(UInt32.self, source, count, tensor.pointer(Float.self)) { Float(bitPattern: $0) }
    case (.float, _):
      try load(UInt16.self, source, count, tensor.pointer(Float.self)) { Float(half: $0) }
    case (.brainFloat, _):
      try load(UInt16.self, source, count, tensor.pointer(Float.self)) {
        Float(bitPattern: UInt32($0) << 16)
      }
    case (.boolean, _): try load(UInt8.self, source, count, tensor.pointer(Bool.self)) { $0 != 0 }
    case (.signed, 8):
      try load(UInt64.self, source, count, tensor.pointer(Int64.self)) { Int64(bitPattern: $0) }
    case (.signed, 4):
      try load(UInt32.self, source, count, tensor.pointer(Int64.self)) {
        Int64(Int32(bitPattern: $0))
      }
    case (.signed, 2):
      try load(UInt16.self, source, count, tensor.pointer(Int64.self)) {
        Int64(Int16(bitPattern: $0))
      }
    case (.signed, _):
      try load(UInt8.self, source, count, tensor.pointer(Int64.self)) {
        Int64(Int8(bitPattern: $0))
      }
    case (.unsigned, 8):
      try loadUnsigned(source, count, tensor.pointer(Int64.self), name)
    case (.unsigned, 4):
      try load(UInt32.self, source, count, tensor.pointer(Int64.self)) { Int64($0) }
    case (.unsigned, 2):
      try load(UInt16.self, source, count, tensor.pointer(Int64.self)) { Int64($0) }
    case (.unsigned, _):
      try load(UInt8.self, source, count, tensor.pointer(Int64.self)) { Int64($0) }
    }
    return tensor
  }

  private func load<Stored: FixedWidthInteger, T>(
    _ stored: Stored.Type, _ source: UnsafeRawBufferPointer, _ count: Int,
    _ target: UnsafeMutablePointer<T>, _ convert: (Stored) -> T
  ) throws {
    // Written out, since a closure here costs half as much again.
    var done = 0
    while done < count {
      try Cancellation.check()
      let end = min(count, done + Cancellation.blockLength)
      for i in done..<end {
        let raw = source.loadUnaligned(
          fromByteOffset: i * MemoryLayout<Stored>.size, as: Stored.self)
        target[i] = convert(isSwapped ? raw.byteSwapped : raw)
      }
      done = end
    }
  }

  private func loadUnsigned(
    _ source: UnsafeRawBufferPointer, _ count: Int, _ target: UnsafeMutablePointer<Int64>,
    _ name: String
  ) throws {
    try Cancellation.inBlocks(count) {
      for i in $0 {
        let raw = source.loadUnaligned(fromByteOffset: i * 8, as: UInt64.self)
        let value = isSwapped ? raw.byteSwapped : raw
        guard let fitting = Int64(exactly: value) else {
          throw FileError("\(name): element \(i + 1) is \(value), which does not fit in an int64")
        }
        target[i] = fitting
      }
    }
  }
}

extension Float {
  /// IEEE 754 half precision.
  init(half bits: UInt16) {
    let sign: Float = bits & 0x8000 == 0 ? 1 : -1
    let exponent = Int(clamping: bits >> 10 & 0x1F)
    let fraction = Float(bits & 0x3FF)
    switch exponent {
    case 0: self = sign * fraction * 0x1p-24
    case 31: self = fraction == 0 ? sign * .infinity : .nan
    default:
      self =
        sign * (1 + fraction / 1024) * Float(sign: .plus, exponent: exponent - 15, significand: 1)
    }
  }
}
