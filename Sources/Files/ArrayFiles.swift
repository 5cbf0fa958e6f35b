// `file.load` and `file.save`: arrays and tables of them in the formats of the field, chosen by the
// file's ending.

import Catalog
import Runtime
import Tensors

package enum ArrayFiles {
  static let endings = ["npy", "npz", "safetensors", "csv", "json"]
  /// Those of files that are read and not written.
  static let torchEndings = ["pt", "pth"]

  static let entries: [Entry] = [
    .function(
      "load",
      "Reads a file of arrays: .npy, .npz, .safetensors, .pt, .pth, .csv or .json, by its ending.",
      .arg("path"), .group(LoadOptions.self),
      returns:
        "a tensor (npy, csv); a table of tensors by name (npz, safetensors, csv with columns); what torch.save "
        + "wrote, as nested tables (pt, pth); a value (json). For a csv file with a line of names, the names as a second result; for an npz file "
        + "with members that are no numbers, what was left out",
      details: """
        Small integers become int64, half precision and bfloat16 become float32. A file that is cut \
        short, goes on behind its end, or claims more than it holds is an error that names the field \
        and its place; no more memory is taken than the file's size justifies.

        pt, pth: what torch.save writes of tables and tensors, as an archive or in the form before PyTorch \
        1.6. The pickle is read as data and nothing in it is run: anything else than tensors and plain \
        tables is refused by its name. Tensors that share a storage share it here too.

        csv: commas, semicolons, tabs or blanks separate; quotes, comments after `#` and a byte order \
        mark are understood. The first line is a header where none of its fields is a number; where \
        some are, it is an error. Numbers have a decimal point. The tensor is float64 of shape \
        [rows, columns]; with `columns` each column has a tensor of its own, int64 where all its fields \
        are integers.

        json: `null` is NaN in a list, which keeps its length, and a key that is not there in an \
        object, or what the option `null` says. Python's NaN and Infinity are read.
        """,
      source: "numpy.lib.format; safetensors; torch.serialization; RFC 4180; RFC 8259",
      example: """
        n = os.tmpname() .. ".npz"
        file.save(n, {x = tensor{1, 2}, y = tensor{{3}}})
        return file.load(n).x
        """
    ) { (path: FilePath, options: OptionsOf<LoadOptions>) in try load(path, options.values) },
    .function(
      "save", "Writes a tensor or a table of tensors, in the format that the ending names.",
      .arg("path", ".npy, .npz, .safetensors, .csv or .json"),
      .arg(
        "value",
        "a tensor (npy, csv), a table of tensors (npz, safetensors), a table of columns (csv), any "
          + "value (json)"),
      .option(
        "columns", default: nil,
        "csv: which columns of a table, in which order (all, sorted by name, where absent); of a "
          + "tensor, the names of its columns"),
      .option(
        "nan", default: JSON.NotFinite.null.rawValue,
        "json: NaN and the infinities become null, or NaN and Infinity as Python writes them",
        in: .oneOf(JSON.NotFinite.allCases.map(\.rawValue))),
      details: """
        What is written reads back the same: numbers have all their digits, zero its sign. A name that \
        a format cannot keep, or that stands twice, is an error before anything is written.

        csv: the columns of a table are tensors of one axis or lists of numbers, of equal length; \
        `file.load` with `columns` gives the table again. A tensor without rows is written as a line of \
        names.
        """,
      source: "numpy.lib.format; safetensors; RFC 4180; RFC 8259",
      example: """
        n = os.tmpname() .. ".csv"
        file.save(n, {n = {10, 100}, kl = {0.5, 0.25}}, {columns = {"n", "kl"}})
        return file.load(n, {columns = true}).kl
        """
    ) { (path: FilePath, value: Value, columns: [String]?, nan: String) in
      try save(value, path, columns: columns, notFinite: JSON.NotFinite(rawValue: nan) ?? .null)
      return Nothing()
    },
  ]

  private static func ending(of path: FilePath, _ endings: [String] = endings) throws -> String {
    let ending = path.ending
    guard endings.contains(ending) else {
      throw UserError("path must end in .\(endings.joined(separator: ", .")), got '\(path)'")
    }
    return ending
  }

  // MARK: Loading

  package static func load(_ path: FilePath) throws -> ValueList { try load(path, LoadOptions()) }

  static func load(_ path: FilePath, _ options: LoadOptions) throws -> ValueList {
    let ending = try ending(of: path, endings + torchEndings)
    try options.check(for: ending)
    let bytes = try InputFile.bytes(of: path)
    let name = path.description
    switch ending {
    case "npy":
      do { return ValueList([.object(try NPY.read(bytes, name: name))]) } catch let other
        as NPYHeader.OtherType
      { throw FileError(other.message) }
    case "npz": return try loadNPZ(bytes, name)
    case "safetensors":
      return ValueList([
        .named(
          try Safetensors.read(bytes, path: name).tensors.map { ($0.name, .object($0.tensor)) })
      ])
    case "pt", "pth": return ValueList([try TorchFile.read(bytes, path: name)])
    case "csv": return try loadCSV(bytes, name, options)
    default:
      return ValueList([
        try bytes.withUnsafeBytes {
          try JSONReader.value(of: $0, path: name, null: options.null)
        }
      ])
    }
  }

  /// Members that are no arrays of numbers are left out, and named in a second result.
  private static func loadNPZ(_ bytes: [UInt8], _ path: String) throws -> ValueList {
    var tensors: [(key: String, value: Value)] = []
    var leftOut: [Value] = []
    try ZipArchive.forEachMember(of: bytes, path: path) { member, bytes in
      let isArray = member.hasSuffix(".npy")
      guard isArray || bytes.starts(with: NPY.magic) else {
        leftOut.append(.string("\(member): not an npy file"))
        return
      }
      let key = isArray ? String(member.dropLast(4)) : member
      do {
        tensors.append((key, .object(try NPY.read(bytes, name: "\(path): \(member)"))))
      } catch let other as NPYHeader.OtherType {
        leftOut.append(.string(String(other.message.dropFirst(path.count + 2))))
      }
    }
    if let doubled = Names.firstDoubled(tensors.map(\.key)) {
      throw FileError("\(path): two members give the name \(shownText(doubled.utf8))")
    }
    return ValueList([.named(tensors)] + (leftOut.isEmpty ? [] : [.list(leftOut)]))
  }

  private static func loadCSV(_ bytes: [UInt8], _ path: String, _ options: LoadOptions) throws
    -> ValueList
  {
    let content = try CSV.read(bytes, path: path, acceptsMissing: options.missing)
    let dtype = options.dtype.flatMap(DType.init(rawValue:))
    let names = content.names
    if case .first(false) = options.columns {
      let table = try content.columns.table(dtype ?? .float64, path: path)
      return ValueList(
        [.object(table)] + (names.isEmpty ? [] : [.list(names.map { .string($0) })]))
    }
    guard !names.isEmpty else {
      throw FileError("\(path): has no line of names, so that its columns have none")
    }
    var wanted = Array(names.indices)
    if case .second(let chosen) = options.columns {
      wanted = try chosen.map { name in
        guard let place = names.firstIndex(where: { ExactText($0) == ExactText(name) }) else {
          throw FileError("\(path): \(unknownName("column", name, known: names))")
        }
        return place
      }
    }
    return ValueList([
      .named(
        try wanted.map { place in
          (names[place], .object(try content.columns.column(place, dtype, path: path)))
        })
    ])
  }

  // MARK: Saving

  package static func save(
    _ value: Value, _ path: FilePath, columns: [String]? = nil, notFinite: JSON.NotFinite = .null
  ) throws {
    let ending = try ending(of: path)
    guard columns == nil || ending == "csv" else {
      throw UserError("columns is for csv files, the path ends in .\(ending)")
    }
    guard notFinite == .null || ending == "json" else {
      throw UserError("nan is for json files, the path ends in .\(ending)")
    }
    switch ending {
    case "npy": try AtomicFile.write(try NPY.bytes(of: tensor(value)), to: path)
    case "npz":
      let tensors = try tensors(value)
      // libzip takes the control characters of text alone.
      try Names.check(
        tensors.map(\.name), in: "value", format: "an npz file",
        refuses: { $0 < 0x20 && ![0x09, 0x0A, 0x0D].contains($0) })
      let members = try tensors.map { ($0.name + ".npy", try NPY.bytes(of: $0.tensor)) }
      try AtomicFile.write(try ZipArchive.bytes(of: members), to: path)
    case "safetensors":
      try AtomicFile.write(try Safetensors.bytes(of: tensors(value)), to: path)
    case "csv": try AtomicFile.write(try csv(value, columns).bytes(), to: path)
    default: try AtomicFile.write(try JSON.text(value, notFinite: notFinite), to: path)
    }
  }

  private static func csv(_ value: Value, _ columns: [String]?) throws -> CSVText {
    switch value {
    case .object(let table as Tensor): return try CSVText(table: table, names: columns ?? [])
    case .map(let pairs):
      // One look for each name, with keys that collide refused before.
      try Names.check(pairs.map(\.key.text), in: "value", format: "a CSV file")
      let values = Dictionary(
        pairs.map { (ExactText($0.key.text), $0.value) }, uniquingKeysWith: { first, _ in first })
      let names = columns ?? pairs.map(\.key.text)
      return try CSVText(
        columns: names.map { name in
          guard let value = values[ExactText(name)] else {
            throw UserError(unknownName("column", name, known: pairs.map(\.key.text)))
          }
          return (name, try column(value, name))
        })
    default:
      throw UserError("value must be a tensor or a table of columns, got \(value.describe())")
    }
  }

  /// A column from a tensor or a list of numbers: int64 where all are integers.
  private static func column(_ value: Value, _ name: String) throws -> Tensor {
    switch value {
    case .object(let tensor as Tensor): return tensor
    case .list(let items):
      let whole = items.compactMap {
        if case .integer(let value) = $0 { Int64(value) } else { nil }
      }
      if whole.count == items.count, !items.isEmpty { return try Tensor(whole) }
      return try Tensor(
        items.enumerated().map { place, item in
          guard let number = item.asNumber else {
            throw UserError(
              "value.\(name)[\(place + 1)] must be a number, got \(item.describe())")
          }
          return number
        })
    default:
      throw UserError(
        "value.\(name) must be a tensor or a list of numbers, got \(value.describe())")
    }
  }

  private static func tensor(_ value: Value) throws -> Tensor {
    guard case .object(let object) = value, let tensor = object as? Tensor else {
      throw UserError("value must be a tensor, got \(value.describe())")
    }
    return tensor
  }

  private static func tensors(_ value: Value) throws -> [(name: String, tensor: Tensor)] {
    if case .list(let items) = value, items.isEmpty { return [] }
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

/// The options of `file.load`; each is for one format.
struct LoadOptions: OptionGroup {
  var columns = OneOf<Bool, [String]>.first(false)
  var missing = false
  var dtype: String?
  var null: Value?

  static let options: [Option<LoadOptions>] = [
    Option(
      "columns", \.columns,
      "csv: true gives a table with a tensor for each column, a list of names those columns"),
    Option("missing", \.missing, "csv: an empty field, NA, null and their like are NaN"),
    Option(
      "dtype", \.dtype, "csv: element type; float64 where absent",
      in: Domain<String>.oneOf(["float32", "float64", "int64"])),
    Option("null", \.null, "json: what null becomes, in lists and in objects"),
  ]

  func check(for ending: String) throws {
    var given: [(String, String)] = []
    if case .first(false) = columns {} else { given.append(("columns", "csv")) }
    if missing { given.append(("missing", "csv")) }
    if dtype != nil { given.append(("dtype", "csv")) }
    if null != nil { given.append(("null", "json")) }
    for (option, format) in given where format != ending {
      throw UserError("\(option) is for \(format) files, the path ends in .\(ending)")
    }
  }
}
