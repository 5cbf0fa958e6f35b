local check = require "check"
local curve = require "moondrift.transition.curve"
local interval = require "moondrift.transition.interval"

-- scipy.stats.t.interval(0.95, 2, loc=2, scale=1/sqrt(3)); Wilson: scipy.stats.binomtest(3, 4).proportion_ci(0.9, "wilson")
local mean, low, high = interval.of_mean({1, 2, 3}, 0.95, false)
check.equal(mean, 2.0)
check.near(low, -0.48413771175032937, 1e-9)
check.near(high, 4.484137711750329, 1e-9)
mean, low, high = interval.of_mean({1, 1, 0, 1}, 0.9, true)
check.equal(mean, 0.75)
check.near(low, 0.3561680085985064, 1e-9)
check.near(high, 0.9420926788001414, 1e-9)
check.equal({interval.of_mean({7}, 0.9, false)}, {7.0, 7.0, 7.0})
-- Three of three are on one side at 90 %, two of two are not.
assert(select(2, interval.of_mean({1, 1, 1}, 0.9, true)) > 0.5 and select(2, interval.of_mean({1, 1}, 0.9, true)) < 0.5)

-- scipy.stats: norm.cdf(-sqrt(n/(n - 1)) * t.ppf(0.975, n - 1))
check.near(interval.tail(5, 4, 0.95), 0.0009541005518824907, 1e-12)
check.near(interval.tail(10, 9, 0.95), 0.008550639024406366, 1e-12)
check.near(interval.tail(20, 19, 0.95), 0.015880829920347974, 1e-12)

-- Points of which each seed is a step at a place of its own
local function steps(places)
  local points = {}
  for k = 1, 15 do
    local x = 2^k
    local point = {x = x, values = {}, seeds = {}}
    for seed, place in ipairs(places) do point.values[seed], point.seeds[seed] = x < place and 1 or 0, seed end
    points[k] = point
  end
  return points
end
local function fit(points) return curve.fit(points, {kind = "isotonic", rises = false, level = 0.5}) end
local options = {level = 0.95, resample = "seeds", resamples = 500, seed = 1}
low, high = interval.of_crossing(steps{100, 200, 400, 800, 1600}, fit, options)
check.near(low, 64, 1e-6)
check.near(high, 2048, 1e-6)
-- The same seed everywhere: between two points and no more; a seed alone says nothing.
low, high = interval.of_crossing(steps{100, 100, 100}, fit, options)
check.near(low, 64, 1e-6)
check.near(high, 128, 1e-6)
check.equal(interval.of_crossing(steps{100}, fit, options), nil)
options.resample = "values"
check.equal(interval.of_crossing(steps{100}, fit, options), nil)
-- True or false as often as a curve says, 1/(1 + (n/100)^2), four values at each of eight points. The standard error of ln n*
-- by the information is sqrt((H^-1)_11)/2 with H = sum 4 p (1 - p) (1, u)(1, u)', u = ln(n/100): 0.223058 (numpy.linalg.inv).
local known = curve.fit({{x = 50, mean = 0.8, count = 1}, {x = 200, mean = 0.2, count = 1}},
  {kind = "logistic", rises = false, level = 0.5})
check.near(known.value, 100, 1e-6)
local eight = {}
for k = 1, 8 do eight[k] = {x = 25 * 2^(k / 2), values = {1, 1, 0, 0}, seeds = {1, 2, 3, 4}} end
local a, b = interval.of_crossing(eight, function(points)
  return curve.fit(points, {kind = "logistic", rises = false, level = 0.5})
end, {level = 0.6827, resample = "values", resamples = 1000, seed = 1, curve = known})
check.near(math.log(b / a) / 2, 0.223058, 0.03)
check.rejects("half of the values", check.near, math.log(b / a) / 2 * math.sqrt(2), 0.223058, 0.03)
local narrow, wide = interval.of_crossing(steps{100, 200, 400, 800, 1600}, fit, options)
assert(narrow > 50 and wide <= 2048.1)
