local check = require "check"
local grid = require "moondrift.sweep.grid"

local function seen(over, order)
  local texts = {}
  local all = grid.new(over, order)
  for place, configuration in ipairs(all) do texts[place] = all:label(configuration) end
  return texts
end

-- Every combination, names sorted, the last one fastest, seed at the end
check.equal(seen{width = {1, 2}, seed = "1-2", n = 5}, {
  "n=5 width=1 seed=1", "n=5 width=1 seed=2", "n=5 width=2 seed=1", "n=5 width=2 seed=2"})
check.equal(seen({a = {1, 2}, b = {"x", "y"}}, {"b", "a"}), {"b=x a=1", "b=x a=2", "b=y a=1", "b=y a=2"})

-- Integers as a text, other texts as they are
check.equal(seen{seed = "1-3,7"}, {"seed=1", "seed=2", "seed=3", "seed=7"})
check.equal(seen{seed = "4"}, {"seed=4"})
check.equal(seen{seed = "-2--1"}, {"seed=-2", "seed=-1"})
check.equal(math.type(grid.new{seed = "1-3"}[2].seed), "integer")
check.equal(seen{name = "vp-cosine"}, {"name=vp-cosine"})
check.equal(seen{name = {"1-3"}}, {"name=1-3"})
check.equal(seen{exact = {true, false}}, {"exact=true", "exact=false"})

-- A key tells configurations apart by value, not by type of number
check.equal(grid.key{n = 10, a = "x"}, grid.key{a = "x", n = 10.0})
for _, other in ipairs{{n = 11}, {n = "10"}, {m = 10}, {n = 10, m = 1}, {n = 10.000000000000002}} do
  assert(grid.key(other) ~= grid.key{n = 10})
end

-- Reading what does not vary is a mistake
check.raises("over has no 'with' (did you mean width?)", function() return grid.new{width = 1}[1].with end)

-- What cannot be a grid
local function refused(message, ...) check.raises("sweep: " .. message, grid.new, ...) end
refused("over must be a table of names and values, got nil")
refused("over must name something to vary, got an empty table", {})
refused("over must have names as keys, got 1", {{1, 2}})
refused('over.n must be a list of numbers, strings or booleans, or integers as in "1-10", got an empty list', {n = {}})
refused('over.n must be a list of numbers, strings or booleans, or integers as in "1-10", got function', {n = print})
refused('over.n must be a list of numbers, strings or booleans, or integers as in "1-10", got userdata',
  {n = tensor{1, 2}})
refused("over.n must be a list of numbers, strings or booleans, got table at position 2", {n = {1, {}}})
refused("over.n must be a list of numbers, strings or booleans, got nan at position 1", {n = {0 / 0}})
refused("over.n has 2 twice", {n = {2, 1, 2.0}})
refused("over has more than 1000000 combinations", {a = "1-1001", b = "1-1000"})
refused("order names 'nn', which is not in over (did you mean n?)", {n = {1}}, {"nn"})
