-- How far 20,000 samples are from a law F that is known, by two tests:
-- a smooth one (Neyman 1937), in which u = F(x) is uniform on [0, 1], so that the means of Legendre polynomials of
-- 2u − 1 are N(0, 1/n), and n times the sum of the squares of eight of them is chi-squared of 8 degrees; and the
-- mean of ln p(x), which parts of the law that are too wide or too narrow move.

local COUNT = 20000
local MEANS, STD, WEIGHTS = {-2, 1}, 0.5, {0.3, 0.7}

--- Chi-squared of 8 degrees and a normal number: exceeded by chance once in ten thousand times.
local LIMIT, Z_LIMIT = 31.8, 3.89

--- How far the samples are from the law, in units of what is allowed.
local function distance(x, law, means, weights)
  local flat = x:to("float64"):reshape{COUNT}
  local u = 0
  for k, m in ipairs(means) do
    u = u + weights[k] * (1 + ((flat - m) / (STD * 2 ^ 0.5)):erf()) / 2
  end
  local z = 2 * u - 1
  local before, now, total = tensor.ones({COUNT}, {dtype = "float64"}), z, 0
  for k = 1, 8 do
    local mean = now:mean():item() * (2 * k + 1) ^ 0.5
    total = total + COUNT * mean * mean
    before, now = now, ((2 * k + 1) * z * now - k * before) / (k + 1)
  end
  local grid = tensor.linspace(-8, 8, 4001, {dtype = "float64"}):reshape{4001, 1}
  local log_p = law:log_density(grid)
  local p = log_p:exp() * (16 / 4000)
  local mean = (p * log_p):sum():item()
  local std = ((p * (log_p - mean) ^ 2):sum():item() / COUNT) ^ 0.5
  local seen = law:log_density(flat:reshape{COUNT, 1}):mean():item()
  return math.max(total / LIMIT, math.abs(seen - mean) / std / Z_LIMIT)
end

local M = {count = COUNT, means = MEANS, std = STD, weights = WEIGHTS, distance = distance}
M.law = target.gaussian_mixture{means = MEANS, stds = STD, weights = WEIGHTS}

--- Whether samples of the mixture pass.
function M.accepts(x) return distance(x, M.law, MEANS, WEIGHTS) < 1 end

--- Samples of x_t at the first time of a process.
function M.start(process, law)
  local t = process.time_max
  return process:alpha(t) * (law or M.law):sample(COUNT, {seed = 5})
    + process:sigma(t) * random.stream(6):normal{COUNT, 1}
end

--- Raises where a sampler with the exact score misses the law.
function M.check(name, process, options)
  options.start, options.seed = M.start(process), 3
  local found = distance(sample[name](M.law:model(process), options), M.law, MEANS, WEIGHTS)
  if not (found < 1) then error(("%s: %g"):format(name, found), 2) end
end

return M
