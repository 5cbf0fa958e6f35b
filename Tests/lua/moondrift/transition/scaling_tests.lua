-- Slopes and intervals by scipy.stats.linregress with t.ppf(0.975, 3), and by scipy.optimize.curve_fit(absolute_sigma=True)
-- times max(1, sqrt(chi2/df)); AIC by scipy.stats.norm.logpdf at the fit of greatest likelihood; left-out points by five fits.
local check = require "check"
local scaling = require "moondrift.transition.scaling"

local x, y, errors = {4, 8, 16, 32, 64}, {3.1, 5.8, 13, 24, 55}, {0.1, 0.05, 0.08, 0.1, 0.15}
local plain = scaling.fit(x, y)
check.near(plain.power.slope, 1.0347092596531242, 1e-9)
check.near(plain.power.low, 0.9424074470195243, 1e-9)
check.near(plain.power.high, 1.1270110722867241, 1e-9)
check.near(plain.power.factor, 0.7111272131788192, 1e-9)
check.near(plain.power.aic, -9.920363313687767, 1e-9)
check.near(plain.power.aicc, 14.079636686312233, 1e-9)
check.near(plain.power.held_out, 0.08792858621955876, 1e-9)
check.near(plain.exponential.slope, 0.043822545850160356, 1e-9)
check.near(plain.exponential.low, 0.0150494675601061, 1e-9)
check.near(plain.exponential.high, 0.07259562414021462, 1e-9)
check.near(plain.exponential.factor, 4.225426250164014, 1e-9)
check.near(plain.exponential.aic, 9.451563535844762, 1e-9)
check.near(plain.exponential.held_out, 0.8349156847227615, 1e-9)
check.near(plain.difference, 9.451563535844762 + 9.920363313687767, 1e-9)
check.equal(plain.preferred, "power")

local weighted = scaling.fit(x, y, {errors = errors, predicted = {power = 1, exponential = 1}})
check.near(weighted.power.slope, 1.0388719303182252, 1e-6)
check.near(weighted.power.low, 0.9428237119427745, 1e-6)
check.near(weighted.power.high, 1.134920148693676, 1e-6)
check.near(weighted.power.chi2, 1.6772253616245665, 1e-6)
check.near(weighted.power.aic, -7.180891483801144, 1e-6)
check.near(weighted.exponential.slope, 0.04823836309814423, 1e-6)
check.near(weighted.exponential.low, 0.026560396859743988, 1e-6)
check.near(weighted.exponential.high, 0.06991632933654447, 1e-6)
check.near(weighted.exponential.chi2, 61.45173298800879, 1e-6)
check.near(weighted.exponential.aic, 8.685953778450397, 1e-6)
check.contains(tostring(weighted), "The power law is preferred: its AIC is lower by 15.9, which data of the exponential law would show with probability")
check.contains(tostring(weighted), "y = 0.69 x^1.04")
check.contains(tostring(weighted), "1.04 [0.943, 1.13]")
check.contains(tostring(weighted), "predicted 1, inside")
check.contains(tostring(weighted), "predicted 1, outside")
assert(weighted:plot())

