-- Greatest likelihood by scipy.optimize.minimize (Nelder-Mead, xatol 1e-11) of Σ c (m ln F(a + b ln x) + (1 − m) ln(1 − F));
-- isotonic means by scipy.optimize.isotonic_regression and sklearn.isotonic.IsotonicRegression.
local check = require "check"
local curve = require "moondrift.transition.curve"

local function points(xs, means, counts)
  local list = {}
  for place, x in ipairs(xs) do list[place] = {x = x, mean = means[place], count = counts and counts[place] or 1} end
  return list
end

local falling = points({8, 16, 32, 64, 128}, {1, 0.875, 0.5, 0.25, 0.05}, {4, 8, 8, 8, 4})
local function fit(kind, level) return curve.fit(falling, {kind = kind, rises = false, level = level}) end
local logistic, probit = fit("logistic", 0.5), fit("probit", 0.5)
check.near(logistic.a, 8.243412969492462, 1e-6)
check.near(logistic.b, -2.3022977702119407, 1e-6)
check.near(logistic.value, 35.892040258571555, 1e-5)
check.near(fit("logistic", 0.9).value, 13.820513222128728, 1e-5)
check.near(probit.a, 4.862999530336921, 1e-6)
check.near(probit.b, -1.3557637171716381, 1e-6)
check.near(probit.value, 36.122208053213036, 1e-5)
check.near(fit("probit", 0.9).value, 14.03629003623189, 1e-5)
check.equal({logistic.low, logistic.high}, {logistic.value, logistic.value})
-- The curve is at the level where it crosses, and at 3/4 and 1/4 a width apart.
check.near(logistic:at(logistic.value), 0.5, 1e-9)
check.near(logistic:at(fit("logistic", 0.75).value * logistic:width()), 0.25, 1e-9)
check.near(probit:width(), fit("probit", 0.25).value / fit("probit", 0.75).value, 1e-9)
check.rejects("a direction that is not the data's", function()
  assert(curve.fit(falling, {kind = "logistic", rises = true, level = 0.5}).value)
end)

-- A step has no finite steepness: the crossing is somewhere between the points that it parts.
for _, kind in ipairs{"logistic", "probit"} do
  local step = curve.fit(points({1, 2, 4, 8}, {0, 0, 1, 1}, {3, 3, 3, 3}), {kind = kind, rises = true, level = 0.5})
  check.near(step.value, math.sqrt(8), 1e-6)
  check.equal({step.low, step.high}, {2, 4})
  step = curve.fit(points({1, 2, 4, 8}, {1, 1, 1, 0}), {kind = kind, rises = false, level = 0.5})
  check.equal({step.low, step.high, step.value > 4, step.value < 8}, {4, 8, true, true})
  -- One point of the step lies on it.
  step = curve.fit(points({1, 2, 4}, {0, 0.5, 1}), {kind = kind, rises = true, level = 0.5})
  check.near(step.value, 2, 1e-6)
  check.equal({step.low, step.high}, {1, 4})
  -- All alike: no crossing, but beyond the points it may be.
  local flat = curve.fit(points({1, 2, 4}, {0.2, 0.2, 0.2}), {kind = kind, rises = true, level = 0.5})
  check.equal(flat.value, nil)
  check.near(flat.low, 4, 1e-9)
  check.equal(flat.high, math.huge)
  flat = curve.fit(points({1, 2, 4}, {0, 0, 0}), {kind = kind, rises = false, level = 0.5})
  check.equal(flat.low, 0)
  check.near(flat.high, 1, 1e-9)
  flat = curve.fit(points({1, 2, 4}, {0.5, 0.5, 0.5}), {kind = kind, rises = false, level = 0.5})
  check.equal({flat.low, flat.high}, {0, math.huge})
end

-- Isotonic
local rising = points({1, 10, 100, 1000, 10000}, {0.1, 0.5, 0.3, 0.2, 0.9}, {1, 2, 3, 1, 2})
local isotonic = curve.fit(rising, {kind = "isotonic", rises = true, level = 0.6})
for place, mean in ipairs{0.1, 0.35, 0.35, 0.35, 0.9} do check.near(isotonic.means[place], mean, 1e-12) end
check.near(math.log(isotonic.value, 10), 3 + 0.25 / 0.55, 1e-9)
check.near(isotonic.low, 1000, 1e-6)
check.near(isotonic.high, 10000, 1e-6)
check.near(isotonic:at(10^3.5), 0.625, 1e-9)
check.equal({isotonic:at(0.1), isotonic:at(1e9), isotonic:width()}, {0.1, 0.9})
-- A piece at the level: its middle, and the points around it.
local flat = curve.fit(points({1, 10, 100, 1000}, {5, 3, 3, 1}), {kind = "isotonic", rises = false, level = 3})
check.near(flat.value, 10^1.5, 1e-6)
check.near(flat.low, 1, 1e-9)
check.near(flat.high, 1000, 1e-6)
-- Beyond the points
local beyond = curve.fit(points({1, 10}, {5, 3}), {kind = "isotonic", rises = false, level = 2})
check.equal({beyond.value, beyond.high}, {math.huge, math.huge})
check.near(beyond.low, 10, 1e-9)
check.equal(curve.fit(points({1, 10}, {5, 3}), {kind = "isotonic", rises = false, level = 6}).low, 0)
check.rejects("means that are not pooled", check.near, isotonic.means[2], 0.5, 1e-9)
