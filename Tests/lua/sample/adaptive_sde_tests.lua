-- The adaptive reverse SDE follows one Brownian path: nearer to the limit with smaller tolerances, each sample alone.
local check = require "check"

local process = sde.vp()
local exact = target.gaussian_mixture{means = {-2, 1}, stds = 0.5, weights = {0.3, 0.7}}:model(process)
local path = sample.brownian{seed = 5}
local start = random.stream(1):normal({60, 1}, {dtype = "float64"})

local function ends(tolerance, options)
  options = options or {}
  options.start, options.noise = options.start or start, path
  options.rtol, options.atol, options.info = tolerance, tolerance, true
  return sample.adaptive_sde(exact, options)
end

-- The limit: Euler–Maruyama in very small steps of the same path.
local fine = sample.euler_maruyama(exact, {start = start, noise = path, final = "state",
  times = schedule.log_snr(process, 4000)})
local off, calls = {}, {}
for place, tolerance in ipairs{0.2, 0.06, 0.02} do
  local x, info = ends(tolerance)
  off[place] = (x - fine):abs():mean():item()
  calls[place] = info.evaluations
  check.equal(info.rejected:sum():item() > 0, true)
end
for place = 2, 3 do
  check.equal(off[place] < off[place - 1], true)
  check.equal(calls[place] > calls[place - 1], true)
end
check.equal(off[3] < 0.1, true)

-- A sample does not depend on the others.
local x = ends(0.03)
local few, info = ends(0.03, {start = start[{ {1, 3} }]})
check.equal((few - x[{ {1, 3} }]):abs():max():item(), 0.0)
check.equal(info.accepted:min():item() < info.accepted:max():item(), true)

-- With seeds in place of a path: the law, and the same samples for the same seed.
local a = sample.adaptive_sde(exact, {count = 2000, seed = 2})
local b = sample.adaptive_sde(exact, {count = 10, seed = 2})
check.equal((a[{ {1, 10} }] - b):abs():max():item(), 0.0)
check.near(a:mean():item(), 0.1, 5.5 * 1.46 / 2000 ^ 0.5 + 0.02)
check.near((a:less(-0.5)):to("float32"):mean():item(), 0.3, 0.055)

local passed, message = pcall(sample.adaptive_sde, exact, {count = 3, max_steps = 4, seed = 1})
check.equal(passed, false)
check.contains(message, "3 of 3 samples have made max_steps = 4 steps; the first is at t = ")
check.equal(sample.last.time.shape, {3})
