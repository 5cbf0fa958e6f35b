local check = require "check"
local args = require "moondrift.args"
local fingerprint = require "moondrift.sweep.fingerprint"

check.equal(fingerprint.hash(""), "cbf29ce484222325")
check.equal(fingerprint.hash("a"), "af63dc4c8601ec8c")  -- Fowler, Noll & Vo, test suite

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
