import Catalog
import Files
import Runtime
import Tensors

/// A log as a checkpoint holds it: columns of numbers as float64 tensors, the others as JSON, in which each
/// value says its type, and tensors stand by their names.
struct StoredLog {
  private(set) var tensors: [(String, Tensor)] = []
  private(set) var texts: Value = .list([])

  init(_ log: TrainingLog) throws {
    var columns: [(key: String, value: Value)] = []
    for (place, column) in log.columns.enumerated() {
      let numbers = column.values.compactMap(\.asNumber)
      if numbers.count == column.values.count {
        tensors.append(("log.\(place + 1)", try Tensor(numbers)))
      } else {
        let values = try column.values.map { try encoded($0, column.name) }
        columns.append(("\(place + 1)", .list(values)))
      }
    }
    texts = .named(columns)
  }

  private mutating func encoded(_ value: Value, _ column: String) throws -> Value {
    switch value {
    case .none: return .list([.string("none")])
    case .boolean: return .list([.string("boolean"), value])
    case .integer: return .list([.string("integer"), value])
    case .number(let number):
      return .list([.string("number"), .string(String(number.bitPattern, radix: 16))])
    case .string: return .list([.string("string"), value])
    case .list(let items):
      return .list([.string("list")] + (try items.map { try encoded($0, column) }))
    case .map(let pairs), .record(_, let pairs):
      return .list(
        [.string("table")]
          + (try pairs.flatMap { key, value in
            [
              key.index.map { .integer($0) } ?? .string(key.text), try encoded(value, column),
            ]
          }))
    case .object(let object):
      guard let tensor = object as? Tensor else { break }
      let name = "log.tensor.\(tensors.count + 1)"
      tensors.append((name, try tensor.constant(column)))
      return .list([.string("tensor"), .string(name)])
    case .function: break
    }
    throw UserError(
      "the column '\(column)' of the log holds \(value.describe()), which no file can hold")
  }

  /// - Parameters: `names`, the columns in their order; `texts`, what the metadata hold.
  static func columns(
    _ names: [String], _ texts: StoredFields, _ tensors: [String: Tensor]
  ) throws -> [[Value]] {
    let columns = try names.enumerated().map { place, name -> [Value] in
      if let numbers = tensors["log.\(place + 1)"] {
        guard numbers.rank == 1, numbers.dtype == .float64 else {
          throw texts.error("the column '\(name)' is not a list of numbers")
        }
        return try numbers.doubles().map { .number($0) }
      }
      guard case .list(let values) = texts.value("\(place + 1)") else {
        throw texts.error("the column '\(name)' is missing")
      }
      return try values.map { try decoded($0, texts, tensors) }
    }
    guard columns.allSatisfy({ $0.count == columns[0].count }) else {
      throw texts.error("the columns are of different lengths")
    }
    return columns
  }

  private static func decoded(
    _ value: Value, _ texts: StoredFields, _ tensors: [String: Tensor]
  ) throws -> Value {
    guard case .list(let parts) = value, case .string(let type)? = parts.first else {
      throw texts.error("\(value.describe()) is no value")
    }
    let rest = Array(parts.dropFirst())
    switch (type, rest.first) {
    case ("none", nil): return .none
    case ("boolean", .boolean?), ("integer", .integer?), ("string", .string?): return rest[0]
    case ("number", .string(let bits)?):
      guard let pattern = UInt64(bits, radix: 16) else { break }
      return .number(Double(bitPattern: pattern))
    case ("list", _): return .list(try rest.map { try decoded($0, texts, tensors) })
    case ("table", _) where rest.count.isMultiple(of: 2):
      return .map(
        try stride(from: 0, to: rest.count, by: 2).map { place in
          let value = try decoded(rest[place + 1], texts, tensors)
          switch rest[place] {
          case .integer(let index): return (Value.Key(index: index), value)
          case .string(let name): return (Value.Key(name), value)
          default: throw texts.error("\(rest[place].describe()) is no key")
          }
        })
    case ("tensor", .string(let name)?):
      guard let tensor = tensors[name] else { break }
      return .object(tensor)
    default: break
    }
    throw texts.error("\(value.describe()) is no value")
  }
}

/// A JSON object of a file's metadata, read field by field. An error says where it stands.
struct StoredFields {
  /// The file and the field: `run.checkpoint: run`.
  let place: String
  private let pairs: [(key: Value.Key, value: Value)]

  init(_ text: String, place: String) throws {
    self.place = place
    switch try JSONReader.value(of: text, path: place) {
    case .map(let pairs): self.pairs = pairs
    case .list(let items) where items.isEmpty: pairs = []
    case let other: throw FileError("\(place) must be an object, got \(other.describe())")
    }
  }

  func error(_ text: String) -> FileError { FileError("\(place): \(text)") }

  func value(_ name: String) -> Value { pairs.first { $0.key.text == name }?.value ?? .none }

  /// An integer from 0 to 2⁴⁸.
  func count(_ name: String) throws -> Int {
    guard case .integer(let number) = value(name), number >= 0, number <= Count.most else {
      throw error("\(name) must be an integer from 0 to 2^48, got \(value(name).describe())")
    }
    return number
  }

  func integer(_ name: String) throws -> Int {
    guard case .integer(let number) = value(name) else {
      throw error("\(name) must be an integer, got \(value(name).describe())")
    }
    return number
  }

  func integers(_ name: String) throws -> [Int] {
    guard case .list(let items) = value(name) else {
      throw error("\(name) must be a list of integers, got \(value(name).describe())")
    }
    return try items.map {
      guard case .integer(let number) = $0 else {
        throw error("\(name) must be a list of integers, got \($0.describe()) in it")
      }
      return number
    }
  }

  func number(_ name: String) throws -> Double {
    guard let number = value(name).asNumber, number.isFinite else {
      throw error("\(name) must be a number, got \(value(name).describe())")
    }
    return number
  }

  func text(_ name: String) throws -> String {
    guard case .string(let text) = value(name) else {
      throw error("\(name) must be a string, got \(value(name).describe())")
    }
    return text
  }
}
