-- likelihood.ode: what the flow gives to a point is the prior where it ends and the divergence on the way.
local check = require "check"

local targets = {
  target.gaussian_mixture{means = {0.5}, stds = {3}},
  target.gaussian_mixture{means = {-3, 3}},
  target.gaussian_mixture{means = {{-2, 0}, {2, 1}}, stds = 0.5, weights = {0.2, 0.8}},
}
local processes = {sde.vp(), sde.sub_vp(), sde.vp_cosine(), sde.ve(), sde.ve_power(), sde.edm(), sde.ou(),
  sde.linear_flow()}

-- For an exact score the flow carries p_{t_0} to p_T, so that ln p_{t_0}(x) − ode = ln p_T(x_T) − ln π(x_T).
-- Its mean is what the prior is off by.
local function mismatch(mix, process, factor)
  local x = mix:sample(50, {seed = 3})
  local model = mix:model(process)
  if factor then
    model = nn.define{dimension = mix.dimension, sde = process, score = function(_, y, t)
      return mix:model(process):score(y, t) * factor
    end}
  end
  local value, info = likelihood.ode(model, x, {rtol = 1e-7, atol = 1e-7, info = true})
  local from, to = info.times[1]:item(), info.times[2]:item()
  local prior = mix:noised(process, to):log_density(info.latent) - info.prior
  return (mix:noised(process, from):log_density(x) - value - prior):abs():max():item()
end
for _, mix in ipairs(targets) do
  for _, process in ipairs(processes) do
    local found = mismatch(mix, process)
    assert(found < 1e-3 * mix.dimension, ("%s %s: %g"):format(mix, process, found))
  end
end
-- a score that is off by 1 % is seen
assert(mismatch(targets[2], sde.vp(), 1.01) > 1e-2)

-- KL(p_T‖π) of a Gaussian, ½ (r − 1 − ln r) with r = (s² + σ²)/σ² (VE): the mean of what is missing
for _, s in ipairs{1, 3} do
  local gauss, process = target.gaussian_mixture{means = {0}, stds = {s}}, sde.ve_power()
  local t0 = 1e-3
  local noised = gauss:noised(process, t0)
  -- what is missing is a + b x², whose mean is that at plus and minus one standard deviation
  local width = math.sqrt(s^2 + process:sigma(t0)^2)
  local x = tensor({{-width}, {width}}, {dtype = "float64"})
  local value = likelihood.ode(gauss:model(process), x, {rtol = 1e-7, atol = 1e-7, times = {t0, 1}})
  local r = (s^2 + process:sigma(1)^2) / process:sigma(1)^2
  check.near((noised:log_density(x) - value):mean():item(), 0.5 * (r - 1 - math.log(r)), 1e-5)
end

-- The density of a network, whose operations run as a plan: its mass is that of the prior where the points end.
local m = nn.score_mlp{dimension = 1, width = 16, sde = sde.vp(), seed = 5}
train(m, targets[2]:sample(500, {seed = 1}), {steps = 500, seed = 1, progress = false})
local grid = tensor.linspace(-12, 12, 1201, {dtype = "float64"}):reshape{1201, 1}
local density, info = likelihood.ode(m, grid, {info = true})
local function mass_below(z) return 0.5 * (1 + (z / (math.sqrt(2) * m.sde:sigma(1))):erf():item()) end
local mass = density:exp():sum():item() * 0.02
check.near(mass, mass_below(info.latent[1201]) - mass_below(info.latent[1]), 2e-3)
assert(mass > 0.1 and info.evaluations > 50 and info.accepted:min():item() > 5)
-- the same of the same network without a plan, where it is Lua's
local same = nn.define{dimension = 1, sde = sde.vp(), score = function(_, x, t) return m:score(x, t) end}
local fine = {rtol = 1e-8, atol = 1e-8}
local part = grid[{ {500, 700} }]
check.near((likelihood.ode(same, part, fine) - likelihood.ode(m, part, fine)):abs():max():item(), 0, 1e-5)

-- A point does not depend on the others, nor on their number.
check.equal((likelihood.ode(m, grid[{ {600, 602} }]) - density[{ {600, 602} }]):abs():max():item(), 0.0)

-- Hutchinson's estimate: exact in one dimension with ±1; unbiased in two, with its standard error.
-- (by another route, in float64)
check.near((likelihood.ode(m, part, {divergence = "rademacher", seed = 1}) - density[{ {500, 700} }])
  :abs():max():item(), 0, 5e-3)
local mix, process = targets[3], sde.vp()
local x = mix:sample(20, {seed = 4})
local exact = likelihood.ode(mix:model(process), x)
for _, kind in ipairs{"rademacher", "gaussian"} do
  local options = {divergence = kind, probes = 64, seed = 2, info = true}
  local estimate, parts = likelihood.ode(mix:model(process), x, options)
  local worst = ((estimate - exact):abs() / (parts.standard_error + 1e-4)):max():item()
  assert(worst < 5, kind .. ": " .. worst)
  check.equal(parts.seed, 2)
  check.equal((likelihood.ode(mix:model(process), x, options) - estimate):abs():max():item(), 0.0)
end

-- bits a dimension
local bits = likelihood.ode(mix:model(process), x, {units = "bits_per_dim", offset = 8})
check.near((bits - (8 - exact / (2 * math.log(2)))):abs():max():item(), 0, 1e-12)

-- pictures, classes and no points
local picture = nn.define{shape = {2, 3}, sde = process, score = function(_, y) return -y end}
local z = random.stream(1):normal{4, 2, 3}
local flat = (-0.5 * (z^2):sum({2, 3}) - 3 * math.log(2 * math.pi))
check.near((likelihood.ode(picture, z) - flat):abs():max():item(), 0, 1e-4)
check.equal(likelihood.ode(m, tensor.zeros{0, 1}).shape, {0})
local classes = nn.define{dimension = 1, sde = process, classes = 2, score = function(_, y, t, c)
  return (c:to("float32") * 3):unsqueeze(2) - y
end}
local given = likelihood.ode(classes, tensor.zeros{2, 1}, {labels = tensor{0, 1}:to("int64")})
local apart = likelihood.ode(classes, tensor.zeros{1, 1}, {labels = tensor{1}:to("int64")})
check.equal(given[2]:item(), apart[1]:item())
assert(given[1]:item() > given[2]:item() + 1)

check.raises("likelihood.ode: x has shape [4, 2], expected [n d] with d = 1", likelihood.ode, m, tensor.zeros{4, 2})
check.raises("likelihood.ode: x must hold finite numbers, got NaN or infinity in row 2", likelihood.ode, m,
  tensor{{0}, {0/0}})
check.raises("likelihood.ode: probes are for divergence = 'rademacher' or 'gaussian'", likelihood.ode, m, part, {probes = 3})
check.raises("times must begin where sigma is above 0, got t_0 = 0: the flow is singular there", likelihood.ode, m,
  grid, {times = {0, 1}})
local stiff = select(2, pcall(likelihood.ode, targets[2]:model(process), targets[2]:sample(3, {seed = 1}), {max_steps = 4}))
check.contains(stiff, "3 of 3 points have made max_steps = 4 steps; the first is at t = ")
local broken = nn.define{dimension = 1, sde = process, score = function(_, y, t) return -y / (t:unsqueeze(2) - 0.5) end}
check.contains(select(2, pcall(likelihood.ode, broken, tensor{{1}})), "points")
