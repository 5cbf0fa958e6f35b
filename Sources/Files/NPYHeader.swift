// The header of NumPy's array format: a dictionary in Python's notation,
// `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }` (numpy.lib.format).

import Catalog
import Runtime
import Tensors

struct NPYHeader {
  let kind: ElementKind
  /// NumPy's notation of the element type.
  let descr: String
  let isFortran: Bool
  let shape: Shape

  /// A file that is sound but holds no plain numbers: text, structures, Python objects.
  struct OtherType: Error { let message: String }

  /// - Parameter name: the file, for errors.
  init(_ text: String, _ name: String) throws {
    let entries = try PythonDictionary(text, name).entries
    func field(_ key: String) throws -> String {
      guard let entry = entries.first(where: { $0.key == key }) else {
        throw FileError("\(name): the header has no '\(key)'")
      }
      return entry.value
    }
    let descr = try field("descr")
    let order = try field("fortran_order")
    shape = try Self.shape(try field("shape"), name)
    if let stranger = entries.first(where: {
      !["descr", "fortran_order", "shape"].contains($0.key)
    }) {
      throw FileError("\(name): the header has '\(stranger.key)', which is not known")
    }
    guard order == "True" || order == "False" else {
      throw FileError("\(name): fortran_order is \(order), expected True or False")
    }
    isFortran = order == "True"
    self.descr = String(descr.dropFirst().dropLast())
    guard let kind = ElementKind(descr: self.descr), "'\"".contains(descr.prefix(1)) else {
      let isText = "'\"".contains(descr.prefix(1))
      throw OtherType(
        message: "\(name): descr is \(isText ? self.descr : descr), which is no plain number type")
    }
    self.kind = kind
  }

  /// `()`, `(2,)`, `(2, 3)`; Python 2 wrote `(2L, 3L)`.
  private static func shape(_ text: String, _ name: String) throws -> Shape {
    let failure = FileError("\(name): shape is \(text), expected a tuple of integers")
    guard text.hasPrefix("("), text.hasSuffix(")") else { throw failure }
    var parts = text.dropFirst().dropLast().split(separator: ",", omittingEmptySubsequences: false)
      .map { $0.drop { $0 == " " } }
      .map { part in part.lastIndex { $0 != " " }.map { part[...$0] } ?? "" }
    if parts.last == "" { parts.removeLast() } else if parts.count == 1 { throw failure }
    let lengths = try parts.map { part in
      let digits = part.hasSuffix("L") ? part.dropLast() : part
      guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
        throw failure
      }
      guard let length = Int(digits, radix: 10) else {
        throw FileError("\(name): shape is \(text), which is more than any file holds")
      }
      return length
    }
    do { return try Shape(checking: lengths) } catch { throw FileError("\(name): \(error)") }
  }
}

/// `{'key': value, …}`: the keys without their quotes, the values as they are written.
private struct PythonDictionary {
  private(set) var entries: [(key: String, value: String)] = []
  private let name: String
  private var rest: Substring

  init(_ text: String, _ name: String) throws {
    (self.name, rest) = (name, text[...])
    skipBlanks()
    guard take("{") else { throw error() }
    while !take("}") {
      let key = try quoted()
      guard take(":") else { throw error() }
      let value = try value()
      guard !entries.contains(where: { $0.key == key }) else {
        throw FileError("\(name): the header has '\(key)' twice")
      }
      entries.append((key, value))
      if !take(",") {
        guard take("}") else { throw error() }
        break
      }
    }
    guard rest.isEmpty else { throw error() }
  }

  private func error() -> FileError {
    let text = rest.isEmpty ? "its end" : "'\(shownText(rest.prefix(20).utf8))'"
    return FileError("\(name): the header is no dictionary of Python's, at \(text)")
  }

  private mutating func skipBlanks() {
    rest = rest.drop { $0 == " " || $0 == "\n" || $0 == "\t" || $0 == "\r" }
  }

  private mutating func take(_ character: Character) -> Bool {
    guard rest.first == character else { return false }
    rest.removeFirst()
    skipBlanks()
    return true
  }

  private mutating func quoted() throws -> String {
    guard let quote = rest.first, quote == "'" || quote == "\"",
      let end = rest.dropFirst().firstIndex(of: quote)
    else { throw error() }
    let text = String(rest[rest.index(after: rest.startIndex)..<end])
    rest = rest[rest.index(after: end)...]
    skipBlanks()
    return text
  }

  /// A value with its quotes or brackets, those within it included.
  private mutating func value() throws -> String {
    let start = rest
    var depth = 0
    while let character = rest.first {
      if character == "'" || character == "\"" {
        _ = try quoted()
        continue
      }
      if depth == 0, character == "," || character == "}" { break }
      if "([{".contains(character) { depth += 1 }
      if ")]}".contains(character) { depth -= 1 }
      rest.removeFirst()
    }
    var text = start[..<rest.startIndex]
    while let last = text.last, last.isWhitespace { text.removeLast() }
    guard depth == 0, !text.isEmpty else { throw error() }
    return String(text)
  }
}
