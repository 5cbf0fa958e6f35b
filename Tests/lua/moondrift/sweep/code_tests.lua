-- moondrift.sweep.code: code without places and names, and the globals that it names on every way.
local check = require "check"
local code_of = require "moondrift.sweep.code"

--- Code and globals of a function in a text; the globals are the first that it captures.
local function read(text) return code_of(assert(load("return " .. text))(), {[0] = true}) end

local function same(a, b) check.equal((read(a)), (read(b))) end
same("function(c) return n + c end", "function(d)\n-- more\n return n + d end")
same("function() return function(a) return n + a end end", "function()\n return function(b)\n return n + b end end")
check.rejects("another constant", same, "function() return n + 1 end", "function() return n + 2 end")
check.rejects("another function inside", same, "function() return function() return n end end",
  "function() return function() return m end end")

local function globals(text) return (select(2, read(text))) end
check.equal(globals("function() return n + m end"), {"m", "n"})
check.equal(globals("function(c) return c.n + print(n) end"), {"n", "print"})
check.equal(globals("function() return function() return function() return n end end end"), {"n"})
check.equal(globals("function() return _G.n end"), {"_G", "n"})
-- Beyond what an instruction reaches every text may be a name.
local lines = {}
for k = 1, 300 do lines[k] = ("'k%d',"):format(k) end
local names = globals("function() local t = {" .. table.concat(lines) .. "} return n, t end")
check.equal(names[#names], "n")
local long = ("a"):rep(60)
check.equal(globals(("function() return %s end"):format(long)), {long})

-- Where it is told that nothing holds the globals, none are named.
check.equal((select(2, code_of(assert(load("return function() return n end"))(), {}))), {})
