// Files of torch.save: a pickle that describes tables and tensors, and storages with the elements. Since
// PyTorch 1.6 a zip archive with the members `NAME/data.pkl` and `NAME/data/KEY`; before it several pickles one
// after the other and then the storages, each behind the number of its elements (torch/serialization.py).

import Catalog
import Runtime
import Tensors

package enum TorchFile {
  /// Tables by name and lists, with tensors, numbers and texts in them. Tensors of one storage share it here too.
  static func read(_ bytes: [UInt8], path: String) throws -> Value {
    if bytes.starts(with: [0x50, 0x4B]) { return try readArchive(bytes, path) }
    if bytes.starts(with: oldStart) { return try readOld(bytes, path) }
    throw FileError(
      "\(path): not a file of torch.save: it begins neither as a zip archive nor as a pickle of it")
  }

  // MARK: Archives

  private static func readArchive(_ bytes: [UInt8], _ path: String) throws -> Value {
    var members: [String: [UInt8]] = [:]
    try ZipArchive.forEachMember(of: bytes, path: path) { members[$0] = $1 }
    let pickles = members.keys.filter { $0 == "data.pkl" || $0.hasSuffix("/data.pkl") }
    guard let name = pickles.first, pickles.count == 1, let program = members[name] else {
      throw FileError(
        "\(path): not a file of torch.save: the archive has \(pickles.count) members named data.pkl"
      )
    }
    let folder = String(name.dropLast("data.pkl".count))
    if members["\(folder)constants.pkl"] != nil {
      throw FileError(
        "\(path): holds a program of TorchScript; torch.save(model.state_dict(), path) writes the tensors alone"
      )
    }
    let isBig = members["\(folder)byteorder"].map { $0.starts(with: Array("big".utf8)) } ?? false
    let machine = Pickle(program, path: "\(path): \(name)")
    let value = try machine.next()
    let storages = TorchStorages(path: path, isSwapped: isBig) {
      members["\(folder)data/\($0)"]?[...]
    }
    return try withExtendedLifetime(machine) { try converted(value, storages, size: program.count) }
  }

  // MARK: Old files

  /// A pickle of the number 0x1950A86A20F9469CFC6C.
  private static let oldStart: [UInt8] = [
    0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E,
  ]

  private static func readOld(_ bytes: [UInt8], _ path: String) throws -> Value {
    let machine = Pickle(bytes, at: oldStart.count, path: path)
    guard case .integer(1001) = try machine.next() else {
      throw machine.failure("is of a version of torch.save that is not known")
    }
    var isBig = false
    if case .table(let system) = try machine.next() {
      for case (.text("little_endian"), .boolean(let isLittle)) in system.pairs {
        isBig = !isLittle
      }
    }
    // Each machine keeps what one pickle made, so that the value outlives the pickle of the keys.
    let value = try machine.next()
    let kinds = try TorchStorages.kinds(in: value, path: path)
    let list = Pickle(bytes, at: machine.place, path: path)
    guard case .sequence(let keys) = try list.next() else {
      throw list.failure("lists no storages")
    }
    var place = list.place
    var parts: [String: ArraySlice<UInt8>] = [:]
    for case .text(let key) in keys.items {
      guard bytes.count - place >= 8 else {
        throw FileError("\(path): ends before storage \(shownText(key.utf8)), at byte \(place)")
      }
      let count = bytes[place..<place + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      place += 8
      guard let size = kinds[key] else {
        throw FileError("\(path): storage \(shownText(key.utf8)) belongs to no tensor")
      }
      let (length, overflows) = count.multipliedReportingOverflow(by: UInt64(size))
      guard !overflows, length <= UInt64(bytes.count - place) else {
        throw FileError(
          "\(path): storage \(shownText(key.utf8)) claims \(count) elements of \(size) bytes, the file has "
            + "\(bytes.count - place) bytes left")
      }
      parts[key] = bytes[place..<place + Int(clamping: length)]
      place += Int(clamping: length)
    }
    guard place == bytes.count else {
      throw FileError("\(path): goes on for \(bytes.count - place) bytes after the last storage")
    }
    return try withExtendedLifetime(machine) {
      try converted(
        value, TorchStorages(path: path, isSwapped: isBig) { parts[$0] }, size: list.place)
    }
  }

  // MARK: Values

  /// No pickle of a state dictionary nests its tables as deeply.
  private static let mostDepth = 100

  /// - Parameter size: bytes of the pickle.
  private static func converted(
    _ value: PickleValue, _ storages: TorchStorages, size: Int
  ) throws -> Value {
    var meter = MemoryMeter()
    // A table may stand in several places; tables of such tables grow without bound.
    var left = 4 * size + 1024
    return try converted(value, storages, name: "", depth: 0, &meter, &left)
  }

  private static func converted(
    _ value: PickleValue, _ storages: TorchStorages, name: String, depth: Int,
    _ meter: inout MemoryMeter, _ left: inout Int
  ) throws -> Value {
    left -= 1
    guard depth < mostDepth, left > 0 else {
      throw FileError("\(storages.path): tables stand in each other too deeply or too often")
    }
    if left & 0xFFF == 0 { try Cancellation.check() }
    try meter.take(64)
    func inner(_ value: PickleValue, _ key: String) throws -> Value {
      try converted(
        value, storages, name: name.isEmpty ? key : "\(name).\(key)", depth: depth + 1, &meter,
        &left)
    }
    switch value {
    case .none: return .none
    case .boolean(let value): return .boolean(value)
    case .integer(let value): return .integer(value)
    case .number(let value): return .number(value)
    case .text(let value): return .string(value)
    case .sequence(let list):
      return .list(try list.items.enumerated().map { try inner($1, "\($0 + 1)") })
    case .table(let table):
      return .map(
        try table.pairs.compactMap { key, value in
          let key = try self.key(key, storages.path)
          let made = try inner(value, key.text)
          if case .none = made { return nil }
          return (key, made)
        })
    case .tensor(let tensor): return .object(try storages.tensor(tensor, name: name))
    case .storage(let storage): return .string("storage \(storage.key)")
    case .global(let global): return .string("\(global)")
    }
  }

  private static func key(_ key: PickleValue, _ path: String) throws -> Value.Key {
    switch key {
    case .text(let text): return Value.Key(text)
    case .integer(let number): return Value.Key(index: number)
    case .boolean(let value): return Value.Key("\(value)")
    case .number(let value): return Value.Key("\(value)")
    default: throw FileError("\(path): a table has a key that is neither a text nor a number")
    }
  }
}

/// The storages of a file, each converted once.
final class TorchStorages {
  let path: String
  private let isSwapped: Bool
  private let bytes: (String) -> ArraySlice<UInt8>?
  private var made: [String: Tensor] = [:]

  init(path: String, isSwapped: Bool, bytes: @escaping (String) -> ArraySlice<UInt8>?) {
    (self.path, self.isSwapped, self.bytes) = (path, isSwapped, bytes)
  }

  /// A view of the storage's elements.
  func tensor(_ wanted: TorchTensor, name: String) throws -> Tensor {
    let place = "\(path): \(name.isEmpty ? "the tensor" : shownText(name.utf8))"
    let shape: Shape
    do { shape = try Shape(checking: wanted.lengths) } catch {
      throw FileError("\(place): \(error)")
    }
    let all = try elements(wanted, place)
    let start = wanted.storage.kind == nil ? 0 : wanted.storage.start
    let limit = wanted.storage.kind == nil ? all.elementCount : start + wanted.storage.count
    guard let end = wanted.end, end <= limit - start else {
      throw FileError(
        "\(place): shape \(wanted.lengths) with strides \(wanted.strides) from element \(wanted.offset) on does "
          + "not fit into \(limit - start) elements")
    }
    return Tensor(
      storage: all.storage, dtype: all.dtype, shape: shape, strides: Shape(wanted.strides),
      offset: shape.elementCount == 0 ? 0 : all.offset + start + wanted.offset)
  }

  private func elements(_ wanted: TorchTensor, _ place: String) throws -> Tensor {
    let storage = wanted.storage
    let key = "\(wanted.kind.name) \(storage.key)"
    if let known = made[key] { return known }
    guard let source = bytes(storage.key) else {
      throw FileError("\(place): storage \(shownText(storage.key.utf8)) is not in the file")
    }
    let count = source.count / wanted.kind.size
    guard storage.kind == nil || storage.start + storage.count <= count else {
      throw FileError(
        "\(place): \(storage.start + storage.count) elements of \(wanted.kind.size) bytes are announced, storage "
          + "\(shownText(storage.key.utf8)) has \(source.count) bytes")
    }
    let kind = isSwapped ? wanted.kind.swapped : wanted.kind
    let tensor = try source.withUnsafeBytes {
      try kind.tensor(
        UnsafeRawBufferPointer(rebasing: $0[..<(count * kind.size)]), [count], place)
    }
    made[key] = tensor
    return tensor
  }

  /// The bytes of an element of each storage that tensors in a value are views of.
  static func kinds(in value: PickleValue, path: String) throws -> [String: Int] {
    var sizes: [String: Int] = [:]
    // A list in place of recursion: tables may stand in each other in any way.
    var seen: Set<ObjectIdentifier> = []
    var rest = [value]
    while let next = rest.popLast() {
      switch next {
      case .sequence(let list) where seen.insert(ObjectIdentifier(list)).inserted:
        rest += list.items
      case .table(let table) where seen.insert(ObjectIdentifier(table)).inserted:
        for (key, value) in table.pairs { rest += [key, value] }
      case .tensor(let tensor):
        let size = tensor.storage.kind?.size ?? 1
        guard sizes.updateValue(size, forKey: tensor.storage.key) ?? size == size else {
          throw FileError(
            "\(path): storage \(shownText(tensor.storage.key.utf8)) has two types of elements")
        }
      default: break
      }
    }
    return sizes
  }
}
