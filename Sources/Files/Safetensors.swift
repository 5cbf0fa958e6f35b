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
    let start = 8 + Int(clamping: length)
    guard length > 0, bytes[8] == UInt8(ascii: "{") else {
      throw FileError("\(path): the header at byte 8 does not begin with '{'")
    }
    let header = try bytes.withUnsafeBytes {
      try JSONReader.value(of: UnsafeRawBufferPointer(rebasing: $0[8..<start]), path: path)
    }
    guard case .map(let entries) = header else {
      throw FileError("\(path): the header is not a JSON object")
    }
    let places = try entries.filter { $0.key != "__metadata__" }.map { name, entry in
      try Place(entry, name.text, path, dataCount: bytes.count - start)
    }
    try checkCovered(places, path, dataCount: bytes.count - start)
    let tensors = try places.map { place in
      try Cancellation.check()
      let tensor = try bytes.withUnsafeBytes {
        try place.kind.tensor(
          UnsafeRawBufferPointer(
            rebasing: $0[start + place.range.lowerBound..<start + place.range.upperBound]),
          place.shape, "\(path): \(place.name)")
      }
      return (name: place.name, tensor: tensor)
    }.sorted { $0.name < $1.name }
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

  /// Where the elements of a tensor lie, as its entry in the header says.
  private struct Place {
    let name: String
    let kind: ElementKind
    let shape: Shape
    /// Bytes of the data, behind the header.
    let range: Range<Int>

    init(_ entry: Value, _ tensor: String, _ path: String, dataCount: Int) throws {
      name = tensor
      let place = "\(path): \(shownText(tensor.utf8))"
      guard case .map(let fields) = entry else {
        throw FileError("\(place): its entry in the header is not an object")
      }
      func field(_ key: String) -> Value { fields.first { $0.key.text == key }?.value ?? .none }
      guard case .string(let dtype) = field("dtype"), let kind = ElementKind(safetensors: dtype)
      else {
        throw FileError("\(place): dtype is \(field("dtype").describe()), which is not known")
      }
      self.kind = kind
      let lengths = try Place.integers(field("shape"), "\(place): shape")
      do { shape = try Shape(checking: lengths) } catch { throw FileError("\(place): \(error)") }
      let offsets = try Place.integers(field("data_offsets"), "\(place): data_offsets")
      let need = try kind.byteCount(of: shape, place)
      guard offsets.count == 2, offsets[0] >= 0, offsets[0] <= offsets[1], offsets[1] <= dataCount
      else {
        throw FileError(
          "\(place): data_offsets are \(offsets), the file has \(dataCount) bytes of data")
      }
      guard offsets[1] - offsets[0] == need else {
        throw FileError(
          "\(place): shape \(shape) of \(dtype) needs \(need) bytes, data_offsets span "
            + "\(offsets[1] - offsets[0])")
      }
      range = offsets[0]..<offsets[1]
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
  }

  /// The tensors lie one after the other from the first byte of the data to the last: no byte belongs to
  /// two of them, or to none.
  private static func checkCovered(_ places: [Place], _ path: String, dataCount: Int) throws {
    var end = 0
    let order = places.sorted {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }
    for place in order {
      let start = place.range.lowerBound
      guard start == end else {
        throw FileError(
          "\(path): \(shownText(place.name.utf8)): its data begin at byte \(start), "
            + (start < end ? "inside those of another tensor, which end" : "those before it end")
            + " at byte \(end)")
      }
      end = place.range.upperBound
    }
    guard end == dataCount else {
      throw FileError(
        "\(path): the tensors end at byte \(end) of the data, the file at byte \(dataCount)")
    }
  }

  /// - Parameter half: float32 is stored as float16, rounded to the nearest.
  package static func bytes(
    of tensors: [(name: String, tensor: Tensor)], metadata: [(key: String, value: String)] = [],
    half: Bool = false
  ) throws -> [UInt8] {
    try Names.check(
      tensors.map(\.name), in: "value", format: "a safetensors file", reserved: ["__metadata__"])
    var entries: [(key: String, value: Value)] = []
    if !metadata.isEmpty {
      entries.append(("__metadata__", .named(metadata.map { ($0.key, .string($0.value)) })))
    }
    var end = 0
    for (name, tensor) in tensors {
      let first = end
      // A sum that wraps is refused below, where memory is asked for.
      let isHalved = half && tensor.dtype == .float32
      end &+= tensor.elementCount * (isHalved ? 2 : tensor.dtype.byteCount)
      let dtype =
        switch tensor.dtype {
        case .float32: isHalved ? "F16" : "F32"
        case .float64: "F64"
        case .int64: "I64"
        case .bool: "BOOL"
        }
      entries.append(
        (
          name,
          .map([
            ("dtype", .string(dtype)), ("shape", .list(tensor.shape.map { .integer($0) })),
            ("data_offsets", .list([.integer(first), .integer(end)])),
          ])
        ))
    }
    var header = Array(try JSON.text(.named(entries)).utf8)
    // The data begin at a multiple of eight bytes.
    while header.count % 8 != 0 { header.append(0x20) }
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }
    if half { return try tensors.reduce(into: length + header, appendHalved) }
    return try Array(length + header, followedBy: tensors.map(\.tensor))
  }

  private static func appendHalved(
    _ bytes: inout [UInt8], _ named: (name: String, tensor: Tensor)
  ) throws {
    guard named.tensor.dtype == .float32 else {
      bytes = try Array(bytes, followedBy: [named.tensor])
      return
    }
    let values = try named.tensor.densified()
    let elements = values.pointer(Float.self)
    try Memory.request(2 * values.elementCount, of: UInt8.self)
    bytes.reserveCapacity(bytes.count + 2 * values.elementCount)
    for index in 0..<values.elementCount {
      let number = Float16(elements[index])
      guard number.isFinite || !elements[index].isFinite else {
        throw FileError(
          "\(shownText(named.name.utf8)): \(elements[index]) does not fit in a float16, whose largest "
            + "number is 65504")
      }
      bytes.append(UInt8(truncatingIfNeeded: number.bitPattern))
      bytes.append(UInt8(truncatingIfNeeded: number.bitPattern >> 8))
    }
  }
}
