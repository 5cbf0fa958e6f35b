-- Times outside a process are errors that name the value and the interval, wherever a time is given.
local check = require "check"
local mix = target.gaussian_mixture{means = {-3, 3}}
local network = nn.score_mlp{sde = sde.vp(), seed = 1}
local x = tensor{{1}, {2}}

for _, m in ipairs{mix:model(sde.vp()), network} do
  for t, shown in pairs{[2] = "2", [-1] = "-1", [math.huge] = "inf"} do
    local message = ": t must lie from 0 to time_max = 1, got " .. shown
    check.raises("model" .. message, function() return m(x, t) end)
    check.raises("model.score" .. message, function() return m:score(x, t) end)
    check.raises("model.denoise" .. message, function() return m:denoise(x, t) end)
    check.raises("model.score" .. message, function() return m:score(x, tensor(t)) end)
    check.raises("model.score" .. message .. " at position 2", function()
      return m:score(x, tensor{0.5, t})
    end)
  end
  check.raises("model.score: t must lie from 0 to time_max = 1, got -0.1", function()
    return m:score(x, -0.1)
  end)
  m:score(x, 1)
  m:score(x, 0.001)
  m:score(x, tensor{1, 0.3})
  -- A float32 may round the end up.
  m:score(x, tensor({1 + 1e-7, 0.3}))
end
check.raises("target.noised: t must lie from 0 to time_max = 80, got 81", function()
  return mix:noised(sde.edm(), 81)
end)
check.raises("sample.euler_maruyama: times must lie from 0 to time_max = 1, got 1.5 at position 1",
  function() return sample.euler_maruyama(network, {times = {1.5, 0.1}}) end)

for name, call in pairs{
  kl_of_score = function() return metric.kl_of_score(mix, network, {time = 2}) end,
  kl_of_score_floor = function() return metric.kl_of_score_floor(mix, sde.vp(), {time = 2}) end,
  kl_at_time = function() return metric.kl_at_time(mix, network, {time = 2}) end,
  density_of_score = function() return metric.density_of_score(network, {range = {-1, 1}, time = 2}) end,
  mass_left = function() return metric.mass_left(network, {range = {-1, 1}, time = 2}) end,
} do
  check.raises("metric." .. name .. ": time must lie from 0 to time_max = 1, got 2", call)
end

-- Training draws no time beyond the end, and takes no negative weight.
local data = mix:sample(100, {seed = 1})
local function fit(options)
  options.steps, options.batch, options.seed = 5, 4, 1
  return function() return train(network, data, options) end
end
check.raises("train: time must lie from 0 to time_max = 1, got 1000000000 at position 1",
  fit{time = function(n) return tensor.full({n}, 1e9) end})
check.raises("train: time must lie from 0 to time_max = 1, got -0.5 at position 2",
  fit{time = function(n) return tensor.arange(0, n - 1) * -0.5 end})
check.raises("train: weight must return numbers of 0 or more, got -3 at position 1, where t = 0.5",
  fit{time = function(n) return tensor.full({n}, 0.5) end, weight = function(t) return t * -6 end})
fit{weight = function(t) return t * 0 end}()
