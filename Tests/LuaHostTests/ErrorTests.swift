// The full text of every error the binding makes.
import Testing

@Suite("errors of the binding")
struct ErrorTests {
  @Test(
    "read as module.function: what is wrong, at the caller's line",
    arguments: [
      ("probe.add(1, {})", "probe.add: b must be a number, got a table"),
      ("probe.add(1)", "probe.add: b must be a number, got nil"),
      ("probe.add('1', 2)", "probe.add: a must be a number, got '1'"),
      ("probe.add(1, 2, 3)", "probe.add: takes at most 2 arguments, got 3"),
      (
        "probe.repeat_text('a', 2.5)",
        "probe.repeat_text: count must be a positive integer, got 2.5"
      ),
      ("probe.repeat_text('a', 0)", "probe.repeat_text: count must be a positive integer, got 0"),
      ("probe.repeat_text(3)", "probe.repeat_text: text must be a string, got 3"),
      (
        "probe.run(1, {rate = 1, setps = 3})",
        "probe.run: unknown option 'setps' (did you mean steps?)"
      ),
      (
        "probe.run(1, {rate = 1, wobble = 3})",
        "probe.run: unknown option 'wobble' (known: steps, rate, kind)"
      ),
      (
        "probe.run(1, {rate = 1, steps = 'x'})",
        "probe.run: steps must be a positive integer, got 'x'"
      ),
      ("probe.run(1)", "probe.run: rate is required: a positive number"),
      ("probe.run(1, {})", "probe.run: rate is required: a positive number"),
      (
        "probe.run(1, 2)",
        "probe.run: options must be a table, got 2; options go by name: probe.run(…, {steps = 2})"
      ),
      (
        "probe.run(1, {rate = 1, kind = 'rund'})",
        "probe.run: kind must be 'round' or 'flat', got 'rund' (did you mean 'round'?)"
      ),
      (
        "probe.run(1, {3, rate = 1})",
        "probe.run: options must be named, got a value at key 1 (known: steps, rate, kind)"
      ),
      (
        "probe.sum{1, 'x'}",
        "probe.sum: list must be a list, each element a number, got 'x' at position 2"
      ),
      ("probe.fail('out of luck')", "probe.fail: out of luck"),
      ("probe.odd()", "probe.odd: something odd"),
      ("probe.apply(1, 2)", "probe.apply: f must be a function, got 1"),
      (
        "probe.apply(function() return 'x' end, 2)",
        "probe.apply: f must return a number, got 'x'"
      ),
      ("probe('x')", "probe: value must be a number, got 'x'"),
      ("return probe.ad", "module probe has no 'ad' (did you mean add?)"),
      ("return probe.nothing_like_it", "module probe has no 'nothing_like_it'"),
      ("return probe(1).valu", "probe has no member 'valu' (did you mean value?)"),
      (
        "return probe(1).zzz",
        "probe has no member 'zzz' (known: bump, call_kept, doubled, itself, keep, sick, value)"
      ),
      ("probe(1).value = 2", "probe.value cannot be assigned"),
      ("probe(1)[3] = 2", "probe[3] cannot be assigned"),
      ("probe(1):bump('x')", "probe.bump: by must be a number, got 'x'"),
      ("probe(1).bump()", "probe.bump: self must be a probe, got nil; use a colon: x:bump()"),
      (
        "probe(1).bump(io.stdout)",
        "probe.bump: self must be a probe, got a FILE*; use a colon: x:bump(…)"
      ),
      ("probe.doubled(io.stdout)", "probe.doubled: p must be a probe, got a FILE*"),
      ("probe.doubled(probe.stranger())", "probe.doubled: p must be a probe, got stranger()"),
      ("return probe(1).sick", "probe: it is sick"),
      ("return probe(1) + {}", "probe: b must be a probe or a number, got a table"),
      ("return probe(1)[{}]", "probe: i must be an integer, got a table"),
      ("return probe.stranger().x", "stranger has no member 'x'"),
      ("return probe.stranger()[1]", "a stranger cannot be indexed by 1"),
      ("local p = probe(1) p:free() p:bump()", "probe.bump: the probe has been freed"),
      ("local p = probe(1) p:free() return p.value", "probe: the probe has been freed"),
      (
        "local p = probe(1) p:free() return p + 1",
        "probe: a must be a probe or a number, got a freed probe"
      ),
    ])
  func text(code: String, expected: String) throws {
    #expect(try message("\n" + code) == "code:2: " + expected)
  }

  @Test("no position where the caller is not Lua code")
  func calledFromC() throws {
    #expect(try results("return select(2, pcall(probe.fail, 'x'))") == ["probe.fail: x"])
  }

  @Test("an error value passes through Swift as itself")
  func identity() throws {
    let code = """
      local E = setmetatable({}, {__tostring = function() return 'E' end})
      local ok, e = pcall(probe.apply, function() error(E) end, 1)
      local deep = function(x) return probe.apply(function(y)
        return probe.apply(function(z) error(E) end, y) end, x) end
      local ok2, e2 = pcall(probe.apply, deep, 1)
      local ok3, e3 = pcall(probe.apply, function() error() end, 1)
      return ok, e == E, ok2, e2 == E, ok3, e3, select(2, pcall(probe.apply, function() error('s', 0) end, 1))
      """
    #expect(try results(code) == ["false", "true", "false", "true", "false", "nil", "s"])
  }

  @Test("an error three calls deep names the line where it was raised")
  func deepPosition() throws {
    let code = """
      return probe.apply(function(x)
        return probe.apply(function(y)
          return probe.apply(function(z)
            return z + nil end, y) end, x) end, 1)
      """
    #expect(
      try message(code) == "code:4: attempt to perform arithmetic on a nil value")
  }

  @Test("a yield across Swift is Lua's own error, and coroutines that call Swift work")
  func yields() throws {
    let code = """
      local co = coroutine.wrap(function()
        local sum = 0
        for i = 1, 3 do sum = probe.add(sum, i) coroutine.yield(sum) end
        return pcall(probe.apply, function(x) coroutine.yield(x) end, 1)
      end)
      return co(), co(), co(), co()
      """
    #expect(
      try results(code) == [
        "1.0", "3.0", "6.0", "false", "attempt to yield across a C-call boundary",
      ])
  }

  @Test("endless recursion through Swift is an error")
  func recursion() throws {
    let text = try message("local function f(x) return probe.apply(f, x) end f(1)")
    #expect(text.contains("C stack overflow") || text.contains("too many nested calls"))
  }

  @Test("a string that does not fit, and one that does")
  func longText() throws {
    #expect(try results("return #probe.long_text(3000000)") == ["3000000"])
  }
}
