-- To which score has a model come at each noise level as it trains: that of the law, or that of its training set?
--
--   local score_map = require "moondrift.score_map"
--   local map = score_map.new{population = law, training = x, held_out = h, sde = m.sde, seed = 1}
--   train(m, x, {steps = 2000, probe = {every = 100, to_population = map:probe()}})
--   print(map)                              -- at the last look, level by level
--   print(map:tau_gen{factor = 1.2}, map:tau_mem{by = "to_empirical", level = 0.5})
--   map:figure():show()                     -- (diffusion time × training time)
--
-- Distances are E‖s − s*‖²/E‖s*‖². s* is the score of the law or that of the training set, both exact; the points are
-- x_t = α x_0 + σ z, with x_0 fresh from the law (`fresh`) or out of the training set (`on_training`, where a model that
-- memorizes meets the empirical score first). Their mean over levels weighs each by σ², as the denoising loss does:
-- Σ σ² E‖s − s*‖²/Σ σ² E‖s*‖²; without that the least noise, where scores are sharpest, would decide alone. Losses are
-- E‖σ s + z‖², summed over coordinates, of training, held-out and fresh points. Rows of points share their noise z,
-- whatever the set, the model, the run and the look.

local option = require "moondrift.options"
local passage = require "moondrift.passage_times"

local M = {}
local Map = {}
Map.__index = Map
Map.__name = "score_map"

local OPTIONS = {
  population = "target or model", training = "tensor or list of tensors", held_out = "tensor", points = "tensor", sde = "sde",
  times = "list of numbers", count = "integer", seed = "integer", draw = "function", ratio = "number",
}

local function fail(name, message, ...) error(("score_map.%s: " .. message):format(name, ...), 0) end

--- Errors of a function name the line of the caller of the one that asks, which must not return this as a tail call.
local function called(f, ...)
  local results = table.pack(pcall(f, ...))
  if not results[1] then error(results[2], 3) end
  return table.unpack(results, 2, results.n)
end

local function has(object, member)
  return type(object) == "userdata" and (pcall(function() return object[member] end))
end

-- Checks

local function is_list_of(value, check)
  if type(value) ~= "table" or #value == 0 then return false end
  for _, item in ipairs(value) do
    if not check(item) then return false end
  end
  return true
end

local IS = {
  ["target or model"] = function(v) return has(v, "score") end,
  ["tensor or list of tensors"] = function(v) return option.is_tensor(v) or is_list_of(v, option.is_tensor) end,
  sde = function(v) return has(v, "alpha") end,
  ["list of numbers"] = function(v) return is_list_of(v, function(t) return math.type(t) ~= nil end) end,
}

local function check_points(name, x, like)
  if #x.shape < 2 or #x < 2 then
    fail("new", "%s must hold 2 points or more, [n, …], got shape [%s]", name, table.concat(x.shape, ", "))
  end
  if not x:is_finite():all():item() then fail("new", "%s must be finite, got nan or inf", name) end
  local same = #x.shape == #like.shape
  for axis = 2, #x.shape do same = same and x.shape[axis] == like.shape[axis] end
  if not same then
    fail("new", "%s has shape [%s], training [%s]", name, table.concat(x.shape, ", "), table.concat(like.shape, ", "))
  end
end

local function check(o)
  option.check("score_map.new", o, OPTIONS)
  for name, value in pairs(o) do
    local kind = OPTIONS[name]
    if IS[kind] and not IS[kind](value) then
      fail("new", "%s must be %s %s, got %s", name, kind == "sde" and "an" or "a", kind, type(value))
    end
  end
  for _, name in ipairs{"training", "sde"} do
    if o[name] == nil then fail("new", "%s is required", name) end
  end
  local sets = option.is_tensor(o.training) and {o.training} or o.training
  for _, x in ipairs(sets) do check_points("training", x, sets[1]) end
  for _, name in ipairs{"held_out", "points"} do
    if o[name] then check_points(name, o[name], sets[1]) end
  end
  if (o.count or 2) < 2 then fail("new", "count must be 2 or more, got %d", o.count) end
  if o.ratio and not (o.ratio > 0 and o.ratio < 1) then fail("new", "ratio must be between 0 and 1, got %s", tostring(o.ratio)) end
  if not (o.points or has(o.population, "sample") or o.held_out) then
    fail("new", "points of the law are required where population cannot be sampled from: points or held_out")
  end
  for place, t in ipairs(o.times or {}) do
    if not (t > (place > 1 and o.times[place - 1] or 0)) then
      fail("new", "times must rise from above 0, got %g as number %d", t, place)
    end
    if not pcall(o.sde.alpha, o.sde, t) then fail("new", "times must be times of sde, got %g as number %d", t, place) end
  end
  return sets
