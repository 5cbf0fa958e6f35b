-- By which law a quantity grows: y = c x^k, or y = c e^(k x)? Both are straight lines of ln y, fitted by least squares and
-- held against each other.
--
--   local scaling = require "moondrift.transition.scaling"
--   local law = scaling.fit({4, 8, 16, 32}, {3, 6, 13, 25})
--   law.power.slope, law.power.low, law.power.high     -- the exponent
--   law.preferred                                      -- "power", "exponential", or nil
--
-- With errors σ of ln y given, their common scale s is estimated too, and is at least 1: errors may be too small, not too
-- large (Birge 1932). AIC = 2k + Σ ln σ² + n ln(2π s²) + χ²/s², with k = 3 numbers that are fitted. A law is preferred
-- where the other one, were it true, would give such a difference of AIC with a probability below 5 % (Williams 1970, by
-- simulation), and where points that are left out are foretold better too.

local quantile = require "moondrift.transition.quantile"

local M = {}

---@class moondrift.ScalingLaw
---@field slope number the exponent of a power, the rate of an exponential
---@field low number of its interval
---@field high number
---@field factor number c
---@field chi2 number Σ (residual/σ)², with σ = 1 where no errors are given
---@field aic number
---@field aicc number AIC with the correction for few points; inf below five
---@field held_out number root mean square of the error of ln y at points that are left out
---@field probability number of a difference of AIC as large in favour of the other law, were this one true
---@field predicted number?

---@class moondrift.Scaling
---@field x number[] of the points that are used
---@field y number[]
---@field errors number[]? of ln y
---@field left_out integer points that are no positive numbers
---@field power moondrift.ScalingLaw
---@field exponential moondrift.ScalingLaw
---@field difference number AIC of the exponential minus that of the power
---@field preferred "power"|"exponential"|nil
local Scaling = {}
Scaling.__index = Scaling
Scaling.__name = "scaling"

local LAWS = {power = math.log, exponential = function(x) return x end}
local NAMES = {"power", "exponential"}

-- Lines

--- The line through (u, v) with weights w: offset, slope, Σ w r² and Σ w (u − ū)².
local function line(u, v, w, without)
  local sum, mean_u, mean_v, suu, suv = 0, 0, 0, 0, 0
  for i = 1, #u do
    if i ~= without then sum, mean_u, mean_v = sum + w[i], mean_u + w[i] * u[i], mean_v + w[i] * v[i] end
  end
  mean_u, mean_v = mean_u / sum, mean_v / sum
  for i = 1, #u do
    if i ~= without then
      suu, suv = suu + w[i] * (u[i] - mean_u)^2, suv + w[i] * (u[i] - mean_u) * (v[i] - mean_v)
    end
  end
  local slope, chi2 = suv / suu, 0
  local offset = mean_v - slope * mean_u
  for i = 1, #u do
    if i ~= without then chi2 = chi2 + w[i] * (v[i] - offset - slope * u[i])^2 end
  end
  return offset, slope, chi2, suu
end

--- s², where it is free, from Σ w r²; numbers that lie on a line to the last digit have some scatter all the same.
local function scale2(chi2, n, has_errors)
  return math.max(has_errors and 1 or 1e-24, chi2 / n)
end

local function aic_of(chi2, w, has_errors)
  local n, value = #w, 2 * 3
  for _, weight in ipairs(w) do value = value - math.log(weight) end
  local s2 = scale2(chi2, n, has_errors)
  return value + n * math.log(2 * math.pi * s2) + chi2 / s2
end

