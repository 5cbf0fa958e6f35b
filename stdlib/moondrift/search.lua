-- Which training set of a given size is the best? Searches over sets of items of a pool, by any fitness.
--
--   local search = require "moondrift.search"
--   local found = search.genetic{pool = 64, size = 8, generations = 20, population = 16, seed = 1, seeds = 2,
--     fitness = function(sets, seed) return values end}       -- a number for each set, the higher the better
--   found.best, found.value                                    -- places in the pool, sorted, and the mean over seeds
--   search.random{pool = 64, size = 8, count = found.tried, seed = 1, seeds = 2, fitness = f}   -- the control
--   search.coreset(x, 8)                                       -- no fitness: far from one another
--
-- A fitness gets all sets of a generation at once, so that what it trains can advance side by side, and a seed: all sets
-- are tried with the same seeds. No set is tried twice with one seed. With `out`, a folder, each value is a line on disk as
-- soon as it is known; the same call goes on from there, also with more generations, and ends as it would have ended.
-- `search.last` has the best so far, also after an error or Ctrl-C.
--
-- Racing: with `stages = {0.25, 1}` the fitness gets a share as its third argument, of the training, say. After each stage
-- but the last the worse half goes; sets of a later stage count more than those that went. `search.of_fits` makes such a
-- fitness of training runs that go on from stage to stage.

local evaluator = require "moondrift.search.values"
local of_fits = require "moondrift.search.fits"
local option = require "moondrift.options"
local sets_of = require "moondrift.search.sets"

local M = {}

---@class moondrift.SearchResult
---@field best integer[] places in the pool, sorted
---@field value number its mean over seeds
---@field values number[] of each seed
---@field history {generation: integer, best: number, median: number, evaluated: integer, tried: integer}[]
---@field evaluated integer sets that were tried to the last stage
---@field tried integer sets that were tried at the first stage: the same where there is one
---@field calls integer values that a fitness gave, on disk or now
local Result = {}
Result.__index = Result
Result.__name = "search_result"

-- Options

local COMMON = {fitness = "function", pool = "integer", size = "integer", seed = "integer", seeds = "integer", stages = "table",
  out = "string", progress = "boolean"}

local function demand(where, passed, message, ...)
  if not passed then error(("search.%s: " .. message):format(where, ...), 0) end
end

