/// A path as the system knows it: bytes, which need not be UTF-8. A `String` would turn some of them
/// into others, and so name another file.
public struct FilePath: Sendable, Equatable, ExpressibleByStringInterpolation,
  CustomStringConvertible
{
  public let bytes: [UInt8]

  public init(_ bytes: [UInt8]) { self.bytes = bytes }
  public init(_ text: String) { bytes = Array(text.utf8) }
  public init(stringLiteral text: String) { self.init(text) }

  /// Readable text for errors; a byte that is no UTF-8 is shown as `\xFF`.
  public var description: String { shownText(bytes) }

  /// The bytes with a zero at their end, as the system's calls take them.
  public func withCString<Result>(_ body: (UnsafePointer<CChar>) throws -> Result) rethrows
    -> Result
  {
    try (bytes.map(CChar.init(bitPattern:)) + [0]).withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return try "".withCString(body) }
      return try body(base)
    }
  }

  /// Throws where no file can have this name.
  public func check(_ action: String) throws {
    if bytes.isEmpty { throw FileError("cannot \(action) a file with an empty name") }
    if bytes.contains(0) {
      throw FileError("cannot \(action) \(self): the name has a zero byte")
    }
  }

  /// The folder with its slash at the end; `./` where the path has none.
  var folder: FilePath {
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return "./" }
    return FilePath(Array(bytes[...slash]))
  }

  static func + (folder: FilePath, name: String) -> FilePath {
    FilePath(folder.bytes + Array(name.utf8))
  }

  /// What stands behind the last dot of the file's name, in lower case; empty where there is none.
  public var ending: String {
    let name = bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).last
    guard let name, let dot = name.lastIndex(of: UInt8(ascii: ".")) else { return "" }
    return String(decoding: name[(dot + 1)...], as: UTF8.self).lowercased()
  }
}

/// Bytes as text that can be printed: those that are no UTF-8, and control characters, as `\xFF`.
public func shownText(_ bytes: some Collection<UInt8>) -> String {
  var shown = ""
  func append(_ byte: UInt8) {
    shown += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
  }
  var rest = Array(bytes)[...]
  while !rest.isEmpty {
    let length = wellFormedLength(rest)
    if length == 0 {
      append(rest.removeFirst())
      continue
    }
    for scalar in String(decoding: rest.prefix(length), as: UTF8.self).unicodeScalars {
      if scalar.value < 0x20 || scalar.value == 0x7F {
        append(UInt8(scalar.value))
      } else {
        shown.unicodeScalars.append(scalar)
      }
    }
    rest = rest.dropFirst(length)
  }
  return shown
}

/// The length of the longest part at the start that is UTF-8.
public func wellFormedLength(_ bytes: some Collection<UInt8>) -> Int {
  var parser = Unicode.UTF8.ForwardParser()
  var iterator = bytes.makeIterator()
  var length = 0
  while case .valid(let scalar) = parser.parseScalar(from: &iterator) { length += scalar.count }
  return length
}
