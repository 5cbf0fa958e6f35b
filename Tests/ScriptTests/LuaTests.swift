import TestSupport
import Testing

@Suite struct LuaTests {
  @Test("the Lua test passes", arguments: ScriptFiles.luaTests)
  func passes(_ path: String) throws {
    let result = try ScriptFiles.run(path, in: TemporaryFolder())
    #expect(result.status == 0, "\(result.err)")
  }

  @Test("every library file has its test, and every test its file")
  func mirrored() {
    let wanted = ScriptFiles.library.map {
      $0.replacing("stdlib/", with: "Tests/lua/").replacing(".lua", with: "_tests.lua")
    }.sorted()
    #expect(!wanted.isEmpty)
    #expect(wanted == ScriptFiles.luaTests.filter { $0.hasPrefix("Tests/lua/moondrift/") })
  }

  @Test("a library file leaves no global behind", arguments: ScriptFiles.library)
  func noGlobals(_ path: String) throws {
    let name = path.dropFirst("stdlib/".count).dropLast(".lua".count).replacing("/", with: ".")
    let code = """
      local before = {} for name in pairs(_G) do before[name] = true end
      require "\(name)"
      for name in pairs(_G) do assert(before[name], name) end
      """
    let result = try Command(Products.moondrift, ["-e", code]).run()
    #expect(result.status == 0, "\(result.err)")
  }

  /// An assertion that never fails proves nothing.
  @Test("a failing assertion ends a test with its line")
  func failureIsSeen() throws {
    let folder = try TemporaryFolder()
    let script = try folder.write("t.lua", "local check = require 'check'\ncheck.equal(1, 1.0)\n")
    var command = Command(Products.moondrift, [script])
    command.environment["LUA_PATH"] = Products.root + "/Tests/lua/?.lua;;"
    let result = try command.run()
    #expect(result.status == 1)
    #expect(result.err.contains("t.lua:2: got 1, expected 1.0"))
  }
}
