// What must hold for every entry of every module.
import Catalog
import Library
import TestSupport
import Testing

/// An entry with the code that runs its example.
struct Example: CustomTestStringConvertible, Sendable {
  let name: String
  let code: String
  var testDescription: String { name }
}

private let examples: [Example] = Library.modules.flatMap { module in
  ((module.call.map { [$0] } ?? []) + module.entries).compactMap { entry in
    entry.example.isEmpty
      ? nil : Example(name: "\(module.name): \(entry.name)", code: entry.example)
  }
}

@Suite("catalog")
struct CatalogTests {
  @Test("names are allowed and used once, every entry has a summary")
  func isSound() {
    let found = problems(in: Library.modules)
    #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
  }

  @Test("every function has an example")
  func haveExamples() {
    var without: [String] = []
    for module in Library.modules {
      for entry in module.entries where entry.example.isEmpty {
        let readsFile = entry.parameters.contains { $0.name == "path" }
        if entry.kind == .function, !readsFile {
          without.append("\(module.name): \(entry.name)")
        }
      }
    }
    #expect(without.isEmpty, "\(without.joined(separator: "\n"))")
  }

  @Test("every example runs", arguments: examples)
  func exampleRuns(example: Example) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      "example.lua",
      "local f, message = load('return ' .. arg[1])\nif not f then f, message = load(arg[1]) end\n"
        + "assert(f, message)()\n")
    var command = Command(Products.moondrift, [path, example.code])
    command.folder = folder.path
    command.environment = ["LUA_INIT": nil, "SWIFT_BACKTRACE": "enable=no"]
    let result = try command.run()
    #expect(result.status == 0, "\(example.code)\n\(result.err)")
  }
}
