-- Planted courses give their times, and a course that never passes gives a bound.
local check = require "check"
local passage = require "moondrift.passage_times"

-- Halfway between the looks at 10 and 40, on a logarithmic axis, lies 20.
check.near(passage.first({1, 10, 40}, {0, 0.2, 0.4}, {above = 0.3}).value, 20, 1e-12)
check.near(passage.first({0, 10, 40}, {9, 1, 0}, {below = 5}).value, 5, 1e-12)
check.equal(passage.first({1, 10, 40}, {0.5, 0.2, 0.4}, {above = 0.3}), {value = 1})
check.equal(passage.first({1, 10, 40}, {0, 0.1, 0.2}, {above = 0.3}), {beyond = 40})
check.equal(passage.first({1, 10, 40}, {0 / 0, 0 / 0, 0.4}, {above = 0.3}), {value = 40})
-- Reached, and left again: the first passage counts.
check.near(passage.first({10, 20, 30}, {2, 1, 2}, {below = 1}).value, 20, 1e-12)

local function at(...)
  local list = {}
  for k, value in ipairs{...} do list[k] = value > 0 and {value = value} or {beyond = -value} end
  return list
end

local all = passage.summary(at(100, 120, 200))
check.equal(all.median, 120)
check.equal({all.low, all.high}, {100, 200})
check.equal(tostring(all), "120 [100, 200], 3 runs")

-- One of three beyond: the median is a number, the end of the interval is not.
local most = passage.summary(at(100, 120, -500))
check.equal(most.median, 120)
check.equal(most.high, nil)
check.equal(tostring(most), "120 [100, beyond 500], 3 runs, of which 1 had not passed")
-- Two of three: no number at all. A bound below a value counts as a bound too.
local few = passage.summary(at(100, -500, -500))
check.equal(few.median, nil)
check.equal(tostring(few), "beyond 500, 3 runs, of which 2 had not passed")
check.equal(passage.summary(at(100, -50, 120)).median, nil)
check.equal(tostring(passage.summary(at(-7))), "beyond 7, 1 run, of which 1 had not passed")

-- Times of 3 n, three runs 10 % about it: slope 1.
local ns, groups = {64, 128, 256}, {}
for k, n in ipairs(ns) do groups[k] = at(2.7 * n, 3 * n, 3.3 * n) end
local fit = passage.exponent(ns, groups)
check.near(fit.value, 1, 1e-12)
assert(fit.low < 1 and fit.low > 0.8 and fit.high > 1 and fit.high < 1.2)
check.equal(fit.left_out, {})
-- numpy.polyfit(log([64, 128, 512]), log([5, 7, 20]), 1)[0]
check.near(passage.exponent({64, 128, 512}, {at(5), at(7), at(20)}).value, 0.6796123694878398, 1e-12)
-- A size that has not passed is left out, and said; nothing is made of one size.
groups[3] = at(900, -1000, -1000)
fit = passage.exponent(ns, groups)
check.near(fit.value, 1, 1e-12)
check.equal(fit.left_out, {256})
fit = passage.exponent({64, 128}, {at(100, 110, 120), at(-1, -1, -1)})
assert(fit.value ~= fit.value and fit.low ~= fit.low)
-- A median that a draw may lose has no interval.
fit = passage.exponent({64, 128}, {at(100, 110, 120), at(200, 220, -300)})
assert(fit.value == fit.value and fit.low ~= fit.low)

check.raises("passage_times.first: steps must hold a time or more", passage.first, {}, {}, {above = 1})
check.raises("passage_times.first: values must be as many as steps, got 1 and 2", passage.first, {1, 2}, {1}, {above = 1})
check.raises("passage_times.first: at must be {above = level} or {below = level}", passage.first, {1}, {1}, {})
check.raises("passage_times.first: steps must rise, got 1 after 2", passage.first, {2, 1}, {0, 0}, {above = 1})
check.raises("passage_times.summary: passages must be a list of one or more", passage.summary, {})
check.raises("passage_times.summary: passage 2 must be {value = number} or {beyond = number}", passage.summary, {{value = 1}, {}})
check.raises("passage_times.summary: passage 1 must be {value = number} or {beyond = number}", passage.summary, {{value = 0 / 0}})
check.raises("passage_times.first: values must be a list, got nil", passage.first, {1, 2})
check.raises("passage_times.exponent: ns must be positive numbers, got 0 at position 1", passage.exponent, {0, 2}, {{at(1)}, {at(2)}})
assert(select(2, pcall(function() passage.summary() end)):match("passage_times_tests%.lua:%d+: passage_times%.summary: "))
check.raises("passage_times.exponent: groups must be as many as ns, got 1 and 2", passage.exponent, {1, 2}, {at(1)})
