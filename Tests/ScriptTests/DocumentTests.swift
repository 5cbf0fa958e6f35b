import TestSupport
import Testing

/// Every Lua block of the documents runs, and shows what the document says it shows.
@Suite struct DocumentTests {
  static let runner = "Tests/lua/run_document.lua"

  @Test("the document's Lua runs as it stands", arguments: ScriptFiles.documents)
  func runs(_ path: String) throws {
    let folder = try TemporaryFolder()
    let result = try ScriptFiles.run(
      Self.runner, [Products.root + "/" + path], in: folder, timeout: 240)
    #expect(result.status == 0, "\(result.err)")
  }

  @Test("a wrong value, a missing error and a failing statement are seen")
  func deviationsAreSeen() throws {
    let folder = try TemporaryFolder()
    let text = """
      ```lua
      a = 1 + 1
      a                      -- → 2
      a                      -- → 3
      error("no")            -- error: no
      error("no")            -- error: yes
      a                      -- error: no
      f = function(x)
        return x             -- a comment of its own
      end
      f(4)                   -- → 4
      unknown.field
      ```
      """
    let document = try folder.write("d.md", text)
    let result = try ScriptFiles.run(Self.runner, [document], in: folder)
    #expect(result.status == 1)
    let lines = result.err.split(separator: "\n").filter { $0.hasPrefix(document) }
    #expect(
      lines.map { $0.dropFirst(document.count + 1).prefix { $0 != ":" } } == ["4", "6", "7", "12"])
  }
}
