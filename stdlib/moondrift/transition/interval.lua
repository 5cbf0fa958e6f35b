-- Intervals from several seeds: of the mean at one point, and of the place where a curve through all points crosses.
--
--   local interval = require "moondrift.transition.interval"
--   interval.of_mean({1, 1, 1}, 0.9, true)              -- 1, 0.526, 1: Wilson's, of a share of true values
--   interval.of_crossing(points, fit, options)          -- low, high, draws

local quantile = require "moondrift.transition.quantile"

local M = {}

local function mean_of(values)
  local sum = 0
  for _, value in ipairs(values) do sum = sum + value end
  return sum / #values
end

--- Wilson's interval of a share (Wilson 1927).
local function of_share(p, n, level)
  local z = quantile.normal((1 + level) / 2)
  local middle, scale = p + z * z / (2 * n), 1 + z * z / n
  local half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
  return math.max(0, (middle - half) / scale), math.min(1, (middle + half) / scale)
end

--- The mean and an interval of it: Wilson's of true values, else Student's. One value has none, so that both ends are
--- it.
---@param values number[] 0 and 1 where they are booleans
---@param level number
---@param are_booleans boolean
---@return number mean
---@return number low
---@return number high
function M.of_mean(values, level, are_booleans)
  local n, mean = #values, mean_of(values)
  if n == 1 then return mean, mean, mean end
  if are_booleans then return mean, of_share(mean, n, level) end
  local squares = 0
  for _, value in ipairs(values) do squares = squares + (value - mean)^2 end
  local half = quantile.student((1 + level) / 2, n - 1) * math.sqrt(squares / (n - 1) / n)
  return mean, mean - half, mean + half
end

-- The bootstrap

--- The probability in each tail at which percentiles of the bootstrap are not too narrow for n values: those of the
--- normal law at √(n/(n − 1)) times Student's quantile (Hesterberg 2015).
---@param n number
---@param freedom integer
---@param level number
---@return number
function M.tail(n, freedom, level)
  return quantile.normal_cdf(-math.sqrt(n / (n - 1)) * quantile.student((1 + level) / 2, freedom))
end

--- The mean of a point's values, each taken so many times; nil where none is.
local function weighted(point, times)
  local sum, count = 0, 0
  for place, value in ipairs(point.values) do
    local k = times(place)
    sum, count = sum + k * value, count + k
  end
  return count > 0 and {x = point.x, mean = sum / count, count = count} or nil
end

--- Points of seeds that are drawn anew, the same for all points.
local function by_seeds(points, seeds, uniform)
  local times, drawn = {}, {}
  for k = 1, #seeds do
    local seed = seeds[1 + math.floor(#seeds * uniform[k])]
    times[seed] = (times[seed] or 0) + 1
  end
  for _, point in ipairs(points) do
    drawn[#drawn + 1] = weighted(point, function(place) return times[point.seeds[place]] or 0 end)
  end
  return drawn
end

--- Points whose values are drawn anew, each point by itself.
local function by_values(points, _, uniform)
  local drawn, used = {}, 0
  for _, point in ipairs(points) do
    local times, count = {}, #point.values
    for k = used + 1, used + count do
      local place = 1 + math.floor(count * uniform[k])
      times[place] = (times[place] or 0) + 1
    end
    used = used + count
    drawn[#drawn + 1] = weighted(point, function(place) return times[place] or 0 end)
  end
  return drawn
end

--- Points whose values are true as often as a curve says (the parametric bootstrap): of four that are all true, drawing
--- anew would never give one that is false.
local function by_curve(curve)
  return function(points, _, uniform)
    local drawn, used = {}, 0
    for place, point in ipairs(points) do
      local p, count, sum = curve:at(point.x), #point.values, 0
      for k = used + 1, used + count do sum = sum + (uniform[k] < p and 1 or 0) end
      used, drawn[place] = used + count, {x = point.x, mean = sum / count, count = count}
    end
    return drawn
  end
end

--- All seeds of the points; how many values a point has in the harmonic mean, the degrees of freedom of all, and how many
--- values there are.
local function counted(points)
  local seeds, known, inverse, freedom, total = {}, {}, 0, 0, 0
  for _, point in ipairs(points) do
    for _, seed in ipairs(point.seeds) do
      if not known[seed] then seeds[#seeds + 1] = seed end
      known[seed] = true
    end
    inverse, freedom = inverse + 1 / #point.values / #points, freedom + #point.values - 1
    total = total + #point.values
  end
  table.sort(seeds)
  return seeds, 1 / inverse, freedom, total
end

--- The interval of the crossing. A fit that can only say between which points it crosses counts with both of them.
---@param points {x: number, values: number[], seeds: integer[]}[]
---@param fit fun(points: moondrift.CurvePoint[]): moondrift.Curve
---@param options {level: number, resample: "seeds"|"values", resamples: integer, seed: integer, curve: moondrift.Curve?}
--- curve: of values that are true or false, each drawn by itself
---@return number? low 0 where the draws reach below the points; nil from one seed
---@return number? high inf where they reach beyond them
function M.of_crossing(points, fit, options)
  local seeds, count, freedom, total = counted(points)
  local draw, tail, each
  if options.resample == "seeds" then
    if #seeds < 2 then return nil end
    draw, tail, each = by_seeds, M.tail(#seeds, #seeds - 1, options.level), #seeds
  elseif options.curve then
    draw, tail, each = by_curve(options.curve), (1 - options.level) / 2, total
  else
    if freedom < 1 or count <= 1 then return nil end
    draw, tail, each = by_values, M.tail(count, freedom, options.level), total
  end
  local stream, lows, highs = random.stream(options.seed), {}, {}
  for k = 1, options.resamples do
    local curve = fit(draw(points, seeds, stream:uniform({each}, {dtype = "float64"}):table()))
    lows[k], highs[k] = curve.low, curve.high
  end
  table.sort(lows)
  table.sort(highs)
  -- Order statistics, since some may be infinite.
  local place = math.floor(tail * options.resamples)
  return lows[place + 1], highs[options.resamples - place]
end

return M
