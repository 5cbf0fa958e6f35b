-- The density of exact models: it integrates to 1, and its slope is the score.
local check = require "check"

local function double(values) return tensor(values, {dtype = "float64"}) end
local mix = target.gaussian_mixture{means = {{-1, 0}, {2, 1}}, stds = {0.5, 1}, weights = {0.3, 0.7}}
local wide = target.gaussian_mixture{means = random.stream(1):normal{5, 20}, stds = 0.7}
local data = target.empirical(mix:sample(7, {seed = 1}))
local bump = target.define{name = "bump", dimension = 1,
  energy = function(x) return (x:column(1)^4) / 4 end}
local laws = {mix, wide, data, bump, target.gaussian{mean = {1, 2}, covariance = {{1, 1}, {1, 1}}},
  target.gaussian_mixture{means = {{0, 0}, {1, 2}}, covariances = {{{1, 0.5}, {0.5, 1}}, {{2, -1}, {-1, 2}}}},
  target.finite{points = random.stream(2):normal{30, 18}, weights = tensor.arange(1, 30):table()},
  target.product({target.finite{points = {-1, 1}}, bump}, {count = 2})}

-- The largest difference between the score and the slope of the density, relative to the score.
local function mismatch(law, process, t, factor)
  local m = law:model(process)
  local x = random.stream(3):normal({6, law.dimension}, {dtype = "float64"})
  local score, worst = m:score(x, t) * factor, 0
  for axis = 1, law.dimension do
    local step = tensor.zeros({1, law.dimension}, {dtype = "float64"})
    step[{1, axis}] = 1e-4
    local slope = (m:log_density(x + step, t) - m:log_density(x - step, t)) / 2e-4
    worst = math.max(worst, (slope - score:column(axis)):abs():max():item())
  end
  return worst / score:abs():max():item()
end

for _, law in ipairs(laws) do
  for _, process in ipairs{sde.vp(), sde.edm(), sde.linear_flow()} do
    for _, t in ipairs{0.2, 0.7} do
      check.near(mismatch(law, process, t, 1), 0, 1e-5)
      -- The comparison rejects a score that is off by a thousandth.
      assert(mismatch(law, process, t, 1.001) > 5e-4)
    end
  end
end

-- In one dimension the density adds up to 1, at each time, without noise too where there is one.
local line = tensor.linspace(-12, 12, 4001, {dtype = "float64"}):unsqueeze(2)
for _, law in ipairs{target.gaussian_mixture{means = {-3, 3}}, bump, target.empirical(tensor{{1}, {2}})} do
  for _, t in ipairs{0.5, 1, law.name ~= "empirical" and 0 or 0.1} do
    local p = law:model(sde.vp()):log_density(line, t):exp()
    check.near(p:sum():item() * 24 / 4000, 1, 1e-6)
  end
end

-- One time for each point, the noised law's own density, and gradients.
local times = double{0.1, 0.5, 0.9}
local x = double{{0, 1}, {1, 2}, {-1, 0.5}}
local m = mix:model(sde.vp())
local each = m:log_density(x, times)
for row = 1, 3 do
  check.near(each[row]:item(), mix:noised(sde.vp(), times[row]:item()):log_density(x)[row]:item(), 1e-12)
end
local slope = grad(function(x) return m:log_density(x, 0.3):sum() end)(x)
check.near((slope - m:score(x, 0.3)):abs():max():item(), 0, 1e-12)
check.equal(m:log_density(tensor{{0, 1}}, 0.5).dtype, "float32")

-- What has none says so.
local network = nn.score_mlp{sde = sde.vp(), seed = 1}
check.equal({m.has_log_density, network.has_log_density}, {true, false})
check.raises("model.log_density: model score_mlp has a score and no density; exact models of targets have both",
  function() return network:log_density(tensor{{1}}, 0.5) end)
check.raises("model.log_density: target 'empirical' has no density without noise, where std(t) = 0; its noised marginals have",
  function() return data:model(sde.vp()):log_density(x, 0) end)
