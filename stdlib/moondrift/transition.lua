-- Where a criterion crosses a level, as the number of points, the width or the time of training grows: bisection over
-- seeds, with an interval; and the law by which that place grows with something else.
--
--   local transition = require "moondrift.transition"
--   local found = transition.find{variable = "n", from = 8, to = 4096, level = 0.5,
--     criterion = function(n, seed) return copied(n, seed) end, seeds = "1-8", out = "rows"}
--   print(found)                                    -- n* = 123 [110, 140], falling through 0.5, …
--   found.value, found.low, found.high
--   transition.scaling({8, 16, 32}, {a, b, c})      -- a power law or an exponential?
--
-- The place n* is where the mean of the criterion over seeds crosses the level; of a criterion that is true or false,
-- where the share of seeds does. The criterion is called through `moondrift.sweep`: each evaluation is a process and a
-- row, and with a folder none is made twice. `transition.last` has all rows so far, also after an error or Ctrl-C.

local answers = require "moondrift.transition.answer"
local curves = require "moondrift.transition.curve"
local grid = require "moondrift.sweep.grid"
local interval = require "moondrift.transition.interval"
local nearest = require "moondrift.names"
local scaling = require "moondrift.transition.scaling"
local search = require "moondrift.transition.search"
local sweep = require "moondrift.sweep"

local M = {}

--- Without a sign, which 0 / 0 has on some machines and `tostring` shows.
local NAN = string.unpack("<d", "\0\0\0\0\0\0\xF8\x7F")

--- Rows of the search that is going on or ended last: {variable, seed, value or error}.
M.last = {}

-- Options

---@class moondrift.TransitionOptions
---@field criterion fun(x: number, seed: integer): number|boolean
---@field from number the ends of the range, both positive; x is an integer where both are
---@field to number
---@field variable string? the name of x; "n" where absent
---@field level number? that the criterion crosses, 0.5 where absent
---@field direction "rising"|"falling"|nil how the criterion goes as x grows; told by the ends where absent
---@field seeds string|integer[]|nil all that may be used, "1-8" where absent
---@field first integer? how many of them each point is given at first, 4 where absent; an undecided one is given more
---@field tolerance number? ratio of two points at which the search ends, 1.1 where absent
---@field decision number? confidence of the interval that puts a point on one side, 0.95 where absent
---@field budget integer? evaluations at most, 1000 where absent
---@field fit "logistic"|"probit"|"isotonic"|nil the curve; logistic of true and false, else isotonic
---@field confidence number? of the interval of the place, 0.95 where absent
---@field resample "seeds"|"values"|nil what the bootstrap draws: seeds for all points at once, or values of each point
---@field resamples integer? of the bootstrap, 1000 where absent
---@field seed integer? of the bootstrap, 1 where absent
---@field out string? folder of the rows
---@field record moondrift.Run? of moondrift.run, whose folder takes the rows
---@field name string? of the folder in that of the record
---@field settings table? of moondrift.args, for --jobs and --retry
---@field jobs integer|"cores"|nil evaluations at a time
---@field retry boolean? what failed before is evaluated again
local DEFAULTS = {
  variable = "n", level = 0.5, seeds = "1-8", first = 4, tolerance = 1.1, decision = 0.95, budget = 1000,
  confidence = 0.95, resample = "seeds", resamples = 1000, seed = 1,
}
local KINDS = {
  variable = "name", criterion = "function", from = "positive number", to = "positive number", level = "finite number",
  direction = {"falling", "rising"}, seeds = "seeds", first = "positive integer", tolerance = "number above 1",
  decision = "number between 0 and 1", budget = "positive integer", fit = curves.KINDS,
  confidence = "number between 0 and 1", resample = {"seeds", "values"}, resamples = "positive integer", seed = "integer",
  out = "string", record = "table", name = "string", settings = "table", jobs = "integer from 1 to 4096 or 'cores'", retry = "boolean",
}

local TESTS = {
  ["name"] = function(v) return type(v) == "string" and v:match("^[%a_][%w_]*$") and v ~= "seed" and v ~= "value" end,
  ["positive number"] = function(v) return math.type(v) and v > 0 and v < math.huge end,
  ["finite number"] = function(v) return math.type(v) and v - v == 0 end,
  ["positive integer"] = function(v) return math.type(v) == "integer" and v > 0 end,
  ["number above 1"] = function(v) return math.type(v) and v > 1 and v < math.huge end,
  ["number between 0 and 1"] = function(v) return math.type(v) and v > 0 and v < 1 end,
  ["integer"] = function(v) return math.type(v) == "integer" end,
  ["integer from 1 to 4096 or 'cores'"] = function(v)
    return v == "cores" or math.type(v) == "integer" and v > 0 and v <= 4096
  end,
  ["seeds"] = function() return true end,
}

local function fail(message, ...) error(("transition.find: " .. message):format(...), 0) end

local function shown(value)
  if value ~= value then return "nan" end
  return type(value) == "string" and ("'%s'"):format(value) or tostring(value)
end