local function settings_of(where, given, more, defaults)
  local kinds = {}
  for name, kind in pairs(COMMON) do kinds[name] = kind end
  for name, kind in pairs(more) do kinds[name] = kind end
  option.check("search." .. where, given, kinds)
  local settings = {where = where, seed = 1, seeds = 1, stages = {1}, start = {}, progress = false}
  for name, value in pairs(defaults) do settings[name] = value end
  for name, value in pairs(given) do settings[name] = value end
  for _, name in ipairs{"fitness", "pool", "size"} do demand(where, settings[name], "%s is required", name) end
  demand(where, settings.pool > 0, "pool must be a positive integer, got %d", settings.pool)
  demand(where, settings.size > 0 and settings.size <= settings.pool, "size must be from 1 to the %d items of the pool, got %d",
    settings.pool, settings.size)
  demand(where, settings.seeds > 0, "seeds must be a positive integer, got %d", settings.seeds)
  demand(where, type(settings.stages) == "table", "stages must be a list of numbers that rise, got %s", type(settings.stages))
  demand(where, #settings.stages > 0, "stages must be a list of numbers that rise, got none")
  for place, stage in ipairs(settings.stages) do
    demand(where, math.type(stage) and stage > (settings.stages[place - 1] or 0),
      "stages must rise from above 0, got %s at position %d", option.shown(stage), place)
  end
  return settings
end

-- Running

--- Runs a search and ends its file, whatever happens.
local function searched(plan, f)
  local values = evaluator(plan)
  local result = setmetatable({method = plan.where, history = {}, best = {}, value = -math.huge, values = {}, size = plan.size,
    pool = plan.pool, evaluated = 0, tried = 0, calls = 0}, Result)
  M.last = result
  --- Keeps the best of a ranked list, and a line of history.
  local function note(ranked, generation)
    local top = ranked[1]
    if #result.best == 0 or top.value > result.value then result.best, result.value, result.values = top.set, top.value, top.values end
    local all = {}
    for k, item in ipairs(ranked) do all[k] = item.value end
    result.evaluated, result.tried = values.count()
    result.calls = values.calls
    result.history[#result.history + 1] = {generation = generation, best = result.value,
      median = metric.quantiles(all, {0.5})[1], evaluated = result.evaluated, tried = result.tried}
    if plan.progress then
      print(("%s, generation %d: best %.4g, %d sets tried"):format(plan.where, generation, result.value, result.tried))
    end
  end
  local passed, failure = pcall(f, values, note, result)
  if values.store then values.store:close() end
  result.calls = values.calls
  if not passed then error(failure, 0) end
  return result
end

--- Calls f so that what it raises names the line of the caller of the function of this file, which must call this last:
--- a tail call leaves no level of its own.
local function at_caller(f, ...)
  local results = table.pack(pcall(f, ...))
  if results[1] then return results[2] end
  if type(results[2]) == "string" and results[2]:find("^search%.") then error(results[2], 2) end
  error(results[2], 0)
end

-- Searches

local function genetic(given)
  local plan = settings_of("genetic", given, {generations = "integer", population = "integer", elite = "integer",
    tournament = "integer", mutation = "number", start = "table"},
    {generations = 40, population = 16, tournament = 2})
  plan.elite = plan.elite or math.max(1, math.min(2, plan.population - 1))
  plan.mutation = plan.mutation or 1 / plan.size
  demand("genetic", plan.generations > 0, "generations must be a positive integer, got %d", plan.generations)
  demand("genetic", plan.population > 1, "population must be 2 or more, got %d", plan.population)
  demand("genetic", plan.elite > 0 and plan.elite < plan.population, "elite must be from 1 to %d, got %d", plan.population - 1,
    plan.elite)
  demand("genetic", plan.tournament > 0, "tournament must be a positive integer, got %d", plan.tournament)
  demand("genetic", plan.mutation >= 0 and plan.mutation <= 1, "mutation must be from 0 to 1, got %g", plan.mutation)
  demand("genetic", type(plan.start) == "table", "start must be a list of sets, got %s", type(plan.start))
  local entries = 0
  for _ in pairs(plan.start) do entries = entries + 1 end
  demand("genetic", entries == #plan.start, "start must be a list of sets without gaps or names")
  demand("genetic", #plan.start <= plan.population, "start must hold at most %d sets, the population, got %d", plan.population,
    #plan.start)
  for place, set in ipairs(plan.start) do
    demand("genetic", type(set) == "table", "start must hold lists of places, got %s at position %d", type(set), place)
    demand("genetic", #set == plan.size, "start must hold sets of %d items, got %d at position %d", plan.size, #set, place)
    local has = {}
    for _, item in ipairs(set) do
      demand("genetic", math.type(item) == "integer" and item >= 1 and item <= plan.pool and not has[item],
        "start must hold different places from 1 to %d, got %s at position %d", plan.pool, tostring(item), place)
      has[item] = true
    end
  end
  return searched(plan, function(values, note, result)
    local stream, sets = random.stream(plan.seed), {}
    for k = 1, plan.population do
      sets[k] = plan.start[k] and sets_of.sorted{table.unpack(plan.start[k])} or sets_of.random(stream, plan.pool, plan.size)
    end
    for generation = 1, plan.generations do
      local ranked = values.rank(sets, generation, generation == 1 and #plan.start or 0)
      note(ranked, generation)
      if generation == plan.generations then break end
      local has, next_sets = {}, {}
      local function add(set)
        has[sets_of.text(set)] = true
        next_sets[#next_sets + 1] = set
      end
      -- The best that was ever found stays, also where a later one won by its stage.
      add(result.best)
      for _, item in ipairs(ranked) do
        if #next_sets < plan.elite and not has[sets_of.text(item.set)] then add(item.set) end
      end
      local function parent()
        local best = #ranked
        for _, place in ipairs(stream:integers(plan.tournament, 1, #ranked):table()) do best = math.min(best, place) end
        return ranked[best].set
      end
      while #next_sets < plan.population do
        local child
        for _ = 1, 20 do
          child = sets_of.mutated(stream, sets_of.crossed(stream, parent(), parent()), plan.pool, plan.mutation)
          if not has[sets_of.text(child)] then break end
        end
        add(child)
      end
      sets = next_sets
    end
  end)
end

--- A population of sets that select, cross and mutate; the best are kept. Never ends below the best of `start`, or of its
--- first generation at the last stage.
---@param options table fitness, pool, size; generations = 40, population = 16, elite = 2 that stay, tournament = 2 of whom the
---  better is a parent, mutation = 1/size for each item, start: sets to begin with; seed = 1, seeds = 1 for each set, stages, out,
---  progress = false
---@return moondrift.SearchResult
function M.genetic(options) return at_caller(genetic, options) end

local function random_search(given)
  local plan = settings_of("random", given, {count = "integer", population = "integer"}, {population = 16})
  demand("random", plan.count and plan.count > 0, "count must be a positive integer, got %s", tostring(plan.count))
  demand("random", plan.population > 0, "population must be a positive integer, got %d", plan.population)
  return searched(plan, function(values, note)
    local stream, left, generation = random.stream(plan.seed), plan.count, 0
    while left > 0 do
      local sets = {}
      for k = 1, math.min(left, plan.population) do sets[k] = sets_of.random(stream, plan.pool, plan.size) end
      left, generation = left - #sets, generation + 1
      note(values.rank(sets, generation), generation)
    end
  end)
end

--- Independent draws of sets: the control of a search that tried as many: `count = found.tried`. With stages it drops halves
--- as the search does.
---@param options table fitness, pool, size, count of sets; population = 16 at a time; seed = 1, seeds = 1, stages, out,
---  progress = false
---@return moondrift.SearchResult
function M.random(options) return at_caller(random_search, options) end

local function greedy(given)
  local plan = settings_of("greedy", given, {candidates = "integer"}, {candidates = 16})
  demand("greedy", plan.candidates > 0, "candidates must be a positive integer, got %d", plan.candidates)
  return searched(plan, function(values, note, result)
    local stream, set = random.stream(plan.seed), {}
    for count = 1, plan.size do
      local has, free, sets = {}, {}, {}
      for _, item in ipairs(set) do has[item] = true end
      for item = 1, plan.pool do
        if not has[item] then free[#free + 1] = item end
      end
      local order = stream:permutation(#free):table()
      for k = 1, math.min(plan.candidates, #free) do
        sets[k] = {table.unpack(set)}
        table.insert(sets[k], free[order[k]])
        sets_of.sorted(sets[k])
      end
      local ranked = values.rank(sets, count)
      set = ranked[1].set
      -- Smaller sets are no answers.
      result.best, result.value = {}, -math.huge
      note(ranked, count)
    end
  end)
end

--- One item after the other, each time the best of some candidates. The fitness is asked about smaller sets too.
---@param options table fitness, pool, size; candidates = 16 a time; seed = 1, seeds = 1, stages, out, progress = false
---@return moondrift.SearchResult
function M.greedy(options) return at_caller(greedy, options) end

--- Points far from one another: each time the one that is farthest from those chosen, which is within twice the least
--- greatest distance (Gonzalez 1985). The first is the one nearest to the mean.
---@param x moondrift.tensor points [n, …]
---@param size integer
---@return integer[] places, sorted
function M.coreset(x, size)
  if not option.is_tensor(x) or #x.shape == 0 or #x == 0 then error("search.coreset: x must be points [n, …]", 2) end
  if math.type(size) ~= "integer" or size < 1 or size > #x then
    error(("search.coreset: size must be from 1 to %d, got %s"):format(#x, math.type(size) and size or type(size)), 2)
  end
  local rows = x:to("float64"):reshape{#x, -1}
  if not (rows - rows):equal(0):all():item() then error("search.coreset: x must be finite", 2) end
  local function distances(to) return ((rows - to)^2):sum(2) end
  local chosen = {distances(rows:mean(1)):argmin():item()}
  local nearest = distances(rows[chosen[1]])
  -- Below any distance, so that of equal points none is chosen twice.
  nearest[chosen[1]] = -1
  while #chosen < size do
    local place = nearest:argmax():item()
    chosen[#chosen + 1] = place
    nearest = tensor.minimum(nearest, distances(rows[place]))
    nearest[place] = -1
  end
  return sets_of.sorted(chosen)
end

--- A fitness of training runs, for races: with stages a set's run goes on from one to the next, and those of sets that were
--- dropped stop. A run that diverges has the value -inf.
---@param options table start: function(sets, seed) that returns a list of fits that have made no updates, as train.start does;
---  value: function(fit, set, seed) that returns a number; updates at stage 1
---@return function fitness of sets, seed and stage
function M.of_fits(options) return at_caller(of_fits, options) end

-- Pages

function Result:__tostring()
  return ("search by %s: %.4g with {%s}, %d sets of %d of %d items tried"):format(self.method, self.value,
    table.concat(self.best, ", "), self.tried, self.size, self.pool)
end

--- The best value and the median of each generation against the sets tried.
---@param options table? of plot.figure
---@return figure
function Result:plot(options)
  if options ~= nil and type(options) ~= "table" then
    error(("search_result.plot: options must be a table, got %s"):format(type(options)), 2)
  end
  local axes = {x = "sets tried", y = "fitness"}
  for name, value in pairs(options or {}) do axes[name] = value end
  local passed, figure = pcall(plot.figure, axes)
  if not passed then error(figure, 2) end
  local x, best, median = {}, {}, {}
  for k, at in ipairs(self.history) do x[k], best[k], median[k] = at.tried, at.best, at.median end
  return figure:line(x, best, {color = "blue", label = "best"}):line(x, median, {color = "grey", label = "median"})
end

return M
