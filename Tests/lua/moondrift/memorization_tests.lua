-- The panel tells copies from fresh points, and says what it cannot tell.
local check = require "check"
local memorization = require "moondrift.memorization"

local law = target.gaussian{mean = {0, 0, 0, 0, 0, 0, 0, 0}}
local x, h, fresh = law:sample(300, {seed = 1}), law:sample(200, {seed = 2}), law:sample(200, {seed = 3})
local function panel(samples, change)
  local options = {samples = samples, training = x, held_out = h, copies = 50}
  for name, value in pairs(change or {}) do options[name] = value end
  return memorization.panel(options)
end

-- A perfect model: no copies, and the controls at their ends.
local none = panel(fresh)
assert(none.f_mem.value < 0.02 and math.abs(none.closer.z) < 3)
assert(none.closer.low < 0.5 and none.closer.high > 0.5)
assert(none.memorized.f_mem.value == 1 and none.memorized.authentic.value == 0 and none.memorized.closer.low > 0.99)
-- Wilson's interval of 50 of 50 begins at n/(n + z²).
check.near(none.memorized.f_mem.low, 50 / (50 + 1.959964^2), 1e-6)
check.contains(none:verdict(), "No copying was shown")
check.contains(tostring(none), "200 samples, 300 training points, 200 held-out points")

-- Exactly 60 of 200 copy, with a little noise; the rest are fresh. Wilson's interval holds the share.
local some = panel(tensor.concatenate({x[{{1, 60}}] + 0.01 * random.stream(4):normal{60, 8}, fresh[{{1, 140}}]}, 1))
assert(some.f_mem.low < 0.3 and some.f_mem.high > 0.3)
check.near(some.f_mem.value, 0.3, 0.011)
assert(some.closer.z < -3)
check.equal(some.nearest[{{1, 60}}]:table(), tensor.arange(1, 60):to("int64"):table())
check.contains(some:verdict(), "It copies: 30")
assert(some:gallery{count = 3})

-- Samples that are drawn towards the training set without being copies
local near = x[{{1, 200}}] + 0.55 * random.stream(5):normal{200, 8}
local drawn = panel(near)
assert(drawn.closer.z < -3 and drawn.f_mem.value < 0.1)
assert(not drawn:verdict():find("No copying was shown", 1, true))

-- The z-score is that of scipy.stats.mannwhitneyu(a, b, "less", method="asymptotic", use_continuity=False) for distances
-- a = {1, 2, 2, 5, 9, .5} of samples and b = {2, 3, 4, 6, 7, 2} of held-out points, on a line whose training points are far apart.
do
  local points = tensor{{0}, {1000}, {2000}}
  local got = memorization.panel{samples = tensor{{1}, {2}, {-2}, {5}, {9}, {0.5}}, training = points, copies = 5,
    held_out = tensor{{2}, {3}, {4}, {6}, {7}, {1002}}}
  check.near(got.closer.z, -0.97801924, 1e-4)
  check.near(got.closer.value, 2 / 3, 1e-6)
end

-- Doubles of training points blind the ratio: it says so.
local doubled = panel(fresh, {training = tensor.concatenate({x, x[{{1, 20}}]}, 1)})
check.equal(#doubled.duplicates, 20)
check.equal(doubled.duplicates[1], {1, 301})
check.contains(doubled:verdict(), "40 training points lie in 20 groups of near duplicates")
local copied = panel(x[{{1, 20}}] + 1e-3, {training = tensor.concatenate({x, x[{{1, 20}}]}, 1)})
assert(copied.f_mem.value == 0, "the ratio sees doubles after all")

-- As a probe
local probe = memorization.probe{training = x, held_out = h, copies = 20, draw = function() return x[{{1, 50}}] end}
check.equal(probe{model = nil}, 1.0)

local bad = memorization.panel
check.raises("memorization.panel: unknown option 'sample' (did you mean samples?)", bad, {sample = x})
check.raises("memorization.panel: held_out is required", bad, {samples = fresh, training = x})
check.raises("memorization.panel: samples must be finite, got nan or inf", panel, fresh * (0 / 0))
check.raises("memorization.panel: samples has shape [200, 7], training [300, 8]", panel, fresh[{{}, {1, 7}}])
check.raises("memorization.panel: training must hold 3 points or more, [n, …], got shape [2, 8]", panel, fresh, {training = x[{{1, 2}}]})
check.raises("memorization.panel: held_out shares 2 of its points with training (row 1 is row 3 there); with overlap = true "
  .. "they stay, for laws on finitely many points", panel, fresh, {held_out = tensor.concatenate({x[{{3, 4}}], h}, 1)})
assert(panel(fresh, {held_out = tensor.concatenate({x[{{3, 4}}], h}, 1), overlap = true}))
check.raises("memorization.panel: training is required", bad, {samples = fresh, held_out = fresh})
check.raises("memorization.panel: ratio must be between 0 and 1, got -1", panel, fresh, {ratio = -1})
check.raises("memorization.panel: copies must be from 1 to 1000000, got 0", panel, fresh, {copies = 0})
check.raises("memorization.probe: draw is required: a function of the model that gives samples", memorization.probe, {})
check.raises("memorization.panel: ratio must be a number, got string", panel, fresh, {ratio = "a third"})
