// The safetensors format: eight bytes with the header's length, a JSON header
// {"name": {"dtype", "shape", "data_offsets"}, …}, then the elements, little-endian, one tensor after
// the other without holes (github.com/huggingface/safetensors, README).

import Catalog
import Runtime
import Tensors

package enum Safetensors {
  package struct Content {
    /// In the order of their names.
    package let tensors: [(name: String, tensor: Tensor)]
    /// The header's `__metadata__`: texts by name.
    package let metadata: [(key: String, value: String)]
  }

  /// No header is longer in the reference implementation.
  private static let mostHeader = 100_000_000

  package static func read(_ bytes: [UInt8], path: String) throws -> Content {
    guard bytes.count >= 8 else {
      throw FileError("\(path): ends at byte \(bytes.count), inside the header's length")
    }
    let length = (0..<8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64(bytes[$1]) }
    guard length <= UInt64(bytes.count - 8), length <= mostHeader else {
      throw FileError(
        "\(path): the header's length at byte 0 is \(length), the file has \(bytes.count - 8) "
          + "bytes after it")
    }
    let start = 8 + Int(length)
    let header = try bytes.withUnsafeBytes {
      try JSONReader.value(of: UnsafeRawBufferPointer(rebasing: $0[8..<start]), path: path)
    }
    guard case .map(let entries) = header else {
      throw FileError("\(path): the header is not a JSON object")
    }
    let tensors = try entries.filter { $0.key != "__metadata__" }.map { name, entry in
      (name.text, try tensor(entry, bytes, start, "\(path): \(name)"))
    }.sorted { $0.0 < $1.0 }
    let metadata = entries.first { $0.key == "__metadata__" }?.value
    return Content(
      tensors: tensors, metadata: try metadata.map { try texts($0, "\(path): __metadata__") } ?? [])
  }

  private static func texts(_ value: Value, _ name: String) throws -> [(key: String, value: String)]
  {
    guard case .map(let pairs) = value else {
      throw FileError("\(name) is \(value.describe()), expected an object")
    }
    return try pairs.map { key, value in
      guard case .string(let text) = value else {
        throw FileError("\(name).\(key) is \(value.describe()), expected a string")
      }
      return (key.text, text)
    }
  }

  private static func tensor(_ entry: Value, _ bytes: [UInt8], _ start: Int, _ name: String) throws
    -> Tensor
  {
    guard case .map(let fields) = entry else {
      throw FileError("\(name): its entry in the header is not an object")
    }
    func field(_ key: String) -> Value { fields.first { $0.key.text == key }?.value ?? .none }
    guard case .string(let dtype) = field("dtype"), let kind = ElementKind(safetensors: dtype)
    else {
      throw FileError("\(name): dtype is \(field("dtype").describe()), which is not known")
    }
    let lengths = try integers(field("shape"), "\(name): shape")
    let shape: Shape
    do { shape = try Shape(checking: lengths) } catch { throw FileError("\(name): \(error)") }
    let offsets = try integers(field("data_offsets"), "\(name): data_offsets")
    let need = try kind.byteCount(of: shape, name)
    guard offsets.count == 2, offsets[0] >= 0, offsets[0] <= offsets[1],
      offsets[1] <= bytes.count - start
    else {
      throw FileError(
        "\(name): data_offsets are \(offsets), the file has \(bytes.count - start) bytes of data")
    }
    guard offsets[1] - offsets[0] == need else {
      throw FileError(
        "\(name): shape \(shape) of \(dtype) needs \(need) bytes, data_offsets span "
          + "\(offsets[1] - offsets[0])")
    }
    return try bytes.withUnsafeBytes {
      try kind.tensor(
        UnsafeRawBufferPointer(rebasing: $0[start + offsets[0]..<start + offsets[1]]), shape)
    }
  }

  private static func integers(_ value: Value, _ name: String) throws -> [Int] {
    guard case .list(let items) = value else {
      throw FileError("\(name) is \(value.describe()), expected a list of integers")
    }
    return try items.map {
      guard case .integer(let number) = $0 else {
        throw FileError("\(name) holds \($0.describe()), expected integers")
      }
      return number
    }
  }

  package static func bytes(
    of tensors: [(name: String, tensor: Tensor)], metadata: [(key: String, value: String)] = []
  ) throws -> [UInt8] {
    var entries: [(key: String, value: Value)] = []
    if !metadata.isEmpty {
      entries.append(("__metadata__", .named(metadata.map { ($0.key, .string($0.value)) })))
    }
    var data: [UInt8] = []
    for (name, tensor) in tensors {
      let first = data.count
      try data.append(elementsOf: tensor)
      let dtype =
        switch tensor.dtype {
        case .float32: "F32"
        case .float64: "F64"
        case .int64: "I64"
        case .bool: "BOOL"
        }
      entries.append(
        (
          name,
          .map([
            ("dtype", .string(dtype)), ("shape", .list(tensor.shape.map { .integer($0) })),
            ("data_offsets", .list([.integer(first), .integer(data.count)])),
          ])
        ))
    }
    var header = Array(try JSON.text(.named(entries)).utf8)
    // The data begin at a multiple of eight bytes.
    while header.count % 8 != 0 { header.append(0x20) }
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }
    return length + header + data
  }
}
