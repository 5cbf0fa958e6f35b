// NumPy's array format: a header in Python's notation, then the elements
// (numpy.lib.format, versions 1.0 to 3.0).

import Catalog
import Runtime
import Tensors

enum NPY {
  static let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]

  // MARK: Reading

  /// A tensor from the bytes of a `.npy` file. Small integers become int64, half precision float32;
  /// either byte order and either element order is understood.
  ///
  /// - Throws: `NPYHeader.OtherType` where a sound file holds something else than numbers.
  static func read(_ bytes: [UInt8], name: String) throws -> Tensor {
    let (text, start) = try headerText(bytes, name)
    let header = try NPYHeader(text, name)
    let need = try header.kind.byteCount(of: header.shape, name)
    guard bytes.count - start >= need else {
      throw FileError(
        "\(name): shape \(header.shape) of \(header.descr) needs \(need) bytes from byte \(start) "
          + "on, there are \(bytes.count - start)")
    }
    guard bytes.count - start == need else {
      throw FileError(
        "\(name): goes on for \(bytes.count - start - need) bytes after the array's last element")
    }
    let isFortran = header.isFortran && header.shape.rank > 1
    let stored = isFortran ? Shape(header.shape.reversed()) : header.shape
    let tensor = try bytes.withUnsafeBytes {
      try header.kind.tensor(
        UnsafeRawBufferPointer(rebasing: $0[start..<start + need]), stored, name)
    }
    guard isFortran else { return tensor }
    return try tensor.permuted(Array((0..<header.shape.rank).reversed())).copied()
  }

  /// Shape, type and first byte of an array, from the start of its file.
  static func layout(_ bytes: [UInt8], name: String) throws -> ([Int], ElementKind, start: Int) {
    let (text, start) = try headerText(bytes, name)
    do {
      let header = try NPYHeader(text, name)
      guard !header.isFortran || header.shape.rank < 2 else {
        throw FileError(
          "\(name): is stored column by column; numpy.ascontiguousarray stores it by rows")
      }
      return (Array(header.shape), header.kind, start)
    } catch let other as NPYHeader.OtherType { throw FileError(other.message) }
  }

  private static func headerText(_ bytes: [UInt8], _ name: String) throws -> (String, Int) {
    guard bytes.count >= 10, bytes.starts(with: magic) else {
      throw FileError("\(name): not an npy file: the first bytes are not \\x93NUMPY")
    }
    let isLong = bytes[6] >= 2
    guard (1...3).contains(bytes[6]), bytes[7] == 0 else {
      throw FileError("\(name): npy version \(bytes[6]).\(bytes[7]) at byte 6 is not known")
    }
    let first = isLong ? 12 : 10
    guard bytes.count >= first else { throw FileError("\(name): ends in its header, at byte 8") }
    let length = (8..<first).reversed().reduce(0) { $0 << 8 | Int(clamping: bytes[$1]) }
    guard bytes.count - first >= length else {
      throw FileError(
        "\(name): the header's length at byte 8 is \(length), the file ends after "
          + "\(bytes.count - first)")
    }
    // Latin-1 in versions 1 and 2, UTF-8 in version 3; what is read here is ASCII in all of them.
    return (String(decoding: bytes[first..<first + length], as: UTF8.self), first + length)
  }

  // MARK: Writing

  /// The bytes of a `.npy` file, version 1.0, little-endian, in C order.
  static func bytes(of tensor: Tensor) throws -> [UInt8] {
    let descr =
      switch tensor.dtype {
      case .float32: "<f4"
      case .float64: "<f8"
      case .int64: "<i8"
      case .bool: "|b1"
      }
    let lengths = tensor.shape.map(String.init).joined(separator: ", ")
    let tuple = tensor.rank == 1 ? "(\(lengths),)" : "(\(lengths))"
    var header = "{'descr': '\(descr)', 'fortran_order': False, 'shape': \(tuple), }"
    let padding = 63 - (10 + header.utf8.count) % 64
    header += String(repeating: " ", count: padding) + "\n"
    let length = header.utf8.count
    let start = magic + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + Array(header.utf8)
    return try Array(start, followedBy: [tensor])
  }
}

extension [UInt8] {
  /// The bytes of a file: its header, then the elements of the tensors one after the other, each in
  /// row-major order as they lie in memory.
  init(_ header: [UInt8], followedBy tensors: [Tensor]) throws {
    let total = try tensors.reduce(header.count) {
      let (sum, overflows) = $0.addingReportingOverflow($1.elementCount * $1.dtype.byteCount)
      if overflows { try Memory.request(.max, of: UInt8.self) }
      return sum
    }
    try self.init(checkedCapacity: total) { buffer, count in
      guard let base = buffer.baseAddress else { return }
      try header.withUnsafeBytes { try Cancellation.copy($0, to: base) }
      count = header.count
      for tensor in tensors {
        let dense = try tensor.densified()
        let bytes = UnsafeRawBufferPointer(
          start: dense.storage.base + dense.offset * dense.dtype.byteCount,
          count: dense.elementCount * dense.dtype.byteCount)
        try Cancellation.copy(bytes, to: base + count)
        count += bytes.count
      }
    }
  }
}
