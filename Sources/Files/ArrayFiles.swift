// `file.load` and `file.save`: arrays and tables of them in the formats of the field, chosen by the
// file's ending.

import Catalog
import Runtime
import Tensors

package enum ArrayFiles {
  static let endings = ["npy", "npz", "safetensors", "csv", "json"]

  static let entries: [Entry] = [
    .function(
      "load", "Reads an array file: .npy, .npz, .safetensors, .csv or .json, by its ending.",
      .arg("path"),
      returns:
        "a tensor (npy, csv); a table of tensors by name (npz, safetensors); a value (json). "
        + "For a csv file with a line of names, the names as a second result",
      details:
        "Small integers become int64, half precision and bfloat16 become float32. A file that "
        + "is cut short, or claims more than it holds, is an error that names the field and its "
        + "place; no more memory is taken than the file's size justifies.",
      source: "numpy.lib.format; safetensors; RFC 4180; RFC 8259",
      example: """
        n = os.tmpname() .. ".npz"
        file.save(n, {x = tensor{1, 2}, y = tensor{{3}}})
        return file.load(n).x
        """
    ) { (path: String) in try load(path) },
    .function(
      "save", "Writes a tensor or a table of tensors, in the format that the ending names.",
      .arg("path", ".npy, .npz, .safetensors, .csv or .json"),
      .arg("value", "a tensor (npy, csv), a table of tensors (npz, safetensors), any value (json)"),
      source: "numpy.lib.format; safetensors",
      example: "n = os.tmpname() .. \".npy\"  file.save(n, tensor{1, 2})  return file.load(n)"
    ) { (path: String, value: Value) in
      try save(value, path)
      return Nothing()
    },
  ]

  private static func ending(of path: String) throws -> String {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let ending = name.split(separator: ".").dropFirst().last.map { $0.lowercased() } ?? ""
    guard endings.contains(ending) else {
      throw UserError("path must end in .\(endings.joined(separator: ", .")), got '\(path)'")
    }
    return ending
  }

  package static func load(_ path: String) throws -> ValueList {
    let ending = try ending(of: path)
    let bytes = try InputFile.bytes(of: path)
    switch ending {
    case "npy": return ValueList([.object(try NPY.read(bytes, name: path))])
    case "npz":
      let members = try ZipArchive.members(of: bytes, path: path)
      return ValueList([
        .named(
          try members.map { name, bytes in
            let key = name.hasSuffix(".npy") ? String(name.dropLast(4)) : name
            return (key, .object(try NPY.read(bytes, name: "\(path): \(name)")))
          })
      ])
    case "safetensors":
      return ValueList([
        .named(
          try Safetensors.read(bytes, path: path).tensors.map { ($0.name, .object($0.tensor)) })
      ])
    case "csv":
      let (table, names) = try CSV.read(bytes, path: path)
      return ValueList(
        [.object(table)] + (names.isEmpty ? [] : [.list(names.map { .string($0) })]))
    default:
      return ValueList([try bytes.withUnsafeBytes { try JSONReader.value(of: $0, path: path) }])
    }
  }

  package static func save(_ value: Value, _ path: String) throws {
    switch try ending(of: path) {
    case "npy": try AtomicFile.write(try NPY.bytes(of: tensor(value)), to: path)
    case "npz":
      let members = try tensors(value).map { ($0.name + ".npy", try NPY.bytes(of: $0.tensor)) }
      try AtomicFile.write(try ZipArchive.bytes(of: members), to: path)
    case "safetensors":
      try AtomicFile.write(try Safetensors.bytes(of: tensors(value)), to: path)
    case "csv": try AtomicFile.write(try CSV.text(tensor(value)), to: path)
    default: try AtomicFile.write(try JSON.text(value), to: path)
    }
  }

  private static func tensor(_ value: Value) throws -> Tensor {
    guard case .object(let object) = value, let tensor = object as? Tensor else {
      throw UserError("value must be a tensor, got \(value.describe())")
    }
    return tensor
  }

  private static func tensors(_ value: Value) throws -> [(name: String, tensor: Tensor)] {
    guard case .map(let pairs) = value else {
      throw UserError("value must be a table of tensors by name, got \(value.describe())")
    }
    return try pairs.map { name, value in
      guard case .object(let object) = value, let tensor = object as? Tensor else {
        throw UserError("value.\(name) must be a tensor, got \(value.describe())")
      }
      return (name.text, tensor)
    }
  }
}
