-- The module schedule: decreasing times for every process.
local check = require "check"

local function near(got, expected, tolerance) assert((got - expected):abs():max():item() <= tolerance) end

local processes = {sde.vp(), sde.vp_cosine(), sde.sub_vp(), sde.ve(), sde.ve_power(), sde.edm(), sde.ou(),
  sde.linear_flow(), sde.define{alpha = function(t) return 1 - t^2 end, sigma = function(t) return t end}}
for _, p in ipairs(processes) do
  for _, name in ipairs{"uniform", "log_snr", "cosine", "trained"} do
    local times = schedule[name](p, 12)
    check.equal(times.shape, {13})
    local list = times:table()
    for i = 2, 13 do assert(list[i] < list[i - 1], ("%s %s"):format(p, name)) end
    if name ~= "trained" then check.equal(list[13], p.time_min) end
  end
  -- even in log-SNR
  local levels = p:log_snr(schedule.log_snr(p, 12))
  local gaps = levels[{{2, 13}}] - levels[{{1, 12}}]
  near(gaps, gaps:mean(), 1e-6)
  -- noise levels of Karras et al., then the data
  local times = schedule.karras(p, 9)
  local ends_with_data = p:sigma(0) == 0
  check.equal(times.shape, {ends_with_data and 10 or 9})
  if ends_with_data then check.equal(times[10]:item(), 0.0) end
  local ratios = ((-0.5 * p:log_snr(times[{{1, 9}}])):exp())^(1 / 7)
  gaps = ratios[{{2, 9}}] - ratios[{{1, 8}}]
  near(gaps, gaps:mean(), 1e-6)
end

local edm = schedule.karras(sde.edm(), 18)
assert(math.abs(edm[2]:item() - (80^(1 / 7) + (0.002^(1 / 7) - 80^(1 / 7)) / 17)^7) < 1e-9)
check.equal(schedule.trained(sde.vp(), 3, {of = 4}):table(), schedule.trained(sde.vp(), 3, {of = 4}):table())
check.raises("schedule.trained: steps must be below of = 4, got 4", schedule.trained, sde.vp(), 4, {of = 4})
check.raises("schedule.uniform: steps must be an integer from 1 to 134217728, got 0", schedule.uniform, sde.vp(), 0)

-- A sampler takes any of them
local m = target.gaussian_mixture{means = {-3, 3}}:model(sde.vp())
local y = sample.euler_maruyama(m, {count = 100, times = schedule.log_snr(sde.vp(), 40), seed = 1})
assert(math.abs(y:abs():mean():item() - 3) < 0.5)

-- The ends of a process in numbers that a caller computes are inside it, though σ(1) = σ_min (σ_max/σ_min)^1 is rounded.
for k = 1, 60 do
  local most = 0.5 + k / 7
  local p = sde.ve{sigma_min = 0.01, sigma_max = most}
  assert(p:time_of_log_snr(-2 * math.log(most)) > 1 - 1e-9)
  assert(p:time_of_log_snr(-2 * math.log(0.01)) < 1e-9)
  local points = tensor.zeros{2, 1}
  train(nn.score_mlp{dimension = 1, sde = p, seed = 1}, points, {steps = 1, seed = 1,
    time = draw.power{exponent = -0.5, sigma_max = most}})
end
local p = sde.ve{sigma_min = 0.01, sigma_max = 2}
local RANGE = "sde.time_of_log_snr: log_snr must lie from -1.3862943611198897 to 9.210340371976184, got "
check.raises(RANGE .. "-1.3863", p.time_of_log_snr, p, -1.3863)
check.raises(RANGE .. "-inf", p.time_of_log_snr, p, -math.huge)