end

-- Making one

--- Rows 1 to count, from the start again where there are fewer.
local function rows(x, count)
  local places = {}
  for k = 1, count do places[k] = (k - 1) % #x + 1 end
  return x[tensor(places, {dtype = "int64"})]
end

local function flat(x) return x:reshape{#x, -1}:to("float64") end
local function mean_square(x) return (x^2):sum(2):mean():item() end

--- x_t at each level.
local function noised(map, x)
  local list = {}
  for k, t in ipairs(map.times) do
    list[k] = map.private.sde:alpha(t) * x + map.private.sde:sigma(t) * map.private.noise[k]
  end
  return list
end

--- An empty map: measures of models go into it one by one.
---@param options table training: a tensor, or one a run; sde. population: the law, a target or its exact score; held_out: points for
---  the loss; points = count points of the population, else held_out; times = 8 levels equally spaced in log-SNR between the
---  ends of sampling; count = 512 points of each kind and level; seed = 1; draw: function(model, run) whose samples give the
---  fraction of copies; ratio = 1/3 of the nearest to the second nearest distance, below which one is a copy
function M.new(options)
  local sets = called(check, options)
  local process, count = options.sde, options.count or 512
  local times = options.times
  if not times then
    times = {}
    for k, t in ipairs(schedule.log_snr(process, 7):table()) do times[9 - k] = t end
  end
  local population = options.population
  local fresh = options.points
    or has(population, "sample") and population:sample(count, {seed = options.seed or 1}) or options.held_out
  called(check_points, "population", fresh, sets[1])
  if has(population, "model") then population = population:model(process) end
  local map = setmetatable({
    times = times, count = count, seed = options.seed or 1, ratio = options.ratio or 1 / 3, draw = options.draw, rows = {},
    runs = #sets, private = {sets = sets, sde = process, population = population, noise = {}, known = {}},
  }, Map)
  local shape = {count, table.unpack(sets[1].shape, 2)}
  local stream = random.stream(map.seed)
  for k = 1, #times do map.private.noise[k] = stream:normal(shape) end
  map.private.fresh = noised(map, rows(fresh, count))
  map.private.held_out = options.held_out and noised(map, rows(options.held_out, count))
  return map
end

--- The exact scores of a run at fresh and at training points, with their mean squares, made once.
local function known_of(map, run)
  local known = map.private.known[run]
  if known then return known end
  local set, population = map.private.sets[run], map.private.population
  local empirical = target.empirical(set):model(map.private.sde)
  known = {noised = {fresh = map.private.fresh, on_training = noised(map, rows(set, map.count))}}
  for place, list in pairs(known.noised) do
    local at = {to_population = population and {}, to_empirical = {}, apart = population and {}, scale = {}}
    local apart, whole = 0, 0
    for k, t in ipairs(map.times) do
      local of_set = flat(empirical:score(list[k], t))
      at.to_empirical[k] = of_set
      at.scale[k] = {to_empirical = mean_square(of_set)}
      if population then
        local of_law = flat(population:score(list[k], t))
        at.to_population[k] = of_law
        at.scale[k].to_population = mean_square(of_law)
        local squared, sigma = mean_square(of_law - of_set), map.private.sde:sigma(t)
        at.apart[k] = squared / at.scale[k].to_empirical
        apart, whole = apart + sigma^2 * squared, whole + sigma^2 * at.scale[k].to_empirical
      end
    end
    at.mean_apart = apart / whole
    known[place] = at
  end
  map.private.known[run] = known
  return known
end

--- The mean of a loss over levels, or the loss at one.
local function mean(values, place)
  if place then return values[place] end
  local sum = 0
  for _, value in ipairs(values) do sum = sum + value end
  return sum / #values
end

--- The mean of distances over levels, weighed by σ².
local function weighed(map, distances, scale, name)
  local sum, whole = 0, 0
  for k, t in ipairs(map.times) do
    local weight = map.private.sde:sigma(t)^2 * scale[k][name]
    sum, whole = sum + weight * distances[k], whole + weight
  end
  return sum / whole
end

-- Looks

local function loss(score, sigma, noise) return mean_square(sigma * score + flat(noise)) end

--- Distances and losses of a model at all levels.
local function measured(map, model, run)
  local known, row = known_of(map, run), {loss = {}}
  local function put(of, name, k, value)
    of[name] = of[name] or {}
    of[name][k] = value
  end
  for k, t in ipairs(map.times) do
    local sigma, noise = map.private.sde:sigma(t), map.private.noise[k]
    for place, name in pairs{fresh = "fresh", on_training = "training"} do
      local s, at = flat(model:score(known.noised[place][k], t)), known[place]
      row[place] = row[place] or {}
      for _, to in ipairs{"to_population", "to_empirical"} do
        if at[to] then put(row[place], to, k, mean_square(s - at[to][k]) / at.scale[k][to]) end
      end
      put(row.loss, name, k, loss(s, sigma, noise))
    end
    if map.private.held_out then
      put(row.loss, "held_out", k, loss(flat(model:score(map.private.held_out[k], t)), sigma, noise))
    end
  end
  for _, place in ipairs{"fresh", "on_training"} do
    local means = {}
    for name, distances in pairs(row[place]) do means[name] = weighed(map, distances, known[place].scale, name) end
    row[place].mean = means
  end
  return row
end

local function add(map, model, options)
  option.check("score_map.add", options, {step = "number", run = "number", copied = "number"})
  if not has(model, "score") then fail("add", "model must be a model, got %s", type(model)) end
  local own, other = tostring(map.private.sde), has(model, "sde") and tostring(model.sde)
  if other and other ~= own then fail("add", "model must be of the map's diffusion, %s, got one of %s", own, other) end
  local run, step = options.run or 1, options.step
  if math.type(step) == nil or step < 0 then fail("add", "step must be a number from 0 up, got %s", tostring(step)) end
  if math.type(run) ~= "integer" or run < 1 or run > map.runs then
    fail("add", "run must be an integer from 1 to %d, got %s", map.runs, tostring(run))
  end
  for place = #map.rows, 1, -1 do
    local before = map.rows[place]
    if before.run == run and before.step >= step then
      fail("add", "step must be above %g, the last of run %d, got %g", before.step, run, step)
    end
  end
  local row = measured(map, model, run)
  row.run, row.step, row.copied = run, step, options.copied
  if map.draw and not row.copied then
    row.copied = metric.memorized_fraction(map.draw(model, run), map.private.sets[run], {ratio = map.ratio})
  end
  map.rows[#map.rows + 1] = row
  return row
end

--- Adds what a model is at a training time.
---@param options table step: the training time; run = 1; copied: a share that is known already
---@return table row
function Map:add(model, options) return (called(add, self, model, options or {})) end

--- A probe of `train`: adds a row for each model and returns the mean distance to the population, or else to the empirical score.
function Map:probe()
  return function(state)
    local row = self:add(state.model, {step = state.step, run = state.index})
    return row.fresh.mean.to_population or row.fresh.mean.to_empirical
  end
end

-- Training times

--- Looks and values of a run.
local function course(map, run, value)
  local steps, values = {}, {}
  for _, row in ipairs(map.rows) do
    if row.run == run then steps[#steps + 1], values[#values + 1] = row.step, value(row) end
  end
  return steps, values
end

local function over_runs(map, name, value, passes)
  local passages = {}
  for run = 1, map.runs do
    local steps, values = course(map, run, value)
    if #steps == 0 then fail(name, "run %d has no look yet", run) end
    passages[run] = passes(steps, values, run)
  end
  return passage.summary(passages, {seed = map.seed})
end

local function level_of(map, name, time)
  if not time then return nil end
  for k, t in ipairs(map.times) do
    if math.abs(t - time) <= 1e-9 * t then return k end
  end
  fail(name, "time must be one of the map's times, got %s", tostring(time))
end

local function tau_gen(map, o)
  option.check("score_map.tau_gen", o, {factor = "number", fall = "number", by = "name", time = "number"})
  local by = o.by or (map.private.population and "to_population" or "held_out")
  local place = level_of(map, "tau_gen", o.time)
  if by ~= "to_population" and by ~= "held_out" then
    fail("tau_gen", "by must be 'to_population' or 'held_out', got '%s'", tostring(by))
  end
  local there = by == "held_out" and map.private.held_out or by == "to_population" and map.private.population
  if not there then fail("tau_gen", "the map was made without %s", by == "held_out" and by or "population") end
  return over_runs(map, "tau_gen", function(row)
    if by == "held_out" then return mean(row.loss.held_out, place) end
    return place and row.fresh.to_population[place] or row.fresh.mean.to_population
  end, function(steps, values)
    local least = math.min(table.unpack(values))
    local level = by == "held_out" and least + (1 - (o.fall or 0.9)) * (values[1] - least) or (o.factor or 1.2) * least
    local found = passage.first(steps, values, {below = level})
    -- Still falling: with more training the least value is lower, and the time later.
    local falls = #values > 1 and values[#values] == least and values[#values] < values[#values - 1]
    if falls and found.value and found.value > steps[#steps] / 2 then return {beyond = found.value} end
    return found
  end)
end

--- The first training time at which the distance to the population, as a mean over levels, is within a factor of its least;
--- by = "held_out": at which the held-out loss has fallen a share of the way from its first value to its least. A distance
--- that still falls at the last look, passed in the second half of the training, gives a bound.
---@param options table? factor = 1.2; fall = 0.9; by; time: at one level only
function Map:tau_gen(options) return (called(tau_gen, self, options or {})) end

local LEVELS = {copied = 0.01, to_empirical = 0.5, gap = 0.1}

local function tau_mem(map, o)
  option.check("score_map.tau_mem", o, {level = "number", by = "name", time = "number"})
  local by = o.by or (map.rows[1] and map.rows[1].copied and "copied" or "to_empirical")
  local place = level_of(map, "tau_mem", o.time)
  local level = o.level or LEVELS[by]
  if not LEVELS[by] then fail("tau_mem", "by must be 'copied', 'to_empirical' or 'gap', got '%s'", tostring(by)) end
  if by == "to_empirical" and not map.private.population then
    fail("tau_mem", "the map was made without population, beside which the distance to the empirical score is held")
  end
  if by == "gap" and not map.private.held_out then fail("tau_mem", "the map was made without held_out") end
  local last = map.rows[#map.rows]
  if by == "copied" and last and not last.copied then
    fail("tau_mem", "looks have no share of copies: the map was made without draw")
  end
  return over_runs(map, "tau_mem", function(row)
    if by == "copied" then return row.copied or 0 / 0 end
    if by == "gap" then return 1 - mean(row.loss.training, place) / mean(row.loss.held_out, place) end
    return place and row.on_training.to_empirical[place] or row.on_training.mean.to_empirical
  end, function(steps, values, run)
    if by ~= "to_empirical" then return passage.first(steps, values, {above = level}) end
    local of_law = known_of(map, run).on_training
    return passage.first(steps, values, {below = level * (place and of_law.apart[place] or of_law.mean_apart)})
  end)
end

--- The first training time at which the share of copies is at a level (by = "copied", 0.01), the distance to the empirical
--- score at training points is a share of what the population's score has (by = "to_empirical", 0.5), or the training loss is
--- below the held-out loss by a share of it (by = "gap", 0.1).
---@param options table? by; level; time: at one level only
function Map:tau_mem(options) return (called(tau_mem, self, options or {})) end

-- What it shows

--- Plain tables for `result.json`.
function Map:data()
  local data = {times = self.times, rows = self.rows, count = self.count, seed = self.seed, population_to_empirical = {}}
  for run = 1, self.runs do
    local known = self.private.population and known_of(self, run)
    data.population_to_empirical[run] = known and {fresh = known.fresh.apart, on_training = known.on_training.apart}
  end
  return data
end

function Map:__tostring()
  local last = self.rows[#self.rows]
  if not last then return ("score_map of %d run%s, no look yet"):format(self.runs, self.runs == 1 and "" or "s") end
  local lines = {("run %d after %g updates"):format(last.run, last.step)}
  lines[2] = ("%8s %14s %14s %17s %14s %14s %14s"):format("t", "to population", "to empirical", "same, on training",
    "training loss", "held-out loss", "fresh loss")
  local function text(values, k) return values and ("%.4g"):format(values[k]) or "–" end
  for k, t in ipairs(self.times) do
    lines[#lines + 1] = ("%8.4g %14s %14s %17s %14s %14s %14s"):format(t, text(last.fresh.to_population, k),
      text(last.fresh.to_empirical, k), text(last.on_training.to_empirical, k), text(last.loss.training, k),
      text(last.loss.held_out, k), text(last.loss.fresh, k))
  end
  return table.concat(lines, "\n")
end

--- Heat maps of the distances over training time and diffusion time, and the courses of their means.
---@param options table? size = {9.2, 2.7}; range = {0.01, 1} of the colours; tau_gen, tau_mem: times to mark
function Map:figure(options)
  return (called(require("moondrift.score_map.figure").draw, self, options))
end

return M