local ARTICLES = {
  ["finite number"] = "a finite number", ["integer"] = "an integer",
  ["integer from 1 to 4096 or 'cores'"] = "an integer from 1 to 4096 or 'cores'",
}

local function check_option(name, value)
  local kind = KINDS[name]
  if type(kind) == "table" then
    for _, word in ipairs(kind) do
      if word == value then return end
    end
    fail("%s must be '%s', got %s", name, table.concat(kind, "' or '"), shown(value))
  end
  local test = TESTS[kind] or function(v) return type(v) == kind end
  if not test(value) then
    local got = type(value) == "table" and "a table" or type(value) == "function" and "a function" or shown(value)
    fail("%s must be %s, got %s", name, name == "variable" and "a name other than seed and value"
      or ARTICLES[kind] or "a " .. kind, got)
  end
end

local function seeds_of(given)
  local made, configurations = pcall(grid.new, {seed = given})
  local seeds = {}
  for place, configuration in ipairs(made and configurations or {}) do
    if math.type(configuration.seed) ~= "integer" then made = false end
    seeds[place] = configuration.seed
  end
  if not made then fail('seeds must be different integers as in "1-8" or a list of them, got %s',
    type(given) == "table" and "another list" or shown(given)) end
  return seeds
end

local function plan_of(options)
  if type(options) ~= "table" then fail("a table of options is expected, got %s", type(options)) end
  local names, plan = {}, {}
  for name in pairs(KINDS) do names[#names + 1] = name end
  table.sort(names)
  for name, value in pairs(DEFAULTS) do plan[name] = value end
  for name, value in pairs(options) do
    if not KINDS[name] then
      fail("unknown option '%s'%s", tostring(name), nearest.suggestion(tostring(name), names, ""))
    end
    check_option(name, value)
    plan[name] = value
  end
  for _, name in ipairs{"criterion", "from", "to"} do
    if plan[name] == nil then fail("%s is required", name) end
  end
  if plan.to <= plan.from then fail("to must be above from, %s, got %s", shown(plan.from), shown(plan.to)) end
  plan.seeds = seeds_of(plan.seeds)
  plan.first = math.min(plan.first, #plan.seeds)
  if plan.budget < 2 * plan.first then
    fail("budget must be at least %d, the seeds of both ends, got %d", 2 * plan.first, plan.budget)
  end
  plan.integer = math.type(plan.from) == "integer" and math.type(plan.to) == "integer"
  local settings = plan.settings or {}
  if rawget(settings, "estimate") then fail("--estimate does not go with a search, whose points are not known before") end
  if (rawget(settings, "shard") or "1/1") ~= "1/1" then
    fail("--shard does not go with a search, whose points follow each other")
  end
  plan.jobs, plan.retry = plan.jobs or rawget(settings, "jobs"), plan.retry or rawget(settings, "retry") or nil
  if plan.record and getmetatable(plan.record) == nil then fail("record must be a run of moondrift.run, got a table") end
  if plan.fit and plan.fit ~= "isotonic" and not (plan.level > 0 and plan.level < 1) then
    fail("level must be between 0 and 1 for fit = '%s', got %s", plan.fit, shown(plan.level))
  end
  return plan
end

-- Evaluations

--- What a process of the sweep does.
local function run_of(criterion, variable)
  return function(c)
    local value = criterion(c[variable], c.seed)
    if type(value) == "userdata" then
      local is_number, number = pcall(function() return value.rank == 0 and value:item() or value.value end)
      if is_number and number ~= nil then value = number end
    end
    if type(value) ~= "boolean" and not (type(value) == "number" and value - value == 0) then
      error(("the criterion must return a finite number or a boolean, got %s"):format(
        type(value) ~= "number" and type(value) or value ~= value and "nan" or tostring(value)), 0)
    end
    return {value = value}
  end
end

--- The function that the search calls: rows of a sweep, where all of them ended well.
local function evaluator(plan)
  local run, kind, known = run_of(plan.criterion, plan.variable), nil, {}
  return function(xs, seeds)
    local swept, rows = pcall(sweep, {
      over = {[plan.variable] = xs, seed = seeds}, order = {plan.variable, "seed"}, run = run, jobs = plan.jobs,
      out = plan.out, record = plan.record, name = plan.name or "rows-" .. plan.variable, retry = plan.retry,
    })
    -- What the sweep refuses is the folder; anything else, Ctrl-C among it, goes through.
    if not swept then
      local text = tostring(rows)
      local reason = plan.out and not plan.record and (text:match("^sweep: (.*)") or text:match("journal%.write: (.*)"))
      if not reason then error(rows, 0) end
      fail("out: %s", reason)
    end
    local failure
    for _, row in ipairs(rows) do
      M.last[#M.last + 1] = {[plan.variable] = row[plan.variable], seed = row.seed, value = row.value, error = row.error}
      failure = failure or row.error and row
    end
    if failure then
      fail("at %s = %s, seed %d: %s%s", plan.variable, tostring(failure[plan.variable]), failure.seed,
        failure.error:match("^[^\n]*"), (plan.out or plan.record) and "; retry = true evaluates it again" or "")
    end
    local values = {}
    for place, row in ipairs(rows) do
      kind = kind or type(row.value)
      if type(row.value) ~= kind then
        fail("at %s = %s, seed %d: the criterion returned a %s, and a %s before", plan.variable,
          tostring(row[plan.variable]), row.seed, type(row.value), kind)
      end
      local x = (place - 1) // #seeds + 1
      values[x] = values[x] or {}
      table.insert(values[x], row.value)
    end
    return values
  end
end

-- The answer

--- All values from 0 to 1, as a share has them.
local function are_shares(points)
  for _, point in ipairs(points) do
    for _, value in ipairs(point.values) do
      if value < 0 or value > 1 then return false end
    end
  end
  return true
end

--- A curve of two numbers through points far from the crossing moves it where the values go another way.
local function kind_of(plan, points, are_booleans)
  local may_be_share = are_shares(points) and plan.level > 0 and plan.level < 1
  if plan.fit and plan.fit ~= "isotonic" and not may_be_share then
    fail("fit must be 'isotonic' where values or level are not from 0 to 1, got '%s'", plan.fit)
  end
  return plan.fit or (are_booleans and may_be_share and "logistic" or "isotonic")
end

--- Seeds of the point that has the most.
local function most_seeds(points)
  local most = 0
  for _, point in ipairs(points) do most = math.max(most, #point.values) end
  return most
end

local function means_of(points)
  local means = {}
  for place, point in ipairs(points) do means[place] = {x = point.x, mean = point.mean, count = #point.values} end
  return means
end

--- Where the crossing lies, with the interval clipped to what the range shows.
local function locate(plan, state, kind)
  local function fit(points)
    return curves.fit(points, {kind = kind, rises = state.direction == "rising", level = plan.level})
  end
  local curve = fit(means_of(state.points))
  local low, high = interval.of_crossing(state.points, fit, {
    level = plan.confidence, resample = plan.resample, resamples = plan.resamples, seed = plan.seed,
    curve = state.are_booleans and curve or nil})
  -- One seed: all that is known is between which points.
  if not low then low, high = state.below or 0, state.above or math.huge end
  local value = curve.value
  local outcome = "inside"
  if not value then
    outcome = "none"
  elseif value < plan.from then
    outcome = "below"
  elseif value > plan.to then
    outcome = "above"
  end
  if low < plan.from then low = 0 end
  if high > plan.to then high = math.huge end
  return {value = outcome == "inside" and value or NAN, low = low, high = high, outcome = outcome, curve = curve}
end

--- Both ends on one side: beyond which of them the crossing must lie.
local function outside(plan, state)
  local is_behind = (state.points[1].side == "above") == (state.direction == "rising")
  return {value = NAN, low = is_behind and 0 or plan.to, high = is_behind and plan.from or math.huge,
    outcome = is_behind and "below" or "above"}
end

local function answer_of(plan, state)
  local kind = kind_of(plan, state.points, state.are_booleans)
  local found
  if not state.direction then
    found = {value = NAN, low = 0, high = math.huge, outcome = "none"}
  elseif state.ended == "ends" then
    found = outside(plan, state)
  else
    found = locate(plan, state, kind)
  end
  found.curve = found.curve or curves.fit(means_of(state.points), {
    kind = "isotonic", rises = state.direction ~= "falling", level = plan.level})
  found.fit = found.curve.kind
  found.width = found.curve:width()
  found.variable, found.level, found.confidence = plan.variable, plan.level, plan.confidence
  found.range = {plan.from, plan.to}
  found.direction, found.evaluations, found.ended = state.direction, state.evaluations, state.ended
  found.points, found.seeds = state.points, most_seeds(state.points)
  found.bracket = {low = state.below, high = state.above}
  return answers.new(found)
end

-- Interface

--- Finds where the criterion crosses the level: each point of a bisection in ln x is given seeds until an interval of
--- the mean lies on one side of the level; then a curve through all points, and the bootstrap over seeds.
---@param options moondrift.TransitionOptions
---@return moondrift.Transition
function M.find(options)
  M.last = {}
  local passed, outcome = pcall(function()
    local plan = plan_of(options)
    local state = search.run(plan, evaluator(plan))
    if plan.direction and state.ends and plan.direction ~= state.ends and state.points[1].side ~= state.points[2].side then
      fail("direction must be that of the ends, '%s', got '%s'", state.ends, plan.direction)
    end
    return answer_of(plan, state)
  end)
  if passed then return outcome end
  error(outcome, type(outcome) == "string" and outcome:match("^transition%.find: ") and 2 or 0)
end

--- Fits y ~ x^k and y ~ e^(k x) on ln y, and says which of them the data prefer, or that they cannot tell.
---@param x number[]
---@param y (number|moondrift.Transition)[] answers of `find` bring their intervals
---@param options moondrift.ScalingOptions?
---@return moondrift.Scaling
function M.scaling(x, y, options)
  return scaling.fit(x, y, options)
end

return M
