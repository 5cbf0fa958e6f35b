-- The score of a data set in many axes, against float64 loops over differences: at any noise, at any
-- distance, with duplicates and with weights.
local check = require "check"

local function double(x) return x:to("float64") end

-- Score, posterior mean and ln p by differences, row by row.
local function naive(data, weights, x, r, s)
  local scores, means, logs = {}, {}, {}
  local y, logw = double(data) * r, (weights or tensor.full({data.shape[1]}, 1 / data.shape[1], {dtype = "float64"})):log()
  for row = 1, x.shape[1] do
    local apart = y - x[row]
    local terms = logw - (apart^2):sum(2) / (2 * s^2)
    local most = terms:max():item()
    local w = (terms - most):exp()
    local total = w:sum():item()
    w = (w / total):unsqueeze(2)
    scores[row], means[row] = (w * apart):sum(1) / s^2, (w * double(data)):sum(1)
    logs[row] = most + math.log(total) - x.shape[2] / 2 * math.log(2 * math.pi * s^2)
  end
  return tensor.stack(scores), tensor.stack(means), tensor(logs, {dtype = "float64"})
end

local function off(got, want) return ((got - want):abs():max() / want:abs():max():item()):item() end

local n, d = 600, 40
local data = random.stream(1):normal{n, d}
local clustered = tensor.concatenate({data, data[{ {1, 200} }], data[{ {1, 1} }] + random.stream(2):normal{300, d} * 1e-3}, 1)
local weights = random.stream(3):uniform({n}, {dtype = "float64"})
local laws = {
  {target.empirical(data), data}, {target.empirical(clustered), clustered},
  {target.empirical(double(data) * 1e3), double(data) * 1e3},
  {target.finite{points = data, weights = weights:table()}, data, weights / weights:sum():item()},
}
local process = sde.edm()
for _, case in ipairs(laws) do
  local law, points, shares = table.unpack(case)
  local m = law:model(process)
  local near = double(points[{ {1, 20} }])
  for _, t in ipairs{0.002, 0.05, 0.5, 3, 80} do
    local noise = random.stream(5):normal({20, d}, {dtype = "float64"})
    for _, x in ipairs{near + noise * t, noise * t, noise * 30 + near} do
      local score, mean, log_density = naive(points, shares, x, 1, t)
      assert(off(m:score(x, t), score) < 1e-6, t)
      assert(off(m:denoise(x, t), mean) < 1e-6, t)
      assert(off(m:log_density(x, t), log_density) < 1e-9, t)
    end
  end
end
-- The comparison sees a weight that is off by a hundredth.
local m = target.finite{points = data, weights = (weights * (1 + 0.01 * tensor.arange(1, n, {dtype = "float64"}) % 2)):table()}:model(process)
local noise = random.stream(5):normal({20, d}, {dtype = "float64"}) * 3
assert(off(m:denoise(noise, 3), ({naive(data, weights / weights:sum():item(), noise, 1, 3)})[2]) > 1e-5)

-- One time for each row, other processes, float32 points, and the slope passes as before.
local empirical = target.empirical(data):model(sde.vp())
local x = random.stream(6):normal({5, d}, {dtype = "float64"})
local times = tensor({0.05, 0.3, 0.5, 0.7, 1}, {dtype = "float64"})
local each = empirical:score(x, times)
for row = 1, 5 do
  local t = times[row]:item()
  local want = naive(data, nil, x[{ {row, row} }], sde.vp():alpha(t), sde.vp():sigma(t))
  assert(off(each[{ {row, row} }], want) < 1e-9)
end
check.equal(empirical:score(x:to("float32"), 0.5).dtype, "float32")
local slope = grad(function(x) return empirical:log_density(x, 0.5):sum() end)(x)
assert(off(slope, empirical:score(x, 0.5)) < 1e-9)

-- Posterior means lie in the hull at any distance.
local low, high = double(data):min(1), double(data):max(1)
for power = -3, 150, 9 do
  local mean = target.empirical(clustered):model(process):denoise(random.stream(7):normal({4, d}, {dtype = "float64"}) * 10.0^power, 0.01)
  assert(mean:is_finite():all():item(), power)
  assert((mean - double(clustered):max(1)):max():item() < 1e-9 and (double(clustered):min(1) - mean):max():item() < 1e-9)
end
local single = target.empirical(tensor.concatenate({data[{ {1, 1} }], data[{ {1, 1} }]}, 1)):model(process)
check.equal((single:denoise(x * 1e9, 0.002) - double(data[1])):abs():max():item() < 1e-15, true)

-- Sampling gives the data back.
local few = data[{ {1, 50} }]
for _, sampler in ipairs{sample.heun, sample.euler_maruyama} do
  local y = sampler(target.empirical(few):model(sde.edm()), {count = 40, steps = 60, seed = 1})
  local nearest = linalg.distances(y, few):min(2)
  assert(nearest:max():item() < 0.05, nearest:max():item())
  check.equal(metric.memorized_fraction(y, few), 1.0)
end
