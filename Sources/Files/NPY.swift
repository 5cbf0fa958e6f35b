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
  static func read(_ bytes: [UInt8], name: String) throws -> Tensor {
    let (header, start) = try headerText(bytes, name)
    let descr = try field("descr", header, name)
    let order = try field("fortran_order", header, name)
    let shape = try shape(try field("shape", header, name), name)
    guard let kind = ElementKind(descr: descr) else {
      throw FileError("\(name): descr is \(descr), which is no plain number type")
    }
    guard order == "True" || order == "False" else {
      throw FileError("\(name): fortran_order is \(order), expected True or False")
    }
    let need = try kind.byteCount(of: shape, name)
    guard bytes.count - start >= need else {
      throw FileError(
        "\(name): shape \(shape) of \(descr) needs \(need) bytes from byte \(start) on, "
          + "there are \(bytes.count - start)")
    }
    let isFortran = order == "True" && shape.rank > 1
    let stored = isFortran ? Shape(shape.reversed()) : shape
    let tensor = try bytes.withUnsafeBytes {
      try kind.tensor(UnsafeRawBufferPointer(rebasing: $0[start..<start + need]), stored)
    }
    return isFortran ? try tensor.permuted(Array((0..<shape.rank).reversed())).copied() : tensor
  }

  private static func headerText(_ bytes: [UInt8], _ name: String) throws -> (String, Int) {
    guard bytes.count >= 10, bytes.starts(with: magic) else {
      throw FileError("\(name): not an npy file: the first bytes are not \\x93NUMPY")
    }
    let isLong = bytes[6] >= 2
    guard (1...3).contains(bytes[6]) else {
      throw FileError("\(name): npy version \(bytes[6]).\(bytes[7]) at byte 6 is not known")
    }
    let first = isLong ? 12 : 10
    guard bytes.count >= first else { throw FileError("\(name): ends in its header, at byte 8") }
    let length = (8..<first).reversed().reduce(0) { $0 << 8 | Int(bytes[$1]) }
    guard bytes.count - first >= length else {
      throw FileError(
        "\(name): the header's length at byte 8 is \(length), the file ends after "
          + "\(bytes.count - first)")
    }
    return (String(decoding: bytes[first..<first + length], as: UTF8.self), first + length)
  }

  /// The text of one entry of the header's dictionary, `'<f4'` without its quotes.
  private static func field(_ key: String, _ header: String, _ name: String) throws -> String {
    for quote in ["'", "\""] {
      guard let place = header.firstRange(of: "\(quote)\(key)\(quote)") else { continue }
      var rest = header[place.upperBound...].drop { $0 == " " }
      guard rest.first == ":" else { break }
      rest = rest.dropFirst().drop { $0 == " " }
      if rest.first == "(" {
        guard let end = rest.firstIndex(of: ")") else { break }
        return String(rest[...end])
      }
      return String(
        rest.prefix { $0 != "," && $0 != "}" && $0 != "\n" }.filter { !"'\" ".contains($0) })
    }
    throw FileError("\(name): the header has no '\(key)'")
  }

  private static func shape(_ text: String, _ name: String) throws -> Shape {
    let parts = text.dropFirst().dropLast().split(separator: ",").map { $0.filter { $0 != " " } }
    let lengths = parts.filter { !$0.isEmpty }.map { Int($0) }
    guard text.hasPrefix("("), !lengths.contains(nil) else {
      throw FileError("\(name): shape is \(text), expected a tuple of integers")
    }
    do { return try Shape(checking: lengths.compactMap { $0 }) } catch {
      throw FileError("\(name): \(error)")
    }
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
    var bytes = magic + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)]
    bytes += Array(header.utf8)
    try bytes.append(elementsOf: tensor)
    return bytes
  }
}

extension [UInt8] {
  /// The tensor's elements in row-major order, as they lie in memory.
  mutating func append(elementsOf tensor: Tensor) throws {
    let dense = try tensor.densified()
    let start = dense.storage.base + dense.offset * dense.dtype.byteCount
    append(
      contentsOf: UnsafeRawBufferPointer(
        start: start, count: dense.elementCount * dense.dtype.byteCount))
  }
}
