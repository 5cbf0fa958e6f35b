-- With an exact score every sampler ends at the target: a smooth test (Neyman 1937) on 20,000 samples, in which
-- u = F(x) is uniform on [0, 1] for samples of the law F, so that the means of Legendre polynomials of 2u − 1
-- are N(0, 1/n), and n times the sum of the squares of eight of them is chi-squared of 8 degrees.
local check = require "check"
local samplers = require "samplers"

local COUNT, SEED = 20000, 3
local MEANS, STD, WEIGHTS = {-2, 1}, 0.5, {0.3, 0.7}
local mix = target.gaussian_mixture{means = MEANS, stds = STD, weights = WEIGHTS}
local process = sde.vp()
local exact = mix:model(process)

--- Chi-squared of 8 degrees: 43.8 is exceeded by chance less than once in a million times.
local LIMIT = 43.8
local function statistic(x)
  local flat = x:to("float64"):reshape{COUNT}
  local u = 0
  for k, m in ipairs(MEANS) do
    u = u + WEIGHTS[k] * (1 + ((flat - m) / (STD * 2 ^ 0.5)):erf()) / 2
  end
  local z = 2 * u - 1
  local before, now, total = tensor.ones({COUNT}, {dtype = "float64"}), z, 0
  for k = 1, 8 do
    local mean = now:mean():item() * (2 * k + 1) ^ 0.5
    total = total + COUNT * mean * mean
    before, now = now, ((2 * k + 1) * z * now - k * before) / (k + 1)
  end
  return total
end

-- The test takes the law itself, and rejects a standard deviation off by 3 % and a weight off by 0.03.
local law = mix:sample(COUNT, {seed = SEED})
check.equal(statistic(law) < LIMIT, true)
local center = law:mean()
check.equal(statistic(center + 1.03 * (law - center)) > LIMIT, true)
check.equal(statistic(center + 0.97 * (law - center)) > LIMIT, true)
for _, weight in ipairs{0.27, 0.33} do
  local other = target.gaussian_mixture{means = MEANS, stds = STD, weights = {weight, 1 - weight}}
  check.equal(statistic(other:sample(COUNT, {seed = SEED})) > LIMIT, true)
end

-- From the exact law of x_t at the first time.
local t = process.time_max
local start = process:alpha(t) * mix:sample(COUNT, {seed = 5})
  + process:sigma(t) * random.stream(6):normal{COUNT, 1}

-- Steps that leave an error well below what the test sees; Langevin steps alone never do.
local FEW = {rk4 = 60, heun = 100, dpm_solver_2 = 100, dpm_solver_3 = 60, dpm_solver_pp_2s = 100,
  dpm_solver_pp_2m = 100, dpm_solver_pp_3m = 100, dpm_solver_pp_sde = 150, unipc = 60, lms = 100,
  flow_midpoint = 100}
local ADAPTIVE = samplers.adaptive
local BIASED = {annealed_langevin = true, underdamped_langevin = true}
-- With eta = 1 ddim is ancestral.
local OWN = {ddim = {{}, {eta = 0.5}},
  edm_stochastic = {{churn = 10}},
  adaptive_sde = {{rtol = 0.02, atol = 0.02}}}
for _, name in ipairs(samplers) do
  for _, own in ipairs(BIASED[name] and {} or OWN[name] or {{}}) do
    local options = {start = start, seed = SEED}
    for key, value in pairs(own) do options[key] = value end
    if not ADAPTIVE[name] then options.times = schedule.log_snr(process, FEW[name] or 200) end
    local found = statistic(sample[name](exact, options))
    if not (found < LIMIT) then
      error(("%s: %g"):format(name, found))
    end
  end
end
