-- When a course of training first passes a level, over several runs; a run that never passes gives a bound, not a number.
--
--   local passage = require "moondrift.passage_times"
--   local one = passage.first({10, 20, 40}, {0, 0.02, 0.3}, {above = 0.1})   -- {value = …}, or {beyond = 40}
--   local all = passage.summary({one, other, third}, {seed = 1})
--   print(all)                                   -- → 25.7 [25.7, 31.2], 3 runs
--   local fit = passage.exponent({64, 128}, {runs_at_64, runs_at_128})       -- slope of ln of the median against ln n
--
-- Between two looks the course is a straight line against the logarithm of the training time (against the time itself
-- from time 0 on). A median in which bounds take part lies between that with the bounds as values and that with them at
-- infinity; only where the two agree is it a number.

local M = {}

---@class passage_times.Passage
---@field value number? the time of the passage
---@field beyond number? where there was none: it lies beyond this time

local option = require "moondrift.options"

local Summary = {}
Summary.__index = Summary
Summary.__name = "passage_times"

--- An error at the line of the caller of a function of this file, from which `fail` was called, or from a check in it.
local function fail(name, message, ...)
  local level = 2
  local own, info = debug.getinfo(1, "S").source, debug.getinfo(level, "S")
  while info and info.source == own do
    level = level + 1
    info = debug.getinfo(level, "S")
  end
  error(("passage_times.%s: " .. message):format(name, ...), level)
end

local function is_number(value) return math.type(value) ~= nil and value == value end

--- Options of `summary` and `exponent`.
local function seed_of(name, options)
  if options == nil then return 1 end
  local passed, message = pcall(option.check, "passage_times." .. name, options, {seed = "integer"})
  if not passed then error(message, 3) end
  return options.seed or 1
end

-- One run

local function between(before, after, share)
  if before <= 0 then return before + share * (after - before) end
  return before * (after / before) ^ share
end

