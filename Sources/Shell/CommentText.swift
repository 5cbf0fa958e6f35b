// Comments of Lua files as help: the one at the head of a file, and the one above a function.
import Glibc

enum CommentText {
  /// The block of comment lines just above the last of these lines, without dashes.
  static func above(_ lines: [String]) -> String? {
    let block = lines.dropLast().reversed().prefix { trimmed($0).hasPrefix("--") }.reversed()
    return block.isEmpty ? nil : text(of: Array(block))
  }

  /// The comment that begins a file.
  static func head(ofFile path: String) -> String? {
    guard let lines = lines(ofFile: path) else { return nil }
    let block = lines.drop { $0.hasPrefix("#!") || trimmed($0).isEmpty }
      .prefix { trimmed($0).hasPrefix("--") }
    return block.isEmpty ? nil : text(of: Array(block))
  }

  /// The lines of a file that can be read and is no larger than a source may be.
  static func lines(ofFile path: String) -> [String]? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count < 1 << 24 {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { break }
      bytes += buffer[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// Dashes and one space go; annotations for editors (`---@param`) stay, they say the types.
  private static func text(of lines: [String]) -> String {
    lines.map { line in
      var text = Substring(trimmed(line))
      while text.hasPrefix("-") { text.removeFirst() }
      if text.hasPrefix(" ") { text.removeFirst() }
      return String(text)
    }.joined(separator: "\n")
  }
}
