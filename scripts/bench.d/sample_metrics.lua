-- Milliseconds of metrics of two samples of n points in d dimensions; the same points and settings as
-- peers/sample_metrics.py.
-- usage: sample_metrics.lua NAME n d
local name, n, d = arg[1], tonumber(arg[2]), tonumber(arg[3])
local stream = random.stream(1)
local x, y = stream:normal{n, d}, stream:normal{n, d} + 0.1
local plain = {seed = 1, floors = 0}

local function with(options)
  for key, value in pairs(plain) do options[key] = value end
  return options
end

local calls = {
  sliced_wasserstein = function() return metric.sliced_wasserstein(x, y, with{projections = 50}) end,
  wasserstein = function() return metric.wasserstein(x, y, plain) end,
  sinkhorn = function() return metric.sinkhorn(x, y, with{epsilon = 12.8, tolerance = 1e-3}) end,
  mmd = function() return metric.mmd(x, y, with{bandwidths = {8}}) end,
  energy_distance = function() return metric.energy_distance(x, y, plain) end,
  nearest = function() return metric.nearest(x, y, {k = 5}) end,
  precision_recall = function() return metric.precision_recall(x, y, {k = 5}) end,
  frechet = function() return metric.frechet(x, y, plain) end,
}
local call = calls[name]
call()
local times = {}
local first = moondrift.seconds()
repeat
  local start = moondrift.seconds()
  call()
  times[#times + 1] = moondrift.seconds() - start
until #times >= 9 or moondrift.seconds() - first > 3
print("ms", metric.quantiles(times, {0.5})[1] * 1e3)
