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

  @Test("are equal where Lua was given one object twice")
  func equality() throws {
    let code = """
      local p, q = probe(3), probe(3)
      local same = p:itself()
      local before = {rawequal(p, same), p == same, p == q, p == 3, p == probe.stranger()}
      same:free()
      return before[1], before[2], before[3], before[4], before[5], p == same, same == same
      """
    #expect(try results(code) == ["false", "true", "false", "false", "false", "false", "true"])
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
      return ok, text, ok2, pcall(debug.getmetatable(p).__close, f)
      """
    #expect(
      try results(code) == [
        "false", "probe.bump: self must be a probe, got a probe; use a colon: x:bump(…)", "false",
        "false",
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

  @Test(
    "are given up with the memory that Lua frees",
    arguments: [
      "for i = 1, 1000 do counted() end",
      "for i = 1, 1000 do debug.setmetatable(counted(), nil) end",
      "local weak = setmetatable({}, {__mode = 'k'}) for i = 1, 1000 do weak[counted()] = i end",
      "for i = 1, 1000 do counted():free() end",
      "for i = 1, 1000 do local c <close> = counted() end",
      "for i = 1, 1000 do coroutine.wrap(function() coroutine.yield(counted()) end)() end",
      "for i = 1, 1000 do counted(function() return i end) end",
    ])
  func collection(code: String) throws {
    let counter = Counter()
    var lua = LuaState(modules: [Counted.module(counter)])
    try #require(lua).run(code)
    #expect(counter.made == 1000)
    try #require(lua).run("collectgarbage() collectgarbage()")
    #expect(counter.alive == 0)
    try #require(lua).run("kept = counted(function() end)")
    #expect(counter.alive == 1)
    lua = nil
    #expect(counter.alive == 0)
  }

  @Test("functions kept by collected objects leave no slots behind")
  func keptSlots() throws {
    let lua = try #require(LuaState(modules: [Counted.module(Counter())]))
    let code = """
      local function round()
        for i = 1, 2000 do counted(function() return i end) end
        collectgarbage() collectgarbage()
        counted()
        local slots = 0
        for _ in pairs(debug.getregistry()) do slots = slots + 1 end
        return slots
      end
      round()
      first = round()
      for _ = 1, 5 do last = round() end
      assert(last < first + 2000, first .. ' slots became ' .. last)
      """
    try lua.run(code)
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

/// Objects that were made and are there still, of one test.
private final class Counter {
  var made = 0
  var alive = 0
}

/// An object that counts itself and may keep a function.
private final class Counted: Object {
  static let typeName = "counted"
  private let counter: Counter
  private let callback: Callback?

  private init(_ counter: Counter, _ callback: Callback?) {
    self.counter = counter
    self.callback = callback
    counter.made += 1
    counter.alive += 1
  }

  deinit { counter.alive -= 1 }

  func describe() -> String { "counted()" }

  static func module(_ counter: Counter) -> Module {
    Module(
      "counted", "Counts.", types: [TypeDescription(Counted.self, "a test object")],
      call: .function("counted", "Makes one.", .arg("f", default: nil)) { (f: Callback?) in
        Counted(counter, f)
      }, entries: [])
  }
}
