-- Clones of a trajectory: whether two of them, each with noise of its own on the way back, end in one class.
--
--   local regimes = require "moondrift.regimes"
--   local share, low, high = regimes.cloning(model, x, 1.5, function(y) return y:sum(2):sign() end, {seed = 1})
--
-- Biroli et al. 2024 call the share φ(t); it passes from 1 down to the sum of the squared weights of the classes where t
-- passes the speciation time. `theory.cloning` has it for two normal classes.

local wilson = require "moondrift.wilson"

local M = {}

--- Times from t down to the last, equally spaced.
local function grid(t, last, steps)
  local times = {}
  for k = 0, steps do times[k + 1] = t + (last - t) * k / steps end
  return times
end

---@class moondrift.CloningOptions
---@field seed integer of the noise that leads to t, and of the clones
---@field steps integer? of the sampler, 200 where absent
---@field last number? time at which trajectories end, 1e-3 where absent

--- The share of pairs of clones that end in one class, and its 95 % interval (Wilson 1927).
---@param model moondrift.model
---@param points moondrift.tensor clean points [n, …], a pair of clones for each
---@param t number time at which trajectories are cloned
---@param class fun(y: moondrift.tensor): moondrift.tensor the class of each point, numbers [n]
---@param options moondrift.CloningOptions
---@return number share
---@return number low
---@return number high
function M.cloning(model, points, t, class, options)
  if type(options) ~= "table" or math.type(options.seed) ~= "integer" then
    error("regimes.cloning: options.seed must be an integer", 2)
  end
  local steps, last, n = options.steps or 200, options.last or 1e-3, points.shape[1]
  if not (t > last) then
    error(("regimes.cloning: t must be above the last time, %g, got %g"):format(last, t), 2)
  end
  local seed = options.seed
  local noise = random.stream(random.derived_seed(seed, 0)):normal(points.shape)
  local x = points * model.sde:alpha(t) + noise * model.sde:sigma(t)
  local classes = {}
  for clone = 1, 2 do
    local y = sample.euler_maruyama(model,
      {start = x, times = grid(t, last, steps), seed = random.derived_seed(seed, clone), progress = false})
    classes[clone] = class(y)
    local shape = classes[clone].shape
    if not (shape[1] == n and #shape == 1) then
      error(("regimes.cloning: class must return a tensor of shape [%d], got [%s]"):format(n, table.concat(shape, ", ")), 2)
    end
  end
  local found = wilson.share(classes[1]:equal(classes[2]):to("int64"):sum():item(), n)
  return found.value, found.low, found.high
end

return M
