-- Averages kept along a run: exponential, of a power, and those chosen afterwards.
local check = require "check"

local points = random.stream(2):normal{60, 2}
local function model() return nn.score_mlp{sde = sde.vp(), dimension = 2, width = 8, seed = 1} end
local function flat(m)
  local parts = {}
  for _, name in ipairs{"w1", "w2", "b1", "b2"} do
    local t = m:parameters()[name]
    if t then parts[#parts + 1] = t:reshape{-1}:to("float64") end
  end
  assert(#parts > 0)
  return tensor.concatenate(parts)
end

--- The parameters after each of so many updates.
local function history(count)
  local m, seen = model(), {}
  train(m, points, {steps = count, seed = 5, batch = 20, optimizer = optim.adam{rate = 1e-2}, progress = false,
    probe = {every = 1, at = function(s) seen[#seen + 1] = flat(s.model):copy() return 0 end}})
  return seen
end
local seen = history(120)
check.equal(#seen, 121)
local function mean(weight)
  local sum, total = 0, 0
  for k = 1, 120 do sum, total = sum + seen[k + 1] * weight(k), total + weight(k) end
  return sum / total
end
local function trained(options)
  local o = {steps = 120, seed = 5, batch = 20, optimizer = optim.adam{rate = 1e-2}, progress = false}
  for name, value in pairs(options) do o[name] = value end
  return train(model(), points, o)
end
local function gap(a, b) return (a - b):abs():max():item() end

local fit = trained{ema = optim.ema{half_life_examples = 200}}
assert(gap(flat(fit.ema_model), mean(function(k) return 2 ^ (k / 10) end)) < 1e-6)
check.equal(fit.ema_initial, 0.0)
check.rejects("another half-life", function()
  assert(gap(flat(fit.ema_model), mean(function(k) return 2 ^ (k / 12) end)) < 1e-6)
end)
-- A decay as a number is the same average as by its name.
assert(gap(flat(trained{ema = 0.9}.ema_model), flat(trained{ema = optim.ema{decay = 0.9}}.ema_model)) == 0)

fit = trained{ema = optim.ema{decay = 0.98, initial = true}}
check.near(fit.ema_initial, 0.98 ^ 120, 1e-12)
check.contains(fit, "ema holds 9 % of the initial parameters")
local start = flat(model())
local expected = mean(function(k) return 0.98 ^ (120 - k) end) * (1 - 0.98 ^ 120) + start * 0.98 ^ 120
assert(gap(flat(fit.ema_model), expected) < 1e-6)
check.equal(trained{}.ema_initial, nil)

-- Power averages of any width from those that were kept.
local folder = os.tmpname() .. ".averages"
local kept = optim.posthoc_ema{folder = folder, every = 10}
fit = trained{posthoc_ema = kept}
check.equal(#file.list(folder), 11)
local function exponent(std)
  local low, high = 0, 1e4
  for _ = 1, 200 do
    local g = (low + high) / 2
    if math.sqrt((g + 1) / (g + 3)) / (g + 2) > std then low = g else high = g end
  end
  return low
end
local function power(std)
  local g = exponent(std) + 1
  return mean(function(k) return (k / 120) ^ g - ((k - 1) / 120) ^ g end)
end
for _, std in ipairs{0.05, 0.07, 0.1, 0.15, 0.2} do
  local got = flat(fit:posthoc_ema{std = std})
  local spread = gap(power(std), power(0.12))
  assert(gap(got, power(std)) < 0.03 * spread + 1e-5, ("%s: %s of %s"):format(std, gap(got, power(std)), spread))
end
check.rejects("another width", function()
  assert(gap(flat(fit:posthoc_ema{std = 0.07}), power(0.1)) < 0.03 * gap(power(0.07), power(0.12)))
end)
assert(gap(flat(fit.model), seen[121]) == 0, "averages change nothing in the run")

check.raises("of its weights, got 0.002", function() fit:posthoc_ema{std = 0.002} end)
check.raises("fit.posthoc_ema: std is required: a number above 0 and below 1/√12 = 0.2887",
  function() fit:posthoc_ema{} end)
check.raises("fit.posthoc_ema: the run kept no averages: give train posthoc_ema = optim.posthoc_ema{…}",
  function() trained{}:posthoc_ema{std = 0.1} end)
-- Snapshots of another run, and one that is missing or cut short, are told by name.
local name = folder .. "/1-50.safetensors"
local bytes = file.read_text(name)
file.write_text(name, bytes:sub(1, #bytes - 4))
check.contains(select(2, pcall(fit.posthoc_ema, fit, {std = 0.1})), name)
file.write_text(name, bytes)
assert(gap(flat(fit:posthoc_ema{std = 0.1}), power(0.1)) < 1e-3)
os.remove(name)
check.contains(select(2, pcall(fit.posthoc_ema, fit, {std = 0.1})), name)
train(model(), points, {steps = 50, seed = 6, batch = 20, posthoc_ema = kept, progress = false})
file.write_text(name, file.read_text(folder .. "/1-40.safetensors"))
check.contains(select(2, pcall(fit.posthoc_ema, fit, {std = 0.1})), "is a snapshot of another run")
-- A folder that cannot be made is an error before the first update.
local taken = os.tmpname()
check.contains(select(2, pcall(trained, {posthoc_ema = optim.posthoc_ema{folder = taken, every = 5}})), taken)
