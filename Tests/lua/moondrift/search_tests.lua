-- moondrift.search: known optima, the same search from the same seeds and after a kill, what is kept after errors, racing.
local check = require "check"
local search = require "moondrift.search"

-- The value of a set is the sum of its items' weights: the best six are known.

local weights, order = {}, {}
for k = 1, 30 do weights[k], order[k] = math.sin(7 * k)^2, k end
table.sort(order, function(a, b) return weights[a] > weights[b] end)
local best = {table.unpack(order, 1, 6)}
table.sort(best)
local asked
local function fitness(sets, _, stage)
  local values = {}
  for k, set in ipairs(sets) do
    asked, values[k] = (asked or 0) + 1, 0
    for _, item in ipairs(set) do values[k] = values[k] + weights[item] * (stage or 1) end
  end
  return values
end
local options = {pool = 30, size = 6, fitness = fitness, generations = 30, seed = 1}

asked = 0
local found = search.genetic(options)
check.equal(found.best, best)
check.equal(asked, found.calls)
check.equal(#found.history, 30)
check.equal(search.last, found)
assert(tostring(found):find("search by genetic: 5.787 with {", 1, true), tostring(found))
-- No better than random where nothing is selected: the optimum needs the search.
check.rejects("as many random sets", function()
  check.equal(search.random{pool = 30, size = 6, fitness = fitness, count = found.evaluated, seed = 1}.best, best)
end)
check.equal(search.greedy{pool = 30, size = 6, fitness = fitness, candidates = 30}.best, best)
assert(found:plot() ~= nil)

-- The best never falls, and is never below that of the start.
for seed = 1, 5 do
  local start = {{1, 2, 3, 4, 5, 6}, best}
  local again = search.genetic{pool = 30, size = 6, fitness = fitness, generations = 4, seed = seed, start = seed > 3 and start or nil}
  for k = 2, #again.history do assert(again.history[k].best >= again.history[k - 1].best) end
  if seed > 3 then check.equal(again.best, best) end
end
-- The same seed searches alike, another one otherwise.
local short = {pool = 30, size = 6, fitness = fitness, generations = 3, seed = 2}
local one, two = search.genetic(short), search.genetic(short)
check.equal(one.best, two.best)
check.equal(one.history, two.history)
short.seed = 3
assert(search.genetic(short).history[1].best ~= one.history[1].best)

-- Dots: a set that covers the corners of the picture, by distances alone.
do
  local dots = target.dots{size = 4}:enumerate()
  local places = {}
  for k = 1, 16 do places[k] = {(k - 1) // 4, (k - 1) % 4} end
  local function spread(sets)
    local values = {}
    for j, set in ipairs(sets) do
      local least = math.huge
      for a = 1, #set do
        for b = a + 1, #set do
          local p, q = places[set[a]], places[set[b]]
          least = math.min(least, ((p[1] - q[1])^2 + (p[2] - q[2])^2)^0.5)
        end
      end
      values[j] = least
    end
    return values
  end
  check.equal(search.genetic{pool = #dots, size = 4, fitness = spread, generations = 100, seed = 1}.best, {1, 4, 13, 16})
end
check.equal(search.coreset(tensor{{0, 0}, {10, 0}, {0.1, 0}, {0, 10}, {5, 5}}, 4), {1, 2, 4, 5})
check.equal(#search.coreset(random.stream(1):normal{20, 2, 3}, 20), 20)

-- Seeds are paired: every set is asked about with the same ones, and its value is the mean.
do
  local seen = {}
  local result = search.genetic{pool = 8, size = 2, seeds = 3, seed = 5, generations = 2, population = 4,
    fitness = function(sets, seed)
      local values = {}
      for k, set in ipairs(sets) do
        local key = table.concat(set, " ")
        seen[key] = seen[key] or {}
        assert(not seen[key][seed], "asked twice")
        seen[key][seed], values[k] = true, seed + set[1]
      end
      return values
    end}
  for _, seeds in pairs(seen) do check.equal(seeds, {[5] = true, [6] = true, [7] = true}) end
  check.near(result.value, 6 + result.best[1], 1e-12)
  check.equal(#result.values, 3)
end

-- Racing asks less at the last stage, and keeps the winner where the first stage ranks alike.
do
  local at = {}
  local raced = search.genetic{pool = 30, size = 6, seed = 1, generations = 30, stages = {0.25, 1},
    fitness = function(sets, seed, stage)
      at[stage] = (at[stage] or 0) + #sets
      return fitness(sets, seed, stage)
    end}
  check.equal(raced.best, best)
  assert(at[1] < 0.6 * at[0.25], ("%d of %d"):format(at[1], at[0.25]))
  check.equal(raced.evaluated, at[1])
end

-- On disk: an error in generation 3 loses nothing, the next call asks for the rest alone and ends as one that was not stopped.
do
  local count, has_failed = 0, false
  local function failing(sets, seed)
    count = count + #sets
    if count > 40 and not has_failed then
      has_failed = true
      error("no more")
    end
    return fitness(sets, seed)
  end
  local stored = {pool = 30, size = 6, fitness = failing, generations = 6, seed = 4, out = "found"}
  local passed, message = pcall(search.genetic, stored)
  assert(not passed and message:find("search.genetic: generation 3, seed 4, stage 1: ", 1, true)
    and message:find("no more", 1, true), message)
  check.equal(#search.last.history, 2)
  local kept = search.last.calls
  -- What the fitness itself changes, here its count, is no setting.
  count = 0
  local after = search.genetic(stored)
  check.equal(count, after.calls - kept)
  local whole = search.genetic{pool = 30, size = 6, fitness = fitness, generations = 6, seed = 4}
  check.equal(after.history, whole.history)
end
-- Another fitness, and other data that it uses, are refused.
do
  local function of(x)
    return function(sets)
      local values = {}
      for k, set in ipairs(sets) do values[k] = x[tensor(set, {dtype = "int64"})]:sum():item() end
      return values
    end
  end
  local function genetic(x, more)
    local all = {pool = 40, size = 3, fitness = of(x), generations = 2, seed = 1, out = "of_data"}
    for name, value in pairs(more or {}) do all[name] = value end
    return search.genetic(all)
  end
  local x = random.stream(1):normal{40}
  local first = genetic(x)
  check.equal(genetic(x:copy()).best, first.best)
  local y = x:copy()
  y[20] = y[20] + 1e-6
  local passed, message = pcall(genetic, y)
  assert(not passed and message:find("holds rows of other settings: x was \"float32 [40] ", 1, true), message)
  check.raises("search.genetic: out: of_data holds rows of other settings: start was absent, is \"1 2 3\"; give a new folder",
    genetic, x, {start = {{1, 2, 3}}})
  -- A function that comes by way of a global counts too.
  local function named(sets) return measured(sets) end
  function measured(sets) local v = {} for k, set in ipairs(sets) do v[k] = set[1] end return v end
  local options_of = {pool = 9, size = 2, fitness = named, generations = 2, seed = 1, out = "of_global"}
  search.genetic(options_of)
  function measured(sets) local v = {} for k, set in ipairs(sets) do v[k] = -set[1] end return v end
  passed, message = pcall(search.genetic, options_of)
  measured = nil
  assert(not passed and message:find("of_global holds rows of other code", 1, true), message)
end
-- What a fitness names as an option is named is another thing.
do
  function by_seed(sets, s)
    seed = s
    local v = {}
    for k, set in ipairs(sets) do v[k] = set[1] + seed end
    return v
  end
  local options_of = {pool = 8, size = 2, fitness = by_seed, count = 2, seed = 1, out = "of_seed"}
  local first = search.random(options_of)
  check.equal(search.random(options_of).best, first.best)
  options_of.seed = 7
  check.raises("search.random: out: of_seed holds rows of other settings: seed was 1, is 7; give a new folder",
    search.random, options_of)
  by_seed, seed = nil, nil
end
-- On disk, and on from there.
do
  local path = "counted"
  local function slow(sets)
    local values = {}
    for k, set in ipairs(sets) do values[k] = set[1] + set[2] / 10 end
    return values
  end
  local function genetic(generations, more)
    local all = {pool = 12, size = 2, fitness = slow, population = 4, seed = 4, out = path, generations = generations}
    for name, value in pairs(more or {}) do all[name] = value end
    return search.genetic(all)
  end
  local first = genetic(3)
  local whole = search.genetic{pool = 12, size = 2, fitness = slow, population = 4, seed = 4, generations = 6}
  local gone_on = genetic(6)
  check.equal(gone_on.best, whole.best)
  check.equal(gone_on.history, whole.history)
  assert(first.calls < gone_on.calls)
  -- All is on disk now: lines of the second call's file are the new ones alone.
  local lines = {}
  for _, name in ipairs(file.list(path)) do
    local _, n = file.read_text(path .. "/" .. name):gsub("\n", "")
    lines[#lines + 1] = n - 1
  end
  local sum = 0
  for _, n in ipairs(lines) do sum = sum + n end
  check.equal(sum, gone_on.calls)
  -- A line that was cut by a kill is left out.
  local name = file.list(path)[1]
  local text = file.read_text(path .. "/" .. name)
  file.write_text(path .. "/" .. name, text:sub(1, -20))
  check.equal(genetic(6).history, whole.history)
  check.raises("search.genetic: out: counted holds rows of other settings: population was 4, is 5; give a new folder",
    genetic, 6, {population = 5})
end

-- What to begin with is tried to the last stage, whatever the first one says of it.
do
  local function reversed(sets, _, stage)
    local values = {}
    for k, set in ipairs(sets) do values[k] = (stage == 1 and 1 or -1) * set[1] end
    return values
  end
  local raced = search.genetic{pool = 16, size = 4, generations = 3, population = 6, seed = 1, mutation = 0,
    start = {{13, 14, 15, 16}}, stages = {0.5, 1}, fitness = reversed}
  check.equal(raced.best, {13, 14, 15, 16})
  assert(raced.tried > raced.evaluated)
end

-- A row without a number says so.
do
  local first = search.random{pool = 9, size = 2, fitness = fitness, count = 3, seed = 1, out = "damaged"}
  check.equal(first.tried, first.evaluated)
  local path = "damaged/" .. file.list("damaged")[1]
  file.write_text(path, (file.read_text(path):gsub('"value": [%d.]+', '"other": 3', 1)))
  local passed, message = pcall(search.random, {pool = 9, size = 2, fitness = fitness, count = 3, seed = 1, out = "damaged"})
  assert(not passed and message:find("search.random: out: damaged has a row for {", 1, true)
    and message:find("without a number; remove its file", 1, true), message)
end

-- Values that are none.
for _, case in ipairs{
  {function(sets) local v = fitness(sets) v[1] = 0 / 0 return v end, "must be a number, got nan"},
  {function(sets) local v = fitness(sets) v[1] = "7" return v end, "must be a number, got \"7\""},
} do
  local passed, message = pcall(search.genetic, {pool = 30, size = 6, fitness = case[1], seed = 1})
  assert(not passed and message:find("search.genetic: generation 1, seed 1: the fitness of {", 1, true)
    and message:find(case[2], 1, true), message)
end
check.raises("search.genetic: the fitness must return a list of 16 numbers, got a tensor; x:table() is a list", search.genetic,
  {pool = 30, size = 6, fitness = function(sets) return tensor.zeros{#sets} end})
check.raises("search.genetic: the fitness must return a list of 16 numbers, got 15", search.genetic,
  {pool = 30, size = 6, fitness = function(sets)
    local v = fitness(sets)
    for k = 1, 16 do sets[k] = nil end
    v[16] = nil
    return v
  end})
do
  local passed, message = pcall(search.genetic, {pool = 9, size = 2, seeds = 2, fitness = function(sets, seed)
    local v = {}
    for k, set in ipairs(sets) do v[k] = set[1] == 1 and (seed == 1 and math.huge or -math.huge) or set[1] end
    return v
  end})
  assert(not passed and message:find("is inf with one seed and -inf with another", 1, true), message)
end
check.raises("search.genetic: the fitness must return a list of 16 numbers, got nil", search.genetic,
  {pool = 30, size = 6, fitness = function() end})
local function altered(name, value)
  local all = {[name] = value}
  for key, given in pairs(options) do
    if key ~= name then all[key] = given end
  end
  return all
end
check.raises("search.genetic: size must be from 1 to the 30 items of the pool, got 31", search.genetic,
  altered("size", 31))
check.raises("search.genetic: elite must be from 1 to 15, got 16", search.genetic, altered("elite", 16))
check.raises("search.genetic: unknown option 'popul' (did you mean pool?)", search.genetic, altered("popul", 3))
check.raises("search.genetic: stages must rise from above 0, got 0.5 at position 2", search.genetic,
  altered("stages", {1, 0.5}))
check.raises("search.genetic: stages must be a list of numbers that rise, got number", search.genetic, altered("stages", 1))
check.raises("search.genetic: start must be a list of sets, got number", search.genetic, altered("start", 5))
check.raises("search.genetic: start must be a list of sets without gaps or names", search.genetic,
  altered("start", {[3] = {1, 2, 3, 4, 5, 6}}))
check.raises("search.genetic: pool must be an integer, got 4.0", search.genetic, altered("pool", 4.0))
check.raises("search.genetic: fitness is required", search.genetic, {pool = 3, size = 1})
check.raises("search.random: count must be a positive integer, got nil", search.random, {pool = 3, size = 1, fitness = fitness})
check.raises("search.coreset: size must be from 1 to 4, got 5", search.coreset, tensor.ones{4, 2}, 5)

-- Errors name the line that calls the search.
do
  local function called(name)
    local found = search[name]{pool = 5, size = 2}
    return found
  end
  local line = debug.getinfo(called, "S").linedefined + 1
  for _, name in ipairs{"genetic", "random", "greedy"} do
    local passed, message = pcall(called, name)
    assert(not passed and message:find((":%d: search.%s: fitness is required"):format(line, name), 1, true), message)
  end
end

-- What to begin with are sets of the pool.
do
  local function from(start) return {pool = 9, size = 2, fitness = fitness, population = 3, generations = 1, start = start} end
  check.raises("search.genetic: start must hold lists of places, got number at position 1", search.genetic, from{5})
  for _, case in ipairs{{{1, 1}, "1"}, {{1, 10}, "10"}, {{"a", 2}, "a"}, {{0, 2}, "0"}, {{1.5, 2}, "1.5"}} do
    check.raises(("search.genetic: start must hold different places from 1 to 9, got %s at position 1"):format(case[2]),
      search.genetic, from{case[1]})
  end
  check.raises("search.genetic: start must hold at most 3 sets, the population, got 4", search.genetic,
    from{{1, 2}, {1, 3}, {1, 4}, {1, 5}})
end

-- A fitness that is -inf everywhere, or changes its sets, breaks nothing.
do
  local function worst(sets)
    local values = {}
    for k, set in ipairs(sets) do
      check.equal(#set, 3)
      values[k], set[1] = -math.huge, 77
    end
    return values
  end
  local found = search.genetic{pool = 9, size = 3, fitness = worst, generations = 3, population = 4}
  check.equal(#found.best, 3)
  for _, item in ipairs(found.best) do assert(item <= 9) end
  local greedy = search.greedy{pool = 9, size = 3, fitness = function(sets)
    local values = {}
    for k, set in ipairs(sets) do values[k] = #set == 3 and -math.huge or 0 end
    return values
  end}
  check.equal(#greedy.best, 3)
end

-- No place twice among equal points, and nothing of nan.
check.equal(search.coreset(tensor.zeros{4, 2}, 4), {1, 2, 3, 4})
check.raises("search.coreset: x must be finite", search.coreset, tensor.zeros{4, 2} * (0 / 0), 2)
check.raises("search_result.plot: options must be a table, got number", found.plot, found, 5)
