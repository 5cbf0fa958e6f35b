-- In an empty current folder.
local check = require "check"
local args = require "moondrift.args"
local curves = require "moondrift.transition.curve"
local interval = require "moondrift.transition.interval"
local run = require "moondrift.run"
local search = require "moondrift.transition.search"
local transition = require "moondrift.transition"

--- What is written on stderr is for people.
local function quietly(f, ...)
  local stderr = io.stderr
  io.stderr = {write = function() end}
  local results = table.pack(pcall(f, ...))
  io.stderr = stderr
  return table.unpack(results, 1, results.n)
end

local function find(change)
  local options = {from = 8, to = 4096, resamples = 300}
  for name, value in pairs(change) do options[name] = value end
  return transition.find(options)
end

-- A hard step: all that can be known is between which points, and that is what the interval says.
local step = find{criterion = function(n) return n <= 100 end}
check.equal({step.outcome, step.direction, step.fit, step.ended, step.seeds}, {"inside", "falling", "logistic", "tolerance", 8})
check.equal({step.low, step.high}, {step.bracket.low, step.bracket.high})
assert(step.low <= 100 and step.high > 100 and step.high / step.low <= 1.1)
assert(step.low < step.value and step.value < step.high)
check.rejects("another place of the step", function() assert(step.low <= 130 and step.high > 130) end)

-- Numbers from 0 to 1 that do not follow a logistic curve: min(1, 20/n) crosses 0.3 at 66.7.
local bent = find{from = 4, to = 4096, level = 0.3, criterion = function(n, seed)
  return math.min(1, 20 / n + 0.01 * random.stream(seed * 100003 + n):normal(1):item())
end}
check.equal(bent.fit, "isotonic")
assert(bent.low <= 200 / 3 and 200 / 3 <= bent.high)

-- A place for each seed, planted by a logistic law in ln n; the median of the law is n* = 100.
local function planted(seed) return 100 * math.exp(0.4 * math.log(1 / random.stream(seed):uniform(1)[1]:item() - 1)) end
local soft = find{criterion = function(n, seed) return n >= planted(seed) end, seeds = "101-124", jobs = 2}
check.equal({soft.outcome, soft.direction, soft.fit}, {"inside", "rising", "logistic"})
assert(soft.low < 100 and soft.high > 100 and soft.high / soft.low < 3, tostring(soft))
check.contains(tostring(soft), ("n* = %.4g [%.4g, %.4g], rising through 0.5\nlogistic, a quarter to three quarters within a factor of"):format(
  soft.value, soft.low, soft.high))
check.equal(soft.seeds, 24)
assert(soft:plot{title = "n*"})
local by_itself = find{criterion = function(n, seed) return n >= planted(seed) end, seeds = "101-124", resample = "values", jobs = 2}
check.equal(by_itself.value, soft.value)
assert(by_itself.low < by_itself.value and by_itself.value < by_itself.high and by_itself.high / by_itself.low < 3)

-- Numbers with a scale of their own, falling through a level that is no share; a real variable
local decibel = find{variable = "sigma", from = 0.01, to = 10, level = -3, tolerance = 1.02,
  criterion = function(sigma, seed) return -5 * math.log(sigma, 10) - 4 + 0.2 * (seed % 3 - 1) end, seeds = "1-6"}
check.equal({decibel.fit, decibel.direction, decibel.variable, decibel.width}, {"isotonic", "falling", "sigma"})
check.near(decibel.value, 10^-0.2, 0.02)
assert(decibel.low < 10^-0.2 and decibel.high > 10^-0.2)
check.contains(tostring(decibel), "sigma* = 0.6")
-- One seed has no interval but that of the points that part the sides, also where the curve is not that steep.
local single = find{criterion = function(n) return 1 / (1 + n / 100) end, seeds = "7"}
check.equal({single.low, single.high, single.seeds}, {single.bracket.low, single.bracket.high, 1})
-- An interval that reaches beyond the range says so, on either side.
local function wide(n, seed) return n > ({10, 20, 40, 80, 160, 320})[seed] end
local open = transition.find{from = 4, to = 60, criterion = wide, seeds = "1-6", resamples = 300}
check.equal({open.outcome, open.high}, {"inside", math.huge})
assert(open.low > 4)
open = transition.find{from = 50, to = 600, criterion = wide, seeds = "1-6", resamples = 300}
check.equal({open.outcome, open.low}, {"inside", 0})
assert(open.high < 600)
local function smooth(n, seed) return 1 / (1 + ({80, 100, 120, 150})[seed] / n) end
open = transition.find{from = 8, to = 125, criterion = smooth, seeds = "1-4", resamples = 300}
check.equal({open.outcome, open.high}, {"inside", math.huge})
open = transition.find{from = 100, to = 900, criterion = smooth, seeds = "1-4", resamples = 300}
check.equal({open.outcome, open.low}, {"inside", 0})
-- What is a number for Lua may be a tensor or a measurement.
check.near(find{criterion = function(n) return tensor{n / 1000}:sum() end, seeds = "1", tolerance = 1.01}.value, 500, 5)

