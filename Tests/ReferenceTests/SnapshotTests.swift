// The committed reference is what the catalog says now.
import TestSupport
import Testing

@Suite("reference")
struct SnapshotTests {
  @Test("docs/reference and stdlib/types are up to date (otherwise run scripts/reference)")
  func committedFiles() throws {
    let folder = try TemporaryFolder()
    let written = try Command(Products.moondrift, ["--write-reference", folder.path]).run()
    #expect(written.status == 0, "\(written.err)")
    for part in ["docs/reference", "stdlib/types"] {
      let difference = try Command(
        "/usr/bin/diff", ["-r", "-u", Products.root + "/" + part, folder.path + "/" + part]
      ).run()
      #expect(
        difference.status == 0, "run scripts/reference\n\(difference.out.prefix(2000))")
    }
  }

  @Test("the stubs are Lua")
  func stubsLoad() throws {
    let code = "assert(loadfile(arg[1]))"
    let folder = try TemporaryFolder()
    let script = try folder.write("load.lua", code)
    let result = try Command(
      Products.moondrift, [script, Products.root + "/stdlib/types/moondrift.lua"]
    ).run()
    #expect(result.status == 0, "\(result.err)")
  }

  @Test("every public function of a file in Lua has a section, and no section is of nothing")
  func luaFunctions() throws {
    let folder = try TemporaryFolder()
    let script = try folder.write(
      "functions.lua",
      """
      local page = io.open(arg[1]):read("a")
      for name in page:gmatch("\\n## moondrift%.([%w_]+)") do
        local module = require("moondrift." .. name)
        if type(module) == "function" then
          assert(page:find("\\n### " .. name .. "\\n"), name)
        else
          for key, value in pairs(module) do
            if type(value) == "function" then
              assert(page:find("\\n### " .. name .. "." .. key .. "\\n", 1, true), name .. "." .. key .. " has no section")
            end
          end
          for key in page:gmatch("\\n### " .. name .. "%.([%w_]+)\\n") do
            assert(type(module[key]) == "function", name .. "." .. key .. " is no function")
          end
        end
      end
      """)
    let result = try Command(
      Products.moondrift, [script, Products.root + "/docs/reference/lua.md"]
    ).run()
    #expect(result.status == 0, "\(result.err)")
  }
}
