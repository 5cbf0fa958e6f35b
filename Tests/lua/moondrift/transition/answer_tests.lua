local answer = require "moondrift.transition.answer"
local check = require "check"
local curve = require "moondrift.transition.curve"

local function made(change)
  local points = {
    {x = 8, mean = 1, low = 0.51, high = 1, side = "above", values = {1, 1, 1, 1}, count = 4},
    {x = 64, mean = 0.25, low = 0.05, high = 0.7, side = "undecided", values = {1, 0, 0, 0}, count = 4},
    {x = 512, mean = 0, low = 0, high = 0.49, side = "below", values = {0, 0, 0, 0}, count = 4},
  }
  local fields = {
    variable = "m", value = 32.5, low = 12, high = 60, outcome = "inside", direction = "falling", points = points,
    fit = "isotonic", curve = curve.fit(points, {kind = "isotonic", rises = false, level = 0.5}), evaluations = 12,
    ended = "tolerance", level = 0.5, confidence = 0.95, range = {8, 512}, seeds = 4,
  }
  for name, value in pairs(change or {}) do fields[name] = value end
  return answer.new(fields)
end

check.equal(tostring(made()), [[
m* = 32.5 [12, 60], falling through 0.5
isotonic; 3 points, 12 evaluations, 4 seeds
  m  mean   low  high  seeds       side
  8     1  0.51     1      4      above
 64  0.25  0.05   0.7      4  undecided
512     0     0  0.49      4      below]])
check.contains(tostring(made{width = 3.14159, fit = "logistic", ended = "budget"}),
  "logistic, a quarter to three quarters within a factor of 3.142; 3 points, 12 evaluations, 4 seeds, ended by the budget\n")
check.equal(made{outcome = "below", high = 8}:verdict(), "m* is below 8 (at most 8), falling through 0.5")
check.equal(made{outcome = "above", low = 512}:verdict(), "m* is above 512 (at least 512), falling through 0.5")
check.equal(made{high = math.huge}:verdict(), "m* = 32.5 [12, inf], falling through 0.5")
check.equal(made{outcome = "none"}:verdict(),
  "m* is not found: the criterion is above 0.5 at both ends, and they do not tell in which direction it crosses")

-- Both ends undecided.
check.equal(made{outcome = "none", level = 0.5, points = {{x = 1, side = "undecided"}}}:verdict(),
  "m* is not found: the criterion is undecided about 0.5 at both ends, and they do not tell in which direction it crosses")

-- The picture has the interval, the curve, the level and the points.
local text = tostring(made():plot{title = "a title"}:text())
for _, part in ipairs{"a title", "95 % interval", "isotonic", "level", "mean over seeds"} do check.contains(text, part) end
check.rejects("an interval where there is none", check.contains, made{outcome = "above"}:plot():text(), "95 % interval")
