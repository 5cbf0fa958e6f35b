import TestSupport
import Testing

/// Every case runs through Debian's `lua5.4` and through Moondrift, both under the name `lua` and
/// each in a folder of its own; what they write and how they end must be equal.
@Suite struct ComparisonTests {
  @Test("does as lua does", arguments: CommandLineCases.all)
  func doesAsLuaDoes(_ line: CommandLineCase) throws {
    let lua = try #require(Self.lua, "lua5.4 is not installed: scripts/setup")
    var expected = try run(line, program: lua)
    var ours = try run(line, program: Products.moondrift)
    if line.showsUsage {
      #expect(ours.err.contains("usage: lua "))
      expected.err = firstLine(of: expected.err)
      ours.err = firstLine(of: ours.err)
    }
    #expect(withoutProductName(ours.out) == expected.out)
    #expect(withoutDepth(ours.err) == withoutDepth(expected.err))
    #expect(ours.status == line.status ?? expected.status)
  }

  /// A comparison that never fails proves nothing.
  @Test("a difference would be seen")
  func differenceIsSeen() throws {
    let lua = try #require(Self.lua)
    let one = try run(CommandLineCase("-e", "print(1)"), program: lua)
    let two = try run(CommandLineCase("-e", "print(2) os.exit(1)"), program: lua)
    #expect(one.out == "1\n")
    #expect(one != two)
    #expect(two.status == 1)
  }

  static let lua: String? = {
    let found = try? Command("/bin/sh", ["-c", "command -v lua5.4"]).run()
    guard let found, found.status == 0 else { return nil }
    return String(found.out.dropLast())
  }()

  private func run(_ line: CommandLineCase, program: String) throws -> CommandResult {
    let folder = try TemporaryFolder()
    for (name, text) in line.files { try folder.write(name, text) }
    var command = Command(program, line.arguments, input: line.input)
    command.name = "lua"
    command.folder = folder.path
    for name in ["LUA_INIT", "LUA_PATH", "LUA_CPATH"] {
      command.environment[name] = .some(nil)
      command.environment[name + "_5_4"] = .some(nil)
    }
    command.environment.merge(line.environment) { $1 }
    return try command.run()
  }

  /// `-v` names the product before the line that `lua -v` prints.
  private func withoutProductName(_ text: String) -> String {
    guard text.hasPrefix("Moondrift "), let lua = text.firstRange(of: "Lua 5.4") else {
      return text
    }
    return String(text[lua.lowerBound...])
  }

  /// How deep the C stack was when Lua's overflowed is no part of the comparison.
  private func withoutDepth(_ text: String) -> String {
    guard let start = text.firstRange(of: "(skipping "), let end = text.firstRange(of: " levels)")
    else { return text }
    return text[..<start.upperBound] + "N" + text[end.lowerBound...]
  }

  private func firstLine(of text: String) -> String {
    String(text.prefix { $0 != "\n" })
  }
}
