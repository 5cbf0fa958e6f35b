-- With an exact score every sampler ends at the target, on 20,000 samples.
local check = require "check"
local known = require "known_law"
local samplers = require "samplers"

local COUNT, SEED, MEANS, STD, WEIGHTS = known.count, 3, known.means, known.std, known.weights
local mix, accepts, distance = known.law, known.accepts, known.distance
local process = sde.vp()

-- The test takes the law itself, and rejects a standard deviation off by 3 %, of the whole
-- or of each part, and a weight off by 0.03.
local law = mix:sample(COUNT, {seed = SEED})
check.equal(accepts(law), true)
local center = law:mean()
check.equal(accepts(center + 1.03 * (law - center)), false)
check.equal(accepts(center + 0.97 * (law - center)), false)
for _, spread in ipairs{0.97, 1.03} do
  local other = target.gaussian_mixture{means = MEANS, stds = STD * spread, weights = WEIGHTS}
  check.equal(accepts(other:sample(COUNT, {seed = SEED})), false)
end
for _, weight in ipairs{0.27, 0.33} do
  local other = target.gaussian_mixture{means = MEANS, stds = STD, weights = {weight, 1 - weight}}
  check.equal(accepts(other:sample(COUNT, {seed = SEED})), false)
end

-- Steps that leave an error well below what the test sees.
local FEW = {rk4 = 60, heun = 100, dpm_solver_2 = 100, dpm_solver_3 = 60, dpm_solver_pp_2s = 100,
  dpm_solver_pp_2m = 100, dpm_solver_pp_3m = 100, dpm_solver_pp_sde = 150, unipc = 60, lms = 100,
  flow_midpoint = 100, reverse_diffusion = 400}
-- With eta = 1 ddim is ancestral.
local OWN = {ddim = {{}, {eta = 0.5}}, edm_stochastic = {{churn = 10}}}
-- In a test of their own.
local SLOW = {adaptive_sde = true, annealed_langevin = true, underdamped_langevin = true}
for _, name in ipairs(samplers) do
  for _, own in ipairs(SLOW[name] and {} or OWN[name] or {{}}) do
    local options = {}
    for key, value in pairs(own) do options[key] = value end
    if not samplers.adaptive[name] then options.times = schedule.log_snr(process, FEW[name] or 200) end
    known.check(name, process, options)
  end
end

-- On Gaussian data, for which it is made.
local normal = target.gaussian_mixture{means = {1}, stds = STD}
local stepped = sample.gaussian_step(normal:model(process), {start = known.start(process, normal), seed = SEED,
  times = {process.time_max, 0.3, 0.001}, final = "state"})
check.equal(distance(stepped, normal, {1}, {1}) < 1, true)
for _, spread in ipairs{0.97, 1.03} do
  check.equal(distance(1 + spread * (stepped - 1), normal, {1}, {1}) < 1, false)
end
