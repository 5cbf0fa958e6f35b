import Catalog
import LuaHost
import Synchronization
import Testing

@Suite("modules are made when they are named")
struct DeferredModulesTests {
  /// What code returns, and how often the catalog was made.
  private func run(_ code: String) throws -> (results: [String], made: Int) {
    let made = Atomic<Int>(0)
    func modules() -> [Module] {
      made.add(1, ordering: .relaxed)
      return [probeModule]
    }
    let results = try withoutActuallyEscaping(modules) { modules in
      // Not within #require, which would ask for the modules itself.
      let lua = LuaState(modules: modules())
      return try #require(lua).results(of: code)
    }
    return (results, made.load(ordering: .relaxed))
  }

  @Test(
    "code that names none makes none",
    arguments: [
      "", "x = 1 return x", "return _PROMPT", "return Probe", "return _G[1], _G.X",
      "return require 'string', package.loaded.math", "return pcall(require, 'missing')",
      "for name in next, _G do end", "return rawget(_G, 'probe')",
    ])
  func unnamed(code: String) throws {
    #expect(try run(code).made == 0)
  }

  @Test(
    "each way to a module finds it",
    arguments: [
      "return probe", "return _G.probe", "return moondrift.probe", "return _G['moondrift'].probe",
      "return require 'moondrift.probe'", "return require('moondrift').probe",
      "return package.loaded['moondrift.probe']", "return package.loaded.moondrift.probe",
      "for name, value in pairs(_G) do if name == 'moondrift' then return value.probe end end",
      "for name, value in pairs(package.loaded) do if name == 'moondrift.probe' then return value end end",
      "return coroutine.wrap(function() return probe end)()",
      "return setmetatable({}, {__index = _G}).probe",
      "local _ENV = setmetatable({}, {__index = _ENV}) return probe",
      "return getmetatable(_G).__index.probe",
      "setmetatable(_G, nil) return require 'moondrift.probe'",
      "setmetatable(package.loaded, nil) return probe",
    ])
  func named(code: String) throws {
    let found = try run(
      "local found = (function() \(code) end)() return getmetatable(found).__name")
    #expect(found.results == ["module probe"])
    #expect(found.made == 1)
  }

  @Test("they are made once, whatever is looked for")
  func once() throws {
    let found = try run(
      """
      local a, b, c = probe, missing, require 'moondrift.probe'
      return a == c, a == moondrift.probe, b, probe(3).value, next(package.loaded) ~= nil
      """)
    #expect(found.results == ["true", "true", "nil", "3.0", "true"])
    #expect(found.made == 1)
  }

  @Test("what a script stored under their names before stays")
  func earlier() throws {
    #expect(
      try run(
        """
        moondrift = 1
        package.loaded['moondrift.probe'] = 2
        probe = 3
        local made = missing
        return moondrift, require 'moondrift.probe', probe, type(require 'moondrift')
        """
      ).results == ["1", "2", "3", "table"])
  }

  @Test("nothing of it shows afterwards")
  func traceless() throws {
    let found = try run(
      """
      local before = getmetatable(_G)
      local made = probe
      local keys = {}
      for key in pairs(getmetatable(_G)) do keys[#keys + 1] = key end
      return getmetatable(package.loaded), getmetatable(before.__index), #keys, keys[1],
        before == getmetatable(_G)
      """)
    #expect(found.results == ["nil", "nil", "1", "__index", "true"])
  }
}
