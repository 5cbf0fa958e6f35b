-- Clones end in one class as often as the formula for two normal classes says, at three times.
local check = require "check"
local regimes = require "moondrift.regimes"

local process = sde.ou()
local function class(y) return y:sum(2):sign() end
for _, d in ipairs{4, 64} do
  local law = target.gaussian_mixture{means = tensor.stack{tensor.ones{d}, -tensor.ones{d}}}
  local model, x = law:model(process), law:sample(3000, {seed = d})
  for _, place in ipairs{0.6, 1, 1.5} do
    local t = place * theory.speciation_time{variance = d}
    local share, low, high = regimes.cloning(model, x, t, class, {seed = 1, steps = 100})
    check.near(share, theory.cloning(t, {separation = d^0.5}), 0.035)
    assert(low < share and share < high and high - low < 0.04)
    check.equal(regimes.cloning(model, x, t, class, {seed = 1, steps = 100}), share)
  end
end

-- A class that all points share, and the wrong shape of one.
local line = target.gaussian{mean = {0, 0}}
local x = line:sample(10, {seed = 1})
check.equal(regimes.cloning(line:model(process), x, 1, function(y) return tensor.ones{#y} end, {seed = 1, steps = 5}), 1.0)
check.raises("regimes.cloning: class must return a tensor of shape [10], got [10, 2]", function()
  regimes.cloning(line:model(process), x, 1, function(y) return y end, {seed = 1, steps = 5})
end)
check.raises("regimes.cloning: t must be above the last time, 0.001, got 0", function()
  regimes.cloning(line:model(process), x, 0, class, {seed = 1})
end)
check.raises("regimes.cloning: options.seed must be an integer", function()
  regimes.cloning(line:model(process), x, 1, class, {})
end)
