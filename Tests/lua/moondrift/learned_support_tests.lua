-- moondrift.learned_support: n_copy against simulation, the crossing of planted shares, and a network on nine dots.
local check = require "check"
local learned = require "moondrift.learned_support"

-- n_copy: S draws from n shown points cover half of what S fresh draws do. Simulated here with counts of its own.

local function simulated(law, n, sets)
  local size, all = law:support_size(), law:enumerate():reshape{-1, law.dimension}
  local function different(x, seed)
    local again = x[random.stream(seed):integers(size, 1, #x)]:reshape{size, law.dimension}
    local seen, count = {}, 0
    for _, row in ipairs(again:table()) do
      local key = table.concat(row, " ")
      if not seen[key] then seen[key], count = true, count + 1 end
    end
    return count
  end
  local copies, fresh = 0, 0
  for seed = 1, sets do
    copies = copies + different(law:sample(n, {seed = seed}), seed + 1000)
    local seen, count = {}, 0
    for _, row in ipairs(law:sample(size, {seed = seed + 5000}):reshape{size, law.dimension}:table()) do
      local key = table.concat(row, " ")
      if not seen[key] then seen[key], count = true, count + 1 end
    end
    fresh = fresh + count
  end
  assert(#all == size)
  return copies / fresh
end

for _, case in ipairs{{target.dots{size = 8}, "64 dots"}, {target.binary{dimension = 6}, "6 bits"},
  {target.ising_chain{length = 6, coupling = 0.5}, "6 spins"}} do
  local law, name = case[1], case[2]
  local n = learned.copying(law)
  local below, above = simulated(law, math.floor(0.85 * n), 100), simulated(law, math.ceil(1.15 * n), 100)
  assert(below < 0.5 and above > 0.5, ("%s: n_copy %.2f, covered %.3f and %.3f"):format(name, n, below, above))
end
check.near(learned.copying(target.dots{size = 8}), 25.70, 0.01)
check.rejects("n_copy of half as many", function() check.near(learned.copying(target.dots{size = {4, 8}}), 25.70, 0.01) end)

-- A median over seeds passes a half between two n, by interpolation in ln n.

local function is_nan(value) return value ~= value end
local points = {
  {n = 4, covered = {0, 0.1, 0.2}}, {n = 8, covered = {0.2, 0.3, 0.9}}, {n = 16, covered = {0.7, 0.6, 0.9}},
  {n = 32, covered = {1, 1, 1}},
}
check.near(learned.crossing(points, "covered"), 8 * 2 ^ (0.2 / 0.4), 1e-12)
check.near(learned.crossing(points, "covered", function(values) return {values[3]} end), 4 * 2 ^ (0.3 / 0.7), 1e-12)
-- For good: what falls again below counts.
points[4].covered = {0.4, 0.4, 0.4}
assert(is_nan(learned.crossing(points, "covered")))
points = {{n = 4, new = {0.6}}, {n = 8, new = {0 / 0}}}
check.near(learned.crossing(points, "new"), 4, 1e-12)
check.equal(learned.median{3, 0 / 0, 1, 2}, 2.0)
assert(is_nan(learned.median{0 / 0}))

-- A network on nine dots: small n are copied, all of them are covered; the same seeds give the same.

local function network(seed)
  return nn.residual_mlp{dimension = 9, width = 32, sde = sde.vp(), predicts = "noise", seed = seed}
end
local law = target.dots{size = 3, amplitude = 3}
local options = {network = network, updates = 800, step = 3, seeds = 2, samples = 128, control = 2, draws = 20, rate = 3e-3}
local found = learned.measure(law, options)
check.equal(found.size, 9)
check.equal(#found.points, 3)
assert(found.n_star >= 4 and found.n_star < 16, found.n_star)
assert(found.interval[1] <= found.n_star and found.n_star <= found.interval[2])
assert(found.best_new < 0.1, found.best_new)
assert(found.control.copies > 0.9)
check.equal(#found.control.of_seeds, 2)
check.equal(#found.best_news, 20)
for _, most in ipairs(found.best_news) do assert(most >= 0 and most < 0.1, most) end
for _, ratio in ipairs(found.points[1].reach) do assert(ratio > 0.5 and ratio < 1.5, ratio) end
local again = learned.measure(law, options)
check.equal(again.n_star, found.n_star)

-- A support where points are unequally likely.

local chain = learned.measure(target.ising_chain{length = 3, coupling = 0.5}, {
  network = function(seed) return nn.residual_mlp{dimension = 3, width = 16, sde = sde.vp(), predicts = "noise", seed = seed} end,
  updates = 40, looks = 2, step = 2, seeds = 1, samples = 64, control = 0, draws = 5})
check.equal(chain.size, 8)
check.equal(chain.control, nil)

-- Errors.

check.raises("learned_support.measure: network is required: a function of a seed that makes one",
  learned.measure, law, {updates = 10})
check.raises("learned_support.measure: updates is required: how many a run makes", learned.measure, law, {network = network})
check.raises("learned_support.measure: unknown option 'update' (did you mean updates?)",
  learned.measure, law, {network = network, update = 10})
check.raises("learned_support.measure: seeds must be positive, got 0",
  learned.measure, law, {network = network, updates = 10, seeds = 0})
check.raises("learned_support.measure: looks must be such that 2^(looks - 1) is at most 4 updates, got 4",
  learned.measure, law, {network = network, updates = 4})
check.raises("learned_support: the support must have at most 2^16 points, got 2^20",
  learned.measure, target.binary{dimension = 20}, {network = network, updates = 10})
check.raises("learned_support: the support must have at least 2 points, got 1",
  learned.copying, target.empirical(tensor.ones{1, 2}))
check.raises("learned_support: the law must be a target, got number", learned.copying, 5)
check.raises("learned_support: the law must be a target, got number", learned.measure, 5, {network = network, updates = 10})
check.raises("learned_support.measure: network must return a model of 9 numbers, got number", learned.measure, law,
  {network = function() return 5 end, updates = 10})
check.raises("learned_support.measure: fewest must be at most twice the 9 points of the law, got 100000", learned.measure, law,
  {network = network, updates = 10, fewest = 100000})
