-- moondrift.search.fits: runs go on from stage to stage as one that is not stopped, those of dropped sets make no more updates.
local check = require "check"
local search = require "moondrift.search"

local dots = target.dots{size = 3, amplitude = 3}:enumerate():reshape{9, 9}
local function network(seed) return nn.residual_mlp{dimension = 9, width = 8, sde = sde.vp(), predicts = "clean", seed = seed} end
local lists = {}
local function start(sets, seed)
  local models, data, seeds = {}, {}, {}
  for k, set in ipairs(sets) do
    models[k], data[k], seeds[k] = network(seed), dots[tensor(set, {dtype = "int64"})], seed
  end
  local fits = train.start(models, data, {batch = #sets[1], seed = seeds, progress = false})
  lists[#lists + 1] = fits
  return fits
end
local noisy = dots + 0.5 * random.stream(3):normal{9, 9}
local function value(fit) return -((fit.model:denoise(noisy, 0.5) - dots)^2):mean():item() end

local fitness = search.of_fits{start = start, value = value, updates = 40}
local sets = {{1, 2}, {3, 4}, {5, 6}}
local early = fitness(sets, 7, 0.25)
local late = fitness({sets[3], sets[1]}, 7, 1)
check.equal(#lists, 1)
check.equal({lists[1][1].step, lists[1][2].step, lists[1][3].step}, {40, 10, 40})
-- The same as runs that were never stopped.
local whole = start({sets[1], sets[3]}, 7)
whole[1]:advance(40)
check.equal({value(whole[2]), value(whole[1])}, late)
check.rejects("values of the first stage", function() check.equal({early[3], early[1]}, late) end)

-- A set that is new at a later stage starts anew; another generation forgets the one before; seeds have runs of their own.
lists = {}
fitness({{1, 3}}, 7, 0.25)
local both = fitness({{1, 3}, {2, 9}}, 7, 1)
check.equal({#lists, lists[1][1].step, lists[2][1].step, #both}, {2, 40, 40, 2})
fitness({{1, 3}}, 7, 0.25)
fitness({{1, 3}}, 8, 0.25)
check.equal({#lists, lists[4][1].step}, {4, 10})

-- In a race half of the updates of the sets that go are saved, and the same search comes out, also from a folder.
lists = {}
local function raced(out)
  return search.genetic{pool = 9, size = 2, fitness = search.of_fits{start = start, value = value, updates = 8},
    generations = 3, population = 6, seed = 1, stages = {0.5, 1}, out = out}
end
local found = raced()
local updates = 0
for _, fits in ipairs(lists) do
  for _, fit in ipairs(fits) do updates = updates + fit.step end
end
assert(updates < 8 * found.tried, updates)
check.equal(raced("raced").history, found.history)
lists = {}
check.equal(raced("raced").history, found.history)
check.equal(#lists, 0)

check.equal(search.of_fits{start = start, value = value, updates = 4}({{1, 2}}, 1),
  search.of_fits{start = start, value = value, updates = 4}({{1, 2}}, 1, 1))

-- A run that diverges is the worst of all.
local wild = search.of_fits{value = function() return 0 end, updates = 20, start = function(of_sets, seed)
  local models, data = {}, {}
  for k in ipairs(of_sets) do models[k], data[k] = network(seed), dots[{ {1, 2} }] end
  return train.start(models, data, {batch = 2, seed = {seed, seed}, progress = false,
    optimizer = optim.sgd{rate = 1e30}})
end}
check.equal(wild({{1}, {2}}, 1, 1), {-math.huge, -math.huge})

check.raises("search.of_fits: start is required", search.of_fits, {value = value, updates = 3})
check.raises("search.of_fits: updates must be a positive integer, got 0", search.of_fits,
  {start = start, value = value, updates = 0})
check.raises("search.of_fits: unknown option 'update' (did you mean updates?)", search.of_fits, {update = 3})
check.raises("search.of_fits: start must return a list of 1 fits, got nil",
  search.of_fits{start = function() end, value = value, updates = 3}, {{1}}, 1, 1)
check.raises("search.of_fits: start must return fits, got number at position 1",
  search.of_fits{start = function() return {5} end, value = value, updates = 3}, {{1}}, 1, 1)