-- Outside of the range: an answer with one end
local above = find{criterion = function(n) return 1 / (1 + 5000 / n) end}
check.equal({above.outcome, above.low, above.high, above.evaluations}, {"above", 4096, math.huge, 8})
assert(above.value ~= above.value)
check.contains(tostring(above), "n* is above 4096 (at least 4096), rising through 0.5")
local below = find{criterion = function(n) return n <= 3 end, direction = "falling"}
check.equal({below.outcome, below.low, below.high}, {"below", 0, 8})
check.contains(tostring(below), "n* is below 8 (at most 8), falling through 0.5")
check.rejects("an answer on the wrong side", function() assert(below.outcome == "above") end)
local none = find{criterion = function() return true end}
check.equal({none.outcome, none.low, none.high, none.direction}, {"none", 0, math.huge})
check.contains(tostring(none), "n* is not found: the criterion is above 0.5 at both ends, and they do not tell in which direction it crosses")
assert(none:plot() and above:plot())

-- The interval holds the planted place about as often as it says: searches of eight seeds, each with a place of its own.
local function coverage(resample, levels, count)
  local hits, plan = {}, {from = 8, to = 2048, integer = true, level = 0.5, first = 4, tolerance = 1.15, decision = 0.95, budget = 1000}
  for trial = 1, count do
    plan.seeds = {}
    for k = 1, 8 do plan.seeds[k] = 100 * trial + k end
    local noise = random.stream(trial)
    local state = search.run(plan, function(xs, seeds)
      local values = {}
      for i, x in ipairs(xs) do
        values[i] = {}
        for k, seed in ipairs(seeds) do
          -- Seeds that are alike at all points, or noise of each value by itself
          local place = resample == "seeds" and planted(seed) or 100 * math.exp(0.4 * noise:normal(1)[1]:item())
          values[i][k] = 1 / (1 + (x / place)^3)
        end
      end
      return values
    end)
    for k, level in ipairs(levels) do
      local low, high = interval.of_crossing(state.points, function(points)
        return curves.fit(points, {kind = "logistic", rises = false, level = 0.5})
      end, {level = level, resample = resample, resamples = 80, seed = trial})
      hits[k] = (hits[k] or 0) + (low <= 100 and 100 <= high and 1 or 0)
    end
  end
  for k in ipairs(hits) do hits[k] = hits[k] / count end
  return hits
end
local by_seeds = coverage("seeds", {0.95, 0.5}, 40)
assert(by_seeds[1] >= 0.87, by_seeds[1])
check.rejects("intervals of another level", function() assert(by_seeds[2] >= 0.87) end)
local by_values = coverage("values", {0.95}, 20)
assert(by_values[1] >= 0.8, by_values[1])

-- Evaluations are rows: none is made twice, a search that failed goes on, another level uses what is there.
local function calls() return file.kind("calls") and #file.read_text("calls") or 0 end
local function noted(n, seed)
  io.open("calls", "a"):write("x"):close()
  if n == 181 and seed == 2 and not file.kind("luck") then error("no luck", 0) end
  return 1 / (1 + (n / 100)^2)
