local check = require "check"
local args = require "moondrift.args"
local fingerprint = require "moondrift.sweep.fingerprint"

local function code(text) return fingerprint.of(assert(load(text))()) end
local function difference(first, second) return fingerprint.difference(code(first), code(second)) end

-- Comments, lines and names of locals do not matter
check.equal(difference("local steps = 3 return function(c) return c.n * steps end",
  "local steps = 3\n-- more\nreturn function(d)\n\n return d.n * steps end"), nil)
check.equal(difference("local f = function() return 1 end return function() return f() end",
  "local unused, f = 4, function() return 1 end return function() return f() end"), nil)

-- Code does, in functions that are captured too, directly and in tables
check.contains(difference("return function(c) return c.n end", "return function(c) return c.n + 1 end"), "other code")
check.contains(difference("local f = function() return 1 end return function() return f() end",
  "local f = function() return 2 end return function() return f() end"), "other code")
check.contains(difference("local t = {f = function() return 1 end} return function() return t.f() end",
  "local t = {f = function() return 2 end} return function() return t.f() end"), "other code")

-- So do values that are captured
check.equal(difference("local steps = 3 return function(c) return c.n * steps end",
  "local steps = 4 return function(c) return c.n * steps end"), "other settings: steps was 3, is 4")
check.equal(difference("local t = {a = {1, 2}} return function(c) return t end",
  "local t = {a = {1, 3}} return function(c) return t end"), "other settings: t.a[2] was 2, is 3")
check.contains(difference("local p = sde.vp{beta_max = 10} return function(c) return p end",
  "local p = sde.vp{beta_max = 20} return function(c) return p end"), "other settings: p was")
check.equal(difference("local a = 1 return function(c) return a end", "local a return function(c) return a end"),
  "other settings: a was 1, is absent")

-- Of an object every number counts
check.contains(difference("local x = tensor.zeros{400} return function(c) return x end",
  "local x = tensor.zeros{400} x[200] = 1e-20 return function(c) return x end"), "other settings: x was \"float32 [400] ")

-- A long list is one value
local many = {}
for k = 1, 1000 do many[k] = k / 3 end
local holds = function() return many end
local was = fingerprint.of(holds)
assert(type(was.captured.many) == "string" and was.captured.many:find("^1000 values %x+$"), was.captured.many)
many[500] = many[500] + 1e-12
check.contains(fingerprint.difference(was, fingerprint.of(holds)), "other settings: many was")

-- Two variables of one name and value are two
local function tick() local n = 0 return function() n = n + 1 end end
local n, ticks = 0, tick()
check.equal(fingerprint.of(function() ticks() return n end).captured, {n = 0, ["n (2)"] = 0})

-- Globals that the code names, also in functions in it; no others
own_steps, other_steps = 3, 4
local by_global = function() return function() return own_steps end end
check.equal(fingerprint.of(by_global).captured, {own_steps = 3})
function own_function() return 1 end
local calls = function() return own_function() end
local before = fingerprint.of(calls)
function own_function() return 2 end
check.contains(fingerprint.difference(before, fingerprint.of(calls)), "other code")
-- Also beside a variable that holds the globals, by way of one, and among more constants than an instruction reaches
local all = _G
check.equal(fingerprint.of(function() all.last = own_steps end).captured.own_steps, 3)
check.equal(fingerprint.of(function() return _G.own_steps end).captured.own_steps, 3)
local lines = {}
for k = 1, 300 do lines[k] = ("'k%d',"):format(k) end
local long = load("return function() local t = {" .. table.concat(lines) .. "} return own_steps, t end")()
check.equal(fingerprint.of(long).captured.own_steps, 3)
check.equal(fingerprint.of(function() return function() return _G.own_steps end end).captured.own_steps, 3)
own_steps, other_steps, own_function = nil, nil, nil

-- What a function changes itself, by two fingerprints
local counts, total = {}, 0
local function counting(c) counts[c] = (counts[c] or 0) + 1 total = total + 1 end
local first = fingerprint.of(counting)
counting("a")
local later = fingerprint.of(counting)
check.equal(fingerprint.changes(first, later), {"counts.a", "total"})
check.equal(fingerprint.difference(first, later), "other settings: counts.a was absent, is 1")
counting("b")
check.equal(fingerprint.difference(later, fingerprint.of(counting), {["counts.a"] = true, total = true}), nil)
check.equal(fingerprint.difference({code = "a", captured = {n = 1}}, {code = "a", captured = {n = 2}}, {total = true}),
  "other settings: n was 1, is 2")

-- A table that holds itself, and the modules of Lua and of Moondrift, have an end
check.equal(difference("local t = {} t.t = t return function() return t, math, args end",
  "local t = {} t.t = t return function() return t, math, args end"), nil)
local own = require "moondrift.claims"
check.equal(fingerprint.of(function() return own end).captured, {})

-- Settings: those that vary as they are do not count, nor how a script is run
local function settings(...)
  return args.parse({ns = {1, 2}, seeds = "1-3", steps = 10, sweep = true, smoke = {steps = 1}}, {...})
end
local function of(given)
  return fingerprint.of(function(c) return c.n end, given, {n = given.ns, seed = given.seeds})
end
check.equal(of(settings()).captured, {["settings.steps"] = 10})
check.equal(fingerprint.difference(of(settings()), of(settings("--ns=1,2,3", "--seeds=1-9", "--jobs=2", "--out=x"))), nil)
check.equal(fingerprint.difference(of(settings()), of(settings("--steps=20"))), "other settings: steps was 10, is 20")
local given = settings()
check.equal(fingerprint.of(function() return given.steps end, given, {n = given.ns}).captured,
  {["settings.steps"] = 10, ["settings.seeds"] = "1-3"})
