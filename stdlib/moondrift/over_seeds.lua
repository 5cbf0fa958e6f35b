-- One number for each of several seeds, and what they say together.
--
--   local over_seeds = require "moondrift.over_seeds"
--   local copied = over_seeds(settings, function(seed) return metric.memorized_fraction(draw(seed), x) end)
--   print(copied.median, copied.low, copied.high)

---@class moondrift.OverSeeds
---@field median number
---@field low number the lower end of the 95 % bootstrap interval of the median
---@field high number the upper end
---@field values number[] one a seed

--- Calls a function with each seed, the first and those that follow it.
---@param settings {seed: integer, seeds: integer} the first, and how many
---@param f fun(seed: integer): number
---@return moondrift.OverSeeds
local function over_seeds(settings, f)
  if math.type(settings.seeds) ~= "integer" or settings.seeds < 1 then
    error(("over_seeds: seeds must be a positive integer, got %s"):format(tostring(settings.seeds)), 2)
  end
  local values = {}
  for k = 1, settings.seeds do
    local value = f(settings.seed + k - 1)
    if type(value) ~= "number" then
      error(("over_seeds: the function must return a number, got a %s for seed %d"):format(
        type(value), settings.seed + k - 1), 2)
    end
    values[k] = value
  end
  local middle, low, high = metric.bootstrap(values, {seed = settings.seed})
  return {median = middle, low = low, high = high, values = values}
end

return over_seeds
