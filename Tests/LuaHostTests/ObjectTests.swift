// The life of objects that Lua holds.
import CSupport
import Catalog
import LuaHost
import Testing

@Suite("objects")
struct ObjectTests {
  @Test("have methods, properties, operators and keys")
  func members() throws {
    let code = """
      local p = probe(3)
      return p:bump(), p:bump(2), p.value, (p + 1).value, (1 + p).value, p[2], p:doubled().value,
        probe.doubled(p).value, tostring(p), probe.limit
      """
    #expect(
      try results(code) == [
        "4.0", "6.0", "6.0", "7.0", "7.0", "12.0", "12.0", "12.0", "probe(6)", "42.0",
      ])
  }

  @Test("hide their metatable and name their type")
  func metatable() throws {
    let code = """
      local p = probe(3)
      return getmetatable(p), pcall(setmetatable, {}, getmetatable(p)) == false, tostring(probe.stranger())
      """
    #expect(try results(code) == ["probe", "true", "stranger()"])
  }

  @Test("are freed at once by free and by <close>, any number of times")
  func freeing() throws {
    let code = """
      local p <const> = probe(1)
      p:free() p:free()
      local q
      do local c <close> = probe(2) q = c end
      q:free()
      return tostring(p), tostring(q), pcall(p.bump, p)
      """
    #expect(
      try results(code) == [
        "probe (freed)", "probe (freed)", "false", "probe.bump: the probe has been freed",
      ])
  }

  @Test("a foreign userdata is refused whatever its metatable")
  func foreign() throws {
    let code = """
      local p = probe(1)
      local f = io.tmpfile()
      debug.setmetatable(f, debug.getmetatable(p))
      local ok, text = pcall(p.bump, f)
      local ok2 = pcall(function() return f.value end)
      debug.setmetatable(f, nil)
      return ok, text, ok2, pcall(debug.getmetatable(p).__gc, f)
      """
    #expect(
      try results(code) == [
        "false", "probe.bump: self must be a probe, got a probe", "false", "false",
        "bad argument #1 to '?' (an object expected)",
      ])
  }

  @Test("a callback kept in an object outlives the coroutine it came from")
  func keptCallback() throws {
    let code = """
      local p = probe(5)
      local co = coroutine.create(function() p:keep(function(x) return x * 2 end) end)
      coroutine.resume(co)
      co = nil
      collectgarbage() collectgarbage()
      return p:call_kept(), coroutine.wrap(function() return p:call_kept() end)()
      """
    #expect(try results(code) == ["10.0", "10.0"])
  }

  @Test("a callback that outlives its state is released without harm")
  func callbackAfterClose() throws {
    nonisolated(unsafe) var kept: Callback?
    let module = Module(
      "keeper", "Keeps.",
      entries: [
        .function("keep", "Keeps f.", .arg("f")) { (f: Callback) in
          kept = f
          return Nothing()
        }
      ])
    var lua = LuaState(modules: [module])
    try #require(lua).run("keeper.keep(function() end)")
    lua = nil
    #expect(throws: UserError.self) { try kept?.call(returning: Double.self, name: "f") }
    kept = nil
  }

  @Test("modules stand behind the globals")
  func modules() throws {
    let code = """
      local first = probe == moondrift.probe and probe == require "moondrift.probe"
        and require "moondrift" == moondrift and rawget(_G, "probe") == nil
      probe = 3
      local second = probe == 3 and moondrift.probe.add(1, 2) == 3
      probe = nil
      return first, second, probe == moondrift.probe, some_unknown_name
      """
    #expect(try results(code) == ["true", "true", "true", "nil"])
  }
}
