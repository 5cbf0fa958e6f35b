import Glibc
import TestSupport

/// The files under test: experiments, Lua tests, documents.
enum ScriptFiles {
  /// `scripts/<topic>/*.lua`, from the root of the checkout.
  static let experiments = found("scripts", "-name *.lua").filter {
    !$0.hasPrefix("scripts/bench.d/") && !$0.hasPrefix("scripts/support/")
  }
  /// `Tests/lua/**/*_tests.lua`.
  static let luaTests = found("Tests/lua", "-name *_tests.lua")
  static let library = found("stdlib/moondrift", "-name *.lua")
  /// Documents whose Lua blocks run: not those that are printed from the catalog.
  static let documents = found("README.md docs scripts/README.md", "-name *.md").filter {
    !$0.hasPrefix("docs/reference/") && $0 != "docs/design.md"
  }

  private static func found(_ places: String, _ condition: String) -> [String] {
    var command = Command(
      "/usr/bin/find",
      places.split(separator: " ").map(String.init)
        + condition.split(separator: " ").map(String.init))
    command.folder = Products.root
    return ((try? command.run().out) ?? "").split(separator: "\n").map(String.init).sorted()
  }

  static func read(_ path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += buffer[..<count]
    }
  }

  /// Runs a script of the checkout in a folder.
  static func run(
    _ script: String, _ arguments: [String] = [], in folder: TemporaryFolder, timeout: Double = 60
  ) throws -> CommandResult {
    var command = Command(Products.moondrift, [Products.root + "/" + script] + arguments)
    command.folder = folder.path
    command.timeout = timeout
    command.environment["LUA_PATH"] = Products.root + "/Tests/lua/?.lua;;"
    return try command.run()
  }

  static func names(in folder: TemporaryFolder, _ path: String = ".") throws -> [String] {
    var command = Command("/usr/bin/find", [path, "-mindepth", "1"])
    command.folder = folder.path
    return try command.run().out.split(separator: "\n").map(String.init).sorted()
  }
}