--- The first time at which the values are at or above, or at or below, a level.
---@param steps number[] times of the looks, rising
---@param values number[] one a look; what is nan passes nothing
---@param at {above: number?, below: number?}
---@return passage_times.Passage
function M.first(steps, values, at)
  if type(steps) ~= "table" or #steps == 0 then fail("first", "steps must hold a time or more") end
  if type(values) ~= "table" then fail("first", "values must be a list, got %s", type(values)) end
  if #values ~= #steps then fail("first", "values must be as many as steps, got %d and %d", #values, #steps) end
  if type(at) ~= "table" or (at.above == nil) == (at.below == nil) or not is_number(at.above or at.below) then
    fail("first", "at must be {above = level} or {below = level}")
  end
  for place, step in ipairs(steps) do
    if not is_number(step) then fail("first", "steps must be numbers, got %s at position %d", tostring(step), place) end
    if place > 1 and step <= steps[place - 1] then fail("first", "steps must rise, got %g after %g", step, steps[place - 1]) end
    if math.type(values[place]) == nil then
      fail("first", "values must be numbers, got a %s at position %d", type(values[place]), place)
    end
  end
  local sign = at.above and 1 or -1
  local level = sign * (at.above or at.below)
  for place, raw in ipairs(values) do
    local value = sign * raw
    if value >= level then
      local before = place > 1 and sign * values[place - 1] or value
      -- The first look, or one that follows no number, has passed already.
      if before ~= before or value == before or place == 1 then return {value = steps[place]} end
      return {value = between(steps[place - 1], steps[place], (level - before) / (value - before))}
    end
  end
  return {beyond = steps[#steps]}
end

-- Over runs

--- The quantile of sorted values by linear interpolation, infinite where a value it lies between is.
local function quantile(sorted, share)
  local place = 1 + share * (#sorted - 1)
  local low = math.floor(place)
  local high = math.min(low + 1, #sorted)
  if place == low or sorted[low] == sorted[high] then return sorted[low] end
  return sorted[low] + (place - low) * (sorted[high] - sorted[low])
end

--- Medians with bounds as values and with bounds at infinity.
local function medians(passages, places)
  local low, high = {}, {}
  for k, place in ipairs(places) do
    local one = passages[place]
    low[k], high[k] = one.value or one.beyond, one.value or math.huge
  end
  table.sort(low)
  table.sort(high)
  return quantile(low, 0.5), quantile(high, 0.5)
end

local function draws_of(count, stream)
  return count == 1 and {1} or stream:integers(count, 1, count):table()
end

local function check(name, passages)
  if type(passages) ~= "table" or #passages == 0 then fail(name, "passages must be a list of one or more") end
  for k, one in ipairs(passages) do
    if type(one) ~= "table" or is_number(one.value) == is_number(one.beyond) then
      fail(name, "passage %d must be {value = number} or {beyond = number}", k)
    end
  end
end

local function all_places(count)
  local places = {}
  for k = 1, count do places[k] = k end
  return places
end

--- The median over runs and its 95 % interval over runs drawn anew.
---@param passages passage_times.Passage[]
---@param options {seed: integer?}?
function M.summary(passages, options)
  check("summary", passages)
  local stream = random.stream(seed_of("summary", options))
  local low, high = medians(passages, all_places(#passages))
  local lows, highs = {}, {}
  for draw = 1, 1000 do lows[draw], highs[draw] = medians(passages, draws_of(#passages, stream)) end
  table.sort(lows)
  table.sort(highs)
  local from, to = quantile(lows, 0.025), quantile(highs, 0.975)
  local found = {runs = passages, reached = 0, low = from}
  for _, one in ipairs(passages) do
    if one.value then found.reached = found.reached + 1 end
  end
  if low == high then found.median = low else found.beyond = low end
  if to < math.huge then found.high = to else found.high_beyond = quantile(lows, 0.975) end
  return setmetatable(found, Summary)
end

function Summary:__tostring()
  local text
  if self.median and self.high then
    text = ("%.4g [%.4g, %.4g]"):format(self.median, self.low, self.high)
  elseif self.median then
    text = ("%.4g [%.4g, beyond %.4g]"):format(self.median, self.low, self.high_beyond)
  else
    text = ("beyond %.4g"):format(self.beyond)
  end
  local missing = #self.runs - self.reached
  return ("%s, %d run%s%s"):format(text, #self.runs, #self.runs == 1 and "" or "s",
    missing > 0 and (", of which %d had not passed"):format(missing) or "")
end

-- Over sizes

local function slope(x, y)
  local n, sx, sy, sxx, sxy = #x, 0, 0, 0, 0
  for i = 1, n do sx, sy, sxx, sxy = sx + x[i], sy + y[i], sxx + x[i] * x[i], sxy + x[i] * y[i] end
  return (n * sxy - sx * sy) / (n * sxx - sx * sx)
end

--- The exponent a in median ∝ n^a by least squares, with its 95 % interval over runs drawn anew within each n. Sizes whose
--- median is a bound take no part and are named in `left_out`; nan where fewer than two are left, or a draw has no number.
---@param ns number[]
---@param groups passage_times.Passage[][] one list a size
---@param options {seed: integer?}?
---@return {value: number, low: number, high: number, left_out: number[]}
function M.exponent(ns, groups, options)
  if type(ns) ~= "table" then fail("exponent", "ns must be a list, got %s", type(ns)) end
  if type(groups) ~= "table" then fail("exponent", "groups must be a list, got %s", type(groups)) end
  if #groups ~= #ns then fail("exponent", "groups must be as many as ns, got %d and %d", #groups, #ns) end
  local seed = seed_of("exponent", options)
  for place, n in ipairs(ns) do
    if not is_number(n) or n <= 0 then
      fail("exponent", "ns must be positive numbers, got %s at position %d", tostring(n), place)
    end
  end
  local x, kept, left_out = {}, {}, {}
  for place, passages in ipairs(groups) do
    check("exponent", passages)
    local low, high = medians(passages, all_places(#passages))
    if low == high then
      x[#x + 1], kept[#kept + 1] = math.log(ns[place]), passages
    else
      left_out[#left_out + 1] = ns[place]
    end
  end
  local none = 0 / 0
  if #x < 2 then return {value = none, low = none, high = none, left_out = left_out} end
  local function of(choose)
    local y = {}
    for k, passages in ipairs(kept) do
      local low, high = medians(passages, choose(#passages))
      if low ~= high then return none end
      y[k] = math.log(low)
    end
    return slope(x, y)
  end
  local stream, draws, lost = random.stream(seed), {}, false
  for draw = 1, 1000 do
    draws[draw] = of(function(count) return draws_of(count, stream) end)
    lost = lost or draws[draw] ~= draws[draw]
  end
  local found = {value = of(all_places), low = none, high = none, left_out = left_out}
  if not lost then
    table.sort(draws)
    found.low, found.high = quantile(draws, 0.025), quantile(draws, 0.975)
  end
  return found
end

return M
