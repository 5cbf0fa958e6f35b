import Glibc
import Tensors

/// Numbers that another program made: Tests/References/<name>.txt, lines of
/// `case name length ... : numbers`.
package struct References {
  private var arrays: [String: Tensor] = [:]
  package private(set) var cases = 0

  package init(_ name: String, file: String = #filePath) throws {
    let tests = file.split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
    let path = tests.joined(separator: "/") + "/References/\(name).txt"
    for line in try Self.text(path).split(separator: "\n") {
      let halves = line.split(separator: ":", omittingEmptySubsequences: false)
      let words = halves[0].split(separator: " ")
      let numbers = halves[1].split(separator: " ").compactMap { Double(String($0)) }
      let shape = Shape(words.dropFirst(2).compactMap { Int($0) })
      arrays["\(words[0]) \(words[1])"] = try Tensor(numbers, shape: shape)
      cases = max(cases, (Int(words[0]) ?? 0) + 1)
    }
  }

  package subscript(index: Int, name: String) -> Tensor? { arrays["\(index) \(name)"] }

  private struct Missing: Error { let path: String }

  private static func text(_ path: String) throws -> String {
    guard let file = fopen(path, "r") else { throw Missing(path: path) }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += buffer[..<count]
    }
  }
}