end
local passed, message = quietly(find, {criterion = noted, out = "rows"})
assert(not passed)
check.contains(message, "transition.find: at n = 181, seed 2: no luck; retry = true evaluates it again")
local before = calls()
check.equal(before, #transition.last)
check.equal(transition.last[before - 2], {n = 181, seed = 2, error = "no luck"})
check.equal(transition.last[1], {n = 8, seed = 1, value = 1 / (1 + 0.08^2)})
check.contains(select(2, quietly(find, {criterion = noted, out = "rows"})), "seed 2: no luck")
check.equal(calls(), before)
file.write_text("luck", "")
local whole = find{criterion = noted, out = "rows", retry = true}
check.equal(calls(), whole.evaluations + 1)
check.near(whole.value, 100, 3)
before = calls()
local again = find{criterion = noted, out = "rows"}
check.equal(calls(), before)
check.equal({again.value, again.low, again.high}, {whole.value, whole.low, whole.high})
check.equal(tostring(find{criterion = noted}), tostring(whole))
before = calls()
local other = find{criterion = noted, out = "rows", level = 0.4, tolerance = 1.05}
assert(calls() - before < other.evaluations, "ends and first points are there")

-- With the record of a script
local settings = args.parse({seed = 1, sweep = true}, {"--out=run", "--jobs=2"})
local record <close> = run.open(settings)
local of_script = transition.find{from = 1, to = 64, criterion = function(n) return n > 7 end, settings = settings, record = record, name = "rows-d8"}
check.equal(file.kind("run/rows-d8"), "directory")
check.near(of_script.value, 7.5, 0.5)
record:finish{results = {found = of_script}}
local stored = file.parse_json(file.read_text("run/result.json")).results.found
check.equal({stored.outcome, stored.value}, {"inside", of_script.value})

-- The budget
local short = find{criterion = function(n) return n <= 100 end, budget = 18}
check.equal({short.ended, short.evaluations, short.outcome}, {"budget", 16, "inside"})
assert(short.low <= 100 and short.high > 100)
check.contains(tostring(short), "ended by the budget")

-- What cannot be
local function bad(text, change)
  local options = {from = 8, to = 4096, criterion = function(n) return n > 10 end}
  for name, value in pairs(change) do options[name] = value end
  check.raises("transition.find: " .. text, transition.find, options)
end
check.raises("transition.find: a table of options is expected, got number", transition.find, 5)
check.raises("transition.find: criterion is required", transition.find, {from = 1, to = 2})
check.raises("transition.find: from is required", transition.find, {criterion = print, to = 2})
check.raises("transition.find: to is required", transition.find, {criterion = print, from = 2})
bad("unknown option 'tolerence' (did you mean tolerance?)", {tolerence = 1.1})
bad("criterion must be a function, got 5", {criterion = 5})
bad("from must be a positive number, got 0", {from = 0})
bad("from must be a positive number, got -1.5", {from = -1.5})
bad("to must be a positive number, got inf", {to = math.huge})
bad("to must be above from, 8, got 8", {to = 8})
bad("level must be a finite number, got nan", {level = 0 / 0})
bad("direction must be 'falling' or 'rising', got 'down'", {direction = "down"})
bad("direction must be that of the ends, 'rising', got 'falling'", {direction = "falling"})
bad('seeds must be different integers as in "1-8" or a list of them, got another list', {seeds = {1, 1}})
bad('seeds must be different integers as in "1-8" or a list of them, got another list', {seeds = {1.5}})
bad('seeds must be different integers as in "1-8" or a list of them, got \'all\'', {seeds = "all"})
bad("first must be a positive integer, got 0", {first = 0})
bad("tolerance must be a number above 1, got 1", {tolerance = 1})
bad("decision must be a number between 0 and 1, got 1.0", {decision = 1.0})
bad("confidence must be a number between 0 and 1, got 95", {confidence = 95})
bad("budget must be a positive integer, got 10.5", {budget = 10.5})
bad("budget must be at least 8, the seeds of both ends, got 7", {budget = 7})
bad("fit must be 'isotonic' or 'logistic' or 'probit', got 'linear'", {fit = "linear"})
bad("fit must be 'isotonic' where values or level are not from 0 to 1, got 'probit'",
  {fit = "probit", criterion = function(n) return n / 1000 end})
bad("resample must be 'seeds' or 'values', got 'points'", {resample = "points"})
bad("resamples must be a positive integer, got -1", {resamples = -1})
bad("seed must be an integer, got '1'", {seed = "1"})
bad("variable must be a name other than seed and value, got 'seed'", {variable = "seed"})
bad("variable must be a name other than seed and value, got 'a b'", {variable = "a b"})
bad("out must be a string, got a table", {out = {}})
bad("jobs must be an integer from 1 to 4096 or 'cores', got 'all'", {jobs = "all"})
bad("jobs must be an integer from 1 to 4096 or 'cores', got -1", {jobs = -1})
bad("out: /dev/full is not a folder", {out = "/dev/full"})
bad("record must be a run of moondrift.run, got a table", {record = {}})
bad("level must be between 0 and 1 for fit = 'logistic', got 2", {level = 2, fit = "logistic"})
bad("retry must be a boolean, got 1", {retry = 1})
bad("--estimate does not go with a search, whose points are not known before", {settings = {estimate = true}})
bad("--shard does not go with a search, whose points follow each other", {settings = {shard = "1/2"}})
local function fails(text, criterion)
  local found_error = select(2, quietly(find, {criterion = criterion}))
  check.contains(found_error, "transition.find: " .. text)
end
fails("at n = 8, seed 1: the criterion must return a finite number or a boolean, got nan", function() return 0 / 0 end)
fails("at n = 8, seed 1: the criterion must return a finite number or a boolean, got inf", function() return math.huge end)
fails("at n = 8, seed 1: the criterion must return a finite number or a boolean, got nil", function() end)
fails("at n = 4096, seed 1: the criterion returned a number, and a boolean before", function(n) return n > 10 and 1 or false end)
fails("at n = 8, seed 1: the process of the run was killed by signal 9 (Killed)", function() os.execute("kill -9 $PPID") os.execute("sleep 5") end)
