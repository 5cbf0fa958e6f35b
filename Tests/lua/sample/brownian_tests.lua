-- One Brownian motion at any times, for any number of steps, sampler and model.
local check = require "check"

local path = sample.brownian{seed = 7}
check.equal(tostring(path), "brownian_path(seed 7)")
check.equal(path.seed, 7)
local n = 4000
local function at(t) return path:at(t, {n, 2}) end

-- Independent increments of the right size, whatever the times and the order they are asked in.
local times = {0, 1e-6, 0.013, 0.3, 1 / 3, 0.5, 0.77, 1, 1.5, 80}
local before = at(0)
check.equal(before:abs():max():item(), 0.0)
for k = 2, #times do
  local rise = at(times[k]) - before
  local var = (rise ^ 2):mean():item() / (times[k] - times[k - 1])
  check.near(var, 1, 5.5 * (2 / (2 * n)) ^ 0.5)
  check.near((rise * before):mean():item() / ((times[k] - times[k - 1]) * math.max(times[k - 1], 1e-9)) ^ 0.5, 0,
    5.5 / (2 * n) ^ 0.5)
  before = at(times[k])
end
local third = at(1 / 3)
at(0.9)
check.equal((at(1 / 3) - third):abs():max():item(), 0.0)
check.equal((sample.brownian{seed = 7}:at(1 / 3, {3, 2}) - third[{ {1, 3} }]):abs():max():item(), 0.0)
check.equal((sample.brownian{seed = 8}:at(1 / 3, {n, 2}) - third):abs():max():item() > 1, true)

-- Samples by more steps come nearer to those by the most; by another seed they are elsewhere. Sums of increments
-- are the same, so that samplers differ by their order alone.
local exact = target.gaussian_mixture{means = {-2, 1}, stds = 0.5}:model(sde.vp())
local function ends(name, steps, noise, model)
  return sample[name](model or exact, {count = 500, times = schedule.log_snr(sde.vp(), steps), noise = noise})
end
local fine = ends("euler_maruyama", 2048, path)
for _, name in ipairs{"euler_maruyama", "reverse_diffusion", "ancestral", "ddpm", "dpm_solver_pp_sde"} do
  local far = (ends(name, 64, path) - fine):abs():mean():item()
  local near = (ends(name, 512, path) - fine):abs():mean():item()
  check.equal(near < far / 3 and near < 0.05, true)
end
check.equal((ends("euler_maruyama", 512, sample.brownian{seed = 8}) - fine):abs():mean():item() > 0.5, true)
-- Two models: near each other, and so are their samples.
local other = target.gaussian_mixture{means = {-2, 1.01}, stds = 0.5}:model(sde.vp())
check.equal((ends("euler_maruyama", 200, path, other) - ends("euler_maruyama", 200, path)):abs():mean():item() < 0.02, true)
-- Rows are their own, in blocks too, and the start is the path's.
local many = sample.euler_maruyama(exact, {count = 5000, steps = 20, noise = path})
local few, info = sample.euler_maruyama(exact, {count = 4, steps = 20, noise = path, info = true})
check.equal((many[{ {1, 4} }] - few):abs():max():item(), 0.0)
check.equal(info.seed, 7)
check.equal((sample.heun(exact, {count = 4, steps = 20, noise = path}) - sample.heun(exact, {count = 4, steps = 40, noise = path})):abs():max():item() < 0.2, true)

check.raises("sample.euler_maruyama: give seed or noise, not both: a path has a seed of its own", sample.euler_maruyama, exact, {seed = 1, noise = path})
for _, name in ipairs{"predictor_corrector", "annealed_langevin", "underdamped_langevin", "edm_stochastic"} do
  check.raises(("sample.%s: noise is for samplers that one Brownian motion drives, which %s is not: give a seed")
    :format(name, name), sample[name],
    exact, {count = 2, noise = path})
end
check.raises("sample.euler_maruyama: noise must be a brownian_path, got 3", sample.euler_maruyama, exact, {noise = 3})
check.raises("brownian_path.at: a Brownian path has times from 0 to 2^23, got 1000000000", path.at, path, 1e9, {1})
local twice = sample.define{name = "twice", start = function(run)
  return function(x) return x + run:normal(x) + run:normal(x) end end}
check.raises("noise = path drives samplers that draw once a step; this one draws again in step 1", twice, exact, {count = 2, steps = 2, noise = path})