local function held_out(u, v, w)
  local sum = 0
  for i = 1, #u do
    local offset, slope = line(u, v, w, i)
    sum = sum + (v[i] - offset - slope * u[i])^2
  end
  return math.sqrt(sum / #u)
end

--- One law: its line, the interval of its slope, and what it is judged by.
local function law_of(data, name, options)
  local u, n = {}, #data.x
  for i, x in ipairs(data.x) do u[i] = LAWS[name](x) end
  local offset, slope, chi2, suu = line(u, data.v, data.w)
  local deviation, reach
  if data.errors then
    deviation = math.sqrt(math.max(1, chi2 / (n - 2)) / suu)
    reach = quantile.normal((1 + options.confidence) / 2)
  else
    deviation = math.sqrt(chi2 / (n - 2) / suu)
    reach = quantile.student((1 + options.confidence) / 2, n - 2)
  end
  local aic = aic_of(chi2, data.w, data.errors ~= nil)
  return {
    u = u, offset = offset, slope = slope, factor = math.exp(offset), chi2 = chi2,
    low = slope - reach * deviation, high = slope + reach * deviation, aic = aic,
    aicc = n > 4 and aic + 2 * 3 * 4 / (n - 4) or math.huge, held_out = held_out(u, data.v, data.w),
    predicted = options.predicted[name],
  }
end

-- Which of both

--- How often data of a law would speak for the other one as these do: the share of simulated differences of AIC, of the
--- other minus this, that are at most the one found.
local function probability(data, law, other, found, options)
  local n, count = #data.x, 0
  local has_errors = data.errors ~= nil
  local s = math.sqrt(has_errors and math.max(1, law.chi2 / (n - 2)) or law.chi2 / (n - 2))
  local noise = random.stream(options.seed):normal({options.draws, n}, {dtype = "float64"}):table()
  for _, row in ipairs(noise) do
    local v = {}
    for i = 1, n do v[i] = law.offset + law.slope * law.u[i] + s * row[i] / math.sqrt(data.w[i]) end
    local _, _, own = line(law.u, v, data.w)
    local _, _, others = line(other.u, v, data.w)
    local difference = aic_of(others, data.w, has_errors) - aic_of(own, data.w, has_errors)
    if difference <= found then count = count + 1 end
  end
  return count / options.draws
end

local function compare(data, laws, options)
  local power, exponential = laws.power, laws.exponential
  local difference = exponential.aic - power.aic
  power.probability = probability(data, power, exponential, difference, options)
  exponential.probability = probability(data, exponential, power, -difference, options)
  local preferred
  if difference > 0 and exponential.probability < 0.05 and power.held_out < exponential.held_out then
    preferred = "power"
  elseif difference < 0 and power.probability < 0.05 and exponential.held_out < power.held_out then
    preferred = "exponential"
  end
  return difference, preferred
end

-- Data

local OPTIONS = {errors = "table", confidence = "number", predicted = "table", draws = "integer", seed = "integer"}

local function fail(message, ...) error(("transition.scaling: " .. message):format(...), 0) end

--- An answer of a search as a number and the error of its logarithm, from the half of the interval that is there where the
--- other is open; nil where the place is not in the range.
local function of_answer(answer, quantile_of_level)
  if answer.outcome ~= "inside" then return nil end
  local low, high, halves = answer.low, answer.high, 2
  if low == 0 then low, halves = answer.value, 1 end
  if high == math.huge then high, halves = answer.value, halves - 1 end
  if halves > 0 and high > low then return answer.value, math.log(high / low) / (halves * quantile_of_level) end
end

--- The least error of ln y whose weight is a number.
local LEAST_ERROR <const> = 1e-12

local function is_positive(value) return type(value) == "number" and value > 0 and value < math.huge end

--- Points that are positive numbers, with the errors of ln y.
local function read(x, y, options)
  local data = {x = {}, y = {}, v = {}, w = {}, left_out = 0}
  local answers = 0
  for i = 1, #x do
    local value, sigma = y[i], (options.errors or {})[i]
    if type(value) == "table" then
      if options.errors then fail("errors do not go with answers of transition.find, which have their own") end
      answers = answers + 1
      value, sigma = of_answer(value, quantile.normal((1 + (y[i].confidence or 0.95)) / 2))
    elseif type(value) ~= "number" then
      fail("y must be a list of numbers or of answers of transition.find, got a %s at position %d", type(value), i)
    end
    if options.errors and is_positive(sigma) and sigma < LEAST_ERROR then
      fail("errors must be %g or more, got %g at position %d", LEAST_ERROR, sigma, i)
    end
    if options.errors and not is_positive(sigma) then
      fail("errors must be positive numbers, got %s at position %d", tostring(sigma), i)
    end
    if is_positive(value) then
      local k = #data.x + 1
      data.x[k], data.y[k], data.v[k], data.w[k] = x[i], value, math.log(value), sigma and 1 / sigma^2 or 1
      if sigma then
        data.errors = data.errors or {}
        data.errors[k] = sigma
      end
    else
      data.left_out = data.left_out + 1
    end
  end
  if answers > 0 and answers < #y then fail("y must be all numbers or all answers of transition.find") end
  return data
end

local function check_options(options)
  if type(options) ~= "table" then fail("a table of options is expected, got %s", type(options)) end
  local o = {confidence = 0.95, predicted = {}, draws = 1000, seed = 1}
  for name, value in pairs(options) do
    local kind = OPTIONS[name]
    if not kind then fail("unknown option '%s' (known: confidence, draws, errors, predicted, seed)", tostring(name)) end
    if type(value) ~= kind and math.type(value) ~= kind then
      fail("%s must be %s %s, got %s", name, kind == "integer" and "an" or "a", kind, type(value))
    end
    o[name] = value
  end
  if not (o.confidence > 0 and o.confidence < 1) then
    fail("confidence must be between 0 and 1, got %s", tostring(o.confidence))
  end
  if o.draws < 1 or o.draws > 1000000 then fail("draws must be from 1 to 1000000, got %d", o.draws) end
  for name, value in pairs(o.predicted) do
    if not LAWS[name] then fail("predicted must name 'power' or 'exponential', got '%s'", tostring(name)) end
    if type(value) ~= "number" then fail("predicted.%s must be a number, got %s", name, type(value)) end
  end
  return o
end

local function check_points(x, y)
  if type(x) ~= "table" then fail("x must be a list, got %s", type(x)) end
  if type(y) ~= "table" then fail("y must be a list, got %s", type(y)) end
  if #x ~= #y then fail("y must have as many values as x, %d, got %d", #x, #y) end
  for place, value in ipairs(x) do
    if not is_positive(value) then fail("x must be positive numbers, got %s at position %d", tostring(value), place) end
  end
end

-- Interface

---@class moondrift.ScalingOptions
---@field errors number[]? standard errors of ln y
---@field confidence number? of the intervals of both slopes, 0.95 where absent
---@field predicted {power: number?, exponential: number?}? slopes to stand beside
---@field draws integer? simulated data sets of each law, 1000 where absent
---@field seed integer? of these, 1 where absent

--- `transition.scaling` calls this as its tail, so that errors name the line of the caller of either.
---@param x number[]
---@param y (number|moondrift.Transition)[]
---@param options moondrift.ScalingOptions?
---@return moondrift.Scaling
function M.fit(x, y, options)
  local passed, outcome = pcall(function()
    local o = check_options(options or {})
    check_points(x, y)
    local data = read(x, y, o)
    local different = {}
    for _, value in ipairs(data.x) do different[value] = true end
    local count = 0
    for _ in pairs(different) do count = count + 1 end
    if count < 3 then fail("three different x or more are needed with a positive y, got %d", count) end
    local laws = {}
    for _, name in ipairs(NAMES) do laws[name] = law_of(data, name, o) end
    local difference, preferred = compare(data, laws, o)
    return setmetatable({
      x = data.x, y = data.y, errors = data.errors, left_out = data.left_out, power = laws.power,
      exponential = laws.exponential, difference = difference, preferred = preferred, confidence = o.confidence, draws = o.draws,
    }, Scaling)
  end)
  if passed then return outcome end
  error(outcome, 2)
end

local FORMULAS = {power = "y = %.3g x^%.3g", exponential = "y = %.3g e^(%.3g x)"}

--- Which law is preferred and by how much, or that the data cannot tell.
---@return string
function Scaling:verdict()
  local better = self.difference > 0 and "power" or "exponential"
  local other = better == "power" and "exponential" or "power"
  local chance = self[other].probability
  local figures = ("its AIC is lower by %.3g, which data of the %s law would show with probability %s"):format(
    math.abs(self.difference), other, chance == 0 and "below " .. ("%.3g"):format(1 / self.draws) or ("%.3g"):format(chance))
  if self.preferred then return ("The %s law is preferred: %s."):format(better, figures) end
  return ("The data cannot tell. Nearer is the %s law: %s%s."):format(better, figures,
    self[better].held_out > self[other].held_out and "; it foretells left-out points worse" or "")
end

function Scaling:__tostring()
  local lines = {self:verdict()}
  lines[2] = ("%-11s  %-24s %-28s %8s %9s %8s"):format("law", "", "slope", "AIC", "held out", "chi2/df")
  for _, name in ipairs(NAMES) do
    local law = self[name]
    lines[#lines + 1] = ("%-11s  %-24s %-28s %8.2f %9.3g %8s%s"):format(name, FORMULAS[name]:format(law.factor, law.slope),
      ("%.3g [%.3g, %.3g]"):format(law.slope, law.low, law.high), law.aic, law.held_out,
      self.errors and ("%.3g"):format(law.chi2 / (#self.x - 2)) or "",
      law.predicted and ("  predicted %.3g, %s"):format(law.predicted,
        law.low <= law.predicted and law.predicted <= law.high and "inside" or "outside") or "")
  end
  if self.left_out > 0 then lines[#lines + 1] = ("%d points without a positive y are left out"):format(self.left_out) end
  return table.concat(lines, "\n")
end

--- The points and both laws. Options are those of `plot.figure`.
---@param options table?
---@return figure
function Scaling:plot(options)
  local axes = {x = "x", y = "y", log = "xy"}
  for name, value in pairs(options or {}) do axes[name] = value end
  local passed, figure = pcall(plot.figure, axes)
  if not passed then error(figure, 2) end
  local first, last = math.min(table.unpack(self.x)), math.max(table.unpack(self.x))
  for place, name in ipairs(NAMES) do
    local law, grid, heights = self[name], {}, {}
    for k = 0, 60 do
      grid[k + 1] = first * (last / first) ^ (k / 60)
      heights[k + 1] = law.factor * math.exp(law.slope * LAWS[name](grid[k + 1]))
    end
    figure:line(grid, heights, {color = place == 1 and "sky" or "orange", label = name})
  end
  local lows, highs = {}, {}
  for i, y in ipairs(self.y) do
    local sigma = self.errors and 2 * self.errors[i] or 0
    lows[i], highs[i] = y * math.exp(-sigma), y * math.exp(sigma)
  end
  return figure:errors(self.x, self.y, lows, highs, {color = "black"})
end

return M
