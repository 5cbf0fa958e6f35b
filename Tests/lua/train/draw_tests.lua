-- The module draw: how train draws times, and which draws it uses again.
local check = require "check"

local points = random.stream(1):normal{1000, 1}

--- The batches of a run, as its loss gets them.
local function batches(process, options, data)
  local seen = {}
  options.progress, options.seed = false, 5
  options.loss = function(score, batch)
    seen[#seen + 1] = batch
    return (score(batch.noised, batch.t)^2):sum()
  end
  train(nn.score_mlp{sde = process, width = 2, seed = 1}, data or points, options)
  return seen
end

local function joined(seen, name)
  local parts = {}
  for index, batch in ipairs(seen) do parts[index] = batch[name] end
  return tensor.concatenate(parts, 1)
end

--- √n times Kolmogorov's distance between numbers and the uniform law: above 1.95 once in a thousand.
local function distance(u)
  local sorted, n = u:to("float64"):sort(), u.shape[1]
  local places = tensor.arange(1, n, {dtype = "float64"}) / n
  return math.max((sorted - places):abs():max():item(), (sorted - places + 1 / n):abs():max():item()) * math.sqrt(n)
end

local function normal(z) return (1 + (z / math.sqrt(2)):erf()) / 2 end
local function level(p) return function(t) return -p:log_snr(t:to("float64")) / 2 end end

-- Each law: the distribution function of what was drawn is uniform, and of another one it is not
local vp, edm, flow = sde.vp(), sde.edm(), sde.linear_flow()
local function range(p, t) return level(p)(tensor{t}):item() end
local laws = {
  {vp, nil, function(t) return (t - 1e-5) / (1 - 1e-5) end},
  {vp, draw.uniform{first = 0.1, last = 0.4}, function(t) return (t - 0.1) / 0.3 end},
  {edm, draw.log_normal(), function(t) return normal((level(edm)(t) + 1.2) / 1.2) end},
  {vp, draw.log_normal{mean = 0, std = 2}, function(t)
    local a, b = normal(tensor(range(vp, 1e-5)) / 2):item(), normal(tensor(range(vp, 1)) / 2):item()
    return (normal(level(vp)(t) / 2) - a) / (b - a)
  end},
  {edm, draw.log_uniform{sigma_min = 0.1, sigma_max = 10}, function(t) return (t:log() - math.log(0.1)) / math.log(100) end},
  {vp, draw.log_uniform(), function(t)
    return (level(vp)(t) - range(vp, 1e-5)) / (range(vp, 1) - range(vp, 1e-5))
  end},
  {flow, draw.logit_normal{mean = 0.5, std = 0.8}, function(t)
    local share = (t - 1e-5) / (0.999 - 1e-5)
    return normal(((share / (1 - share)):log() - 0.5) / 0.8)
  end},
  {edm, draw.power{sigma_max = 1}, function(t) return (t:sqrt() - math.sqrt(0.002)) / (1 - math.sqrt(0.002)) end},
  {vp, draw.power{exponent = 1}, function(t)
    local a, b = math.exp(2 * range(vp, 1e-5)), math.exp(2 * range(vp, 1))
    return ((2 * level(vp)(t)):exp() - a) / (b - a)
  end},
}
for index, law in ipairs(laws) do
  local t = joined(batches(law[1], {steps = 20, batch = 1000, time = law[2]}), "t"):to("float64")
  local apart = distance(law[3](t))
  assert(apart < 1.95, ("law %d: %s"):format(index, apart))
  local other = laws[index % #laws + 1]
  if other[1] == law[1] then assert(distance(other[3](t)) > 4, index) end
end
-- and a mean that is off by a twentieth of the spread is seen
local t = joined(batches(edm, {steps = 20, batch = 1000, time = draw.log_normal{mean = -1.14}}), "t"):to("float64")
assert(distance(normal((t:log() + 1.2) / 1.2)) > 1.95)
t = joined(batches(vp, {steps = 2, batch = 10, time = draw.fixed{t = 0.25}}), "t")
check.equal((t - 0.25):abs():max():item(), 0.0)

-- Kadkhodaie et al.: the noise is the square of a uniform number
t = joined(batches(sde.edm{sigma_min = 1e-6}, {steps = 20, batch = 1000, time = draw.power{sigma_max = 1}}), "t")
assert(distance(t:sqrt()) < 1.95)

-- In pairs u and 1 − u, however a run is cut into batches of odd size
for _, options in ipairs{{steps = 8, batch = 1000}, {epochs = 3, batch = 7}} do
  options.time = draw.uniform{first = 0, last = 1, antithetic = true}
  local u = joined(batches(vp, options, points[{{1, 998}}]), "t")
  local pairs_of = u[{{1, u.shape[1] // 2 * 2}}]:reshape{-1, 2}
  check.near((pairs_of:sum(2) - 1):abs():max():item(), 0, 1e-6)
  assert(distance(pairs_of:column(1)) < 1.95)
end

-- One in each of n parts, those of one point spread over all; the short batch has its own parts
for _, noises in ipairs{1, 4} do
  local seen = batches(vp, {epochs = 2, batch = 30, noises = noises, time = draw.uniform{first = 0, last = 1,
    stratified = true}}, points[{{1, 70}}])
  for _, batch in ipairs(seen) do
    local n = batch.t.shape[1]
    local parts = (batch.t:sort() * n):floor() - tensor.arange(0, n - 1)
    assert(parts:abs():sum():item() <= 1, parts)
    if noises == 4 then
      local own = batch.t[{{1, 4}}]:sort() * 4
      check.equal((own:floor() - tensor.arange(0, 3)):abs():max():item(), 0.0)
    end
  end
  assert(distance(joined(seen, "t")) < 1.95)
end

-- Weights divided by the density: the sums of uniform times, with another variance
local function mean(options, weigh)
  options.steps, options.batch = 40, 1000
  local seen = batches(vp, options)
  local t, w = joined(seen, "t"):to("float64"), joined(seen, "weight"):to("float64")
  local values = weigh and t:sqrt() * w or t:sqrt()
  return values:mean():item(), values:std():item() / math.sqrt(40000)
end
-- ∫ √t dt
local expected = 2 / 3
for _, law in ipairs{draw.logit_normal{importance = true}, draw.log_uniform{importance = true},
  draw.power{exponent = 0, importance = true, sigma_max = 150}, draw.uniform{importance = true, stratified = true}} do
  local got, error_of = mean({time = law}, true)
  check.near(got, expected, 5 * error_of + 1e-3)
  assert(error_of < 0.02)
end
assert(math.abs(mean({time = draw.log_uniform()}, true) - expected) > 0.1)
local half = mean({time = draw.uniform{first = 0.5, importance = true}}, true)
-- uniform over half of the times: the part of the integral that it reaches, ∫ over [½, 1] of √t dt
check.near(half, 2 / 3 * (1 - 0.5^1.5), 0.005)

-- Noises in pairs z and −z at one time, by whatever the times are drawn
for _, time in ipairs{draw.log_normal(), function(n, stream) return 0.1 + 0.9 * stream:uniform(n) end, false} do
  local seen = batches(vp, {epochs = 2, batch = 30, noises = 4, antithetic = true, time = time or nil}, points[{{1, 70}}])
  for _, batch in ipairs(seen) do
    local z, u = batch.noise:reshape{-1, 2}, batch.t:reshape{-1, 2}
    check.equal(z:sum(2):abs():max():item(), 0.0)
    check.equal((u:column(1) - u:column(2)):abs():max():item(), 0.0)
    check.equal(#u:column(1):unique(), u.shape[1])
    check.equal((batch.alpha:unsqueeze(2) * batch.clean + batch.sigma:unsqueeze(2) * batch.noise - batch.noised)
      :abs():max():item() < 1e-6, true)
  end
end
check.raises("train: antithetic needs an even number of noises, got noises = 3", batches, vp,
  {steps = 1, noises = 3, antithetic = true})

-- Common draws: those of an update in each, or of each point for good
local few = points[{{1, 70}}]
for _, time in ipairs{draw.log_normal{stratified = true}, function(n, stream) return 0.1 + 0.9 * stream:uniform(n) end,
  false} do
  local seen = batches(vp, {epochs = 3, batch = 30, noises = 2, common = "update", time = time or nil}, few)
  for _, batch in ipairs(seen) do
    local n = batch.t.shape[1]
    for _, name in ipairs{"t", "noise"} do
      check.equal((batch[name] - seen[1][name][{{1, n}}]):abs():max():item(), 0.0)
    end
  end
  assert((seen[1].clean - seen[2].clean):abs():max():item() > 0)
  seen = batches(vp, {epochs = 3, batch = 30, noises = 2, common = "point", time = time or nil}, few)
  local own = {}
  for _, batch in ipairs(seen) do
    for row = 1, batch.t.shape[1] do
      local key = ("%a %d"):format(batch.clean[{row, 1}]:item(), row % 2)
      local value = ("%a %a"):format(batch.t[row]:item(), batch.noise[{row, 1}]:item())
      check.equal(own[key] or value, value)
      own[key] = value
    end
  end
  local count, values = 0, {}
  for _, value in pairs(own) do
    count = count + 1
    values[value] = true
  end
  check.equal(count, 140)
  for _ in pairs(values) do count = count - 1 end
  check.equal(count, 0)
end
check.raises("train: common must be 'update' or 'point', got 'epoch'", batches, vp, {steps = 1, common = "epoch"})

-- One after another, in blocks, in lists: the same bits
local function make(seed) return nn.score_mlp{sde = vp, width = 4, seed = seed} end
local every = {draw.log_normal{stratified = true}, draw.uniform{antithetic = true}, draw.power{importance = true}}
for _, time in ipairs(every) do
  for _, common in ipairs{false, "update", "point"} do
    local options = {steps = 23, batch = 17, noises = 2, antithetic = true, time = time, common = common or nil,
      loss = loss.sliced(), progress = false}
    local together, alone = {make(1), make(2)}, {make(1), make(2)}
    options.seed = {1, 2}
    train(together, few, options)
    for index, m in ipairs(alone) do
      options.seed, options.log_every = index, 3
      train(m, few, options)
      check.equal((m(few, 0.5) - together[index](few, 0.5)):abs():max():item(), 0.0)
    end
    options.log_every = nil
  end
end

-- What no diffusion has, before training begins
check.equal(tostring(draw.log_normal{std = 1}), "draw.log_normal{std = 1}")
check.equal(draw.power().exponent, -0.5)
local function fails(message, process, time)
  check.raises(message, train, nn.score_mlp{sde = process, width = 2}, points, {steps = 1, time = time, progress = false})
end
fails("train: t of the draw must lie from 0 to time_max = 1, got 2", vp, draw.fixed{t = 2})
fails("train: last of the draw must lie from 0 to time_max = 1, got 3", vp, draw.uniform{last = 3})
fails("train: last of the draw must be above first = 0.5, got 0.4", vp, draw.uniform{first = 0.5, last = 0.4})
fails("train: sigma_max of the draw must lie from 0 to 80, the noise levels σ/α of the diffusion, got 100", edm,
  draw.power{sigma_max = 100})
fails("train: sigma_max of the draw must be above its sigma_min", edm, draw.log_uniform{sigma_min = 2, sigma_max = 1})
fails("train: mean of the draw must be such that ln σ/α lies from -6.215 to 4.382, the levels of training, got mean = 50 "
  .. "and std = 1", edm, draw.log_normal{mean = 50, std = 1})
check.raises("draw.uniform: antithetic and stratified must not both be true", draw.uniform,
  {antithetic = true, stratified = true})
check.raises("draw.fixed: t is required: a number of 0 or more", draw.fixed, {})
check.raises("draw.log_normal: std must be a positive number, got 0", draw.log_normal, {std = 0})
check.raises("train: time must be a function or a draw, got 0.5", train, make(1), few, {steps = 1, time = 0.5})