-- Both ways, and neither, with at most one in twenty wrong: an exponential over a wide range, and a range so narrow that one is as good as the other.
local function noisy(f, at, sigma, seed)
  local list = {}
  for place, z in ipairs(random.stream(seed):normal({#at}, {dtype = "float64"}):table()) do list[place] = f(at[place]) * math.exp(sigma * z) end
  return list
end
local right = {power = 0, exponential = 0, wrong = 0, cannot = 0}
for seed = 1, 20 do
  local wide = {4, 6, 8, 10, 12, 14}
  local a = scaling.fit(wide, noisy(function(d) return math.exp(0.5 * d) end, wide, 0.1, seed), {draws = 200})
  local b = scaling.fit(wide, noisy(function(d) return d^2 end, wide, 0.1, seed), {draws = 200})
  local c = scaling.fit({10, 11, 12}, noisy(function(d) return d^2 end, {10, 11, 12}, 0.1, seed), {draws = 200})
  right.exponential = right.exponential + (a.preferred == "exponential" and 1 or 0)
  right.power = right.power + (b.preferred == "power" and 1 or 0)
  right.wrong = right.wrong + (a.preferred == "power" and 1 or 0) + (b.preferred == "exponential" and 1 or 0)
  right.cannot = right.cannot + (c.preferred == nil and 1 or 0)
  if c.preferred == nil then check.contains(c:verdict(), "The data cannot tell. Nearer is the ") end
end
assert(right.exponential >= 18 and right.power >= 15 and right.wrong <= 2 and right.cannot >= 17,
  ("%d %d %d %d"):format(right.exponential, right.power, right.wrong, right.cannot))

-- The 95 % interval of the exponent holds it that often, with errors that are right and with errors that are half of that.
local function covered(given, count)
  local hits = 0
  for seed = 1, count do
    local at = {4, 6, 8, 12, 16, 24}
    local list = {}
    for place = 1, #at do list[place] = given end
    local law = scaling.fit(at, noisy(function(d) return 3 * d^1.5 end, at, 0.2, seed), {
      errors = given and list, draws = 1})
    if law.power.low <= 1.5 and 1.5 <= law.power.high then hits = hits + 1 end
  end
  return hits / count
end
check.near(covered(nil, 400), 0.95, 0.035)
check.near(covered(0.2, 400), 0.965, 0.03)
assert(covered(0.1, 400) > 0.85)
check.rejects("intervals of errors that are not scaled", function() assert(covered(0.1, 400) < 0.7) end)

-- Answers of a search bring their errors; those that are no numbers are left out.
local function answer(value, low, high, outcome)
  return {value = value, low = low, high = high, outcome = outcome or "inside", confidence = 0.95}
end
local of = scaling.fit({1, 2, 4, 8}, {answer(10, 9, 11), answer(20, 16, 25), answer(40, 30, 50), answer(0 / 0, 64, math.huge, "above")})
check.equal({#of.x, of.left_out}, {3, 1})
check.near(of.errors[2], math.log(25 / 16) / 2 / 1.959963984540054, 1e-9)
check.near(of.power.slope, 1, 1e-9)
local open = scaling.fit({1, 2, 4, 8}, {answer(10, 0, 12), answer(20, 16, math.huge), answer(40, 0, math.huge), answer(80, 70, 90)})
check.equal({#open.x, open.left_out}, {3, 1})
check.near(open.errors[1], math.log(1.2) / 1.959963984540054, 1e-9)
check.near(open.errors[2], math.log(1.25) / 1.959963984540054, 1e-9)
check.contains(tostring(of), "1 points without a positive y are left out")

local fit = scaling.fit
check.raises("transition.scaling: x must be a list, got nil", fit, nil, {1})
check.raises("transition.scaling: y must have as many values as x, 3, got 2", fit, {1, 2, 3}, {1, 2})
check.raises("transition.scaling: x must be positive numbers, got -2 at position 2", fit, {1, -2, 3}, {1, 2, 3})
check.raises("transition.scaling: three different x or more are needed with a positive y, got 2", fit, {1, 2, 2}, {1, 2, 3})
check.raises("transition.scaling: three different x or more are needed with a positive y, got 2", fit, {1, 2, 3}, {1, 0 / 0, 3})
check.raises("transition.scaling: y must be a list of numbers or of answers of transition.find, got a string at position 2", fit, {1, 2, 3}, {1, "b", 3})
check.raises("transition.scaling: y must be all numbers or all answers of transition.find", fit, {1, 2, 3}, {1, 2, answer(3, 2, 4)})
check.raises("transition.scaling: errors must be positive numbers, got 0 at position 1", fit, {1, 2, 3}, {1, 2, 3}, {errors = {0, 1, 1}})
check.raises("transition.scaling: errors must be 1e-12 or more, got 1e-200 at position 2", fit, {1, 2, 3}, {1, 2, 3},
  {errors = {1, 1e-200, 1}})
do
  local law = fit({1, 2, 4, 8}, {1, 2.1, 3.9, 8.2})
  check.raises("plot.figure: unknown option 'colours' (known: title, x, y, log, x_limits, y_limits, x_ticks, y_ticks, aspect, "
    .. "legend, size)", function() law:plot{colours = 3} end)
end
check.raises("transition.scaling: errors must be positive numbers, got nil at position 3", fit, {1, 2, 3}, {1, 2, 3}, {errors = {1, 1}})
check.raises("transition.scaling: errors do not go with answers of transition.find, which have their own", fit, {1, 2, 3},
  {answer(1, 0.5, 2), answer(3, 2, 4), answer(3, 2, 4)}, {errors = {1, 1, 1}})
check.raises("transition.scaling: unknown option 'error' (known: confidence, draws, errors, predicted, seed)", fit, {1, 2, 3}, {1, 2, 3}, {error = {1}})
check.raises("transition.scaling: draws must be an integer, got number", fit, {1, 2, 3}, {1, 2, 3}, {draws = 1.5})
check.raises("transition.scaling: draws must be from 1 to 1000000, got 0", fit, {1, 2, 3}, {1, 2, 3}, {draws = 0})
check.raises("transition.scaling: confidence must be between 0 and 1, got 2", fit, {1, 2, 3}, {1, 2, 3}, {confidence = 2})
check.raises("transition.scaling: predicted must name 'power' or 'exponential', got 'linear'", fit, {1, 2, 3}, {1, 2, 3}, {predicted = {linear = 1}})
check.raises("transition.scaling: predicted.power must be a number, got string", fit, {1, 2, 3}, {1, 2, 3}, {predicted = {power = "1"}})
check.raises("transition.scaling: a table of options is expected, got number", fit, {1, 2, 3}, {1, 2, 3}, 5)
