local check = require "check"

local function fails(part, f, ...)
  local passed, message = pcall(f, ...)
  check.equal(passed, false)
  check.contains(message, part)
end

-- A blind denoiser from what it takes for noise; nothing is trained.
local function blind(shape, residual)
  return nn.define{name = "blind", shape = shape, sde = sde.edm(), predicts = "residual",
    parameters = {unused = tensor.zeros{1}},
    forward = function(p, y) return residual(y) + 0 * p.unused:sum() end}
end

-- Of data that are all 0 the ideal residual is y itself, and the noise level falls by 1 − βh a step:
-- Kadkhodaie et al. 2024, Algorithm 1, with their h = 0.01.
local zero = blind({20000}, function(y) return y end)
local function steps(options)
  options.count, options.seed, options.info, options.final = 2, 1, true, "state"
  local y, info = sample.coarse_to_fine(zero, options)
  check.equal(info.levels:max():item() <= options.sigma_end, true)
  check.equal(y:std():item() <= options.sigma_end * 1.05, true)
  check.equal(info.evaluations, info.steps:max():item() + 1)
  return info.steps:to("float64"):mean():item()
end
check.near(steps{beta = 1, sigma_end = 0.05, grows = false}, 299, 4)
check.near(steps{beta = 1, sigma_end = 0.05}, 25, 1)
check.near(steps{beta = 0.1, sigma_end = 0.05, grows = false}, 2995, 60)
check.near(steps{beta = 0.1, sigma_end = 0.05}, 97, 2)
check.near(steps{beta = 0.01, sigma_end = 0.01}, 661, 20)

-- Data N(0, s²) on 2 axes of 20, exactly 0 on the others: the samples find the axes.
local s = 0.5
local plane = tensor.zeros{20}
plane[3], plane[7] = 1, 1
local function shrink(y)
  -- The ideal denoiser of the noise level that the other axes show.
  local level = ((y * (1 - plane))^2):sum(2, {keepdim = true}) / 18
  return y * (1 - plane) + y * plane * (level / (level + s * s))
end
local m = blind({20}, shrink)
local y = sample.coarse_to_fine(m, {count = 4000, seed = 2, beta = 0.5, sigma_end = 0.01})
check.equal((y * (1 - plane)):abs():max():item(), 0.0)
check.equal(math.abs(y:column(3):std():item() / s - 1) < 0.15, true)

-- A sample does not depend on how many are drawn with it.
local few = sample.coarse_to_fine(m, {count = 3, seed = 2, beta = 0.5, sigma_end = 0.01})
check.equal((few - y[{ {1, 3} }]):abs():max():item(), 0.0)

-- Inverse problems: what is measured is kept, by mask, by matrix and by functions alike.
local seen = tensor.zeros{20}
seen[7] = 1
local truth = tensor.zeros{20}
truth[7] = 0.8
local options = {count = 50, seed = 3, beta = 0.5, sigma_end = 0.01}
local function solved(measurement, observed)
  options.measurement, options.observed = measurement, observed
  return sample.coarse_to_fine(m, options)
end
local masked = solved(seen:greater(0.5), truth)
check.near(masked:column(7):mean():item(), 0.8, 1e-5)
check.near(masked:column(7):std():item(), 0, 1e-5)
check.equal(masked:column(3):std():item() > 0.2, true)
local by_matrix = solved(2 * seen:unsqueeze(1), tensor{1.6})
check.equal((by_matrix - masked):abs():max():item() < 1e-4, true)
local by_functions = solved({
  function(x) return x:column(7):unsqueeze(2) end,
  function(b) return b * seen:unsqueeze(1) end}, tensor{0.8})
check.equal((by_functions - masked):abs():max():item() < 1e-4, true)

-- Pictures, a start, what is recorded.
local pictures = blind({1, 4, 5}, function(y) return y / 2 end)
local z, info = sample.coarse_to_fine(pictures,
  {start = tensor.ones{3, 1, 4, 5}, beta = 1, h = 0.5, record = 5, center = 0.5})
check.equal(z.shape, {3, 1, 4, 5})
check.equal({info.x.shape[2], info.x.shape[5]}, {3, 5})
check.equal(info.recorded_steps[1]:item(), 0)
check.equal(info.recorded_steps[#info.recorded_steps]:item(), info.steps:max():item())
check.equal((info.x[1] - 1):abs():max():item(), 0.0)

fails("must be a blind denoiser, predicts = 'residual'", sample.coarse_to_fine,
  target.gaussian_mixture{means = {0}}:model(sde.vp()))
fails("measurement and observed go together", sample.coarse_to_fine, m, {observed = truth})
fails("sigma_end must be below sigma_start = 1, got 2", sample.coarse_to_fine, m, {sigma_end = 2})
fails("times and steps are not for a sampler that ends at a noise level",
  sample.coarse_to_fine, m, {steps = 5})
fails("h must be a number above 0, at most 1, got 0", sample.coarse_to_fine, m, {h = 0})
fails("a matrix must have shape [m, d] with d = 20 and what is observed [m], got [1, 3] and [1]",
  sample.coarse_to_fine, m, {measurement = tensor.zeros{1, 3}, observed = tensor{1}})
fails("orthonormalise its rows", sample.coarse_to_fine, m, {observed = tensor{0.8}, measurement = {
  function(x) return 2 * x:column(7):unsqueeze(2) end, function(b) return b * seen:unsqueeze(1) end}})
fails("2 of 2 samples have made max_steps = 7 steps; the first is at the noise level",
  sample.coarse_to_fine, zero, {count = 2, max_steps = 7, record = 2})
check.equal({sample.last.step, sample.last.points.shape[1], sample.last.x.shape[1]}, {7, 2, 4})
fails("sample.certify: coarse_to_fine follows no process in time", sample.certify, "coarse_to_fine")

-- The share h_k of the noise that step k takes away: h first, then h k/(1 + h (k − 1)); without growth h always
local shrink = nn.define{dimension = 2, sde = sde.edm(), predicts = "residual", forward = function(_, y) return y end}
for _, grows in ipairs{true, false} do
  local _, info = sample.coarse_to_fine(shrink, {start = tensor{{3, -4}, {0.5, 1}}, beta = 1, h = 0.2, grows = grows, record = 1})
  for k = 1, 4 do
    local h = grows and 0.2 * k / (1 + 0.2 * (k - 1)) or 0.2
    check.near(info.x[k + 1][1][1]:item() / info.x[k][1][1]:item(), 1 - h, 1e-6)
  end
end
