-- moondrift.search.values: each value is asked for once, ranks go by stage and then by value, and halves leave between stages.
local check = require "check"
local evaluator = require "moondrift.search.values"

asked = {}                                   -- a global: what a fitness captures belongs to its fingerprint
local function fitness(sets, seed, stage)
  local values = {}
  for k, set in ipairs(sets) do
    asked[#asked + 1] = ("%s|%d|%g"):format(table.concat(set, " "), seed, stage)
    values[k] = set[1] * stage + seed / 100
  end
  return values
end
local function plan(more)
  local of = {where = "test", fitness = fitness, pool = 10, size = 1, seed = 1, seeds = 1, stages = {1}}
  for name, value in pairs(more or {}) do of[name] = value end
  return of
end

local values = evaluator(plan{seeds = 2})
local ranked = values.rank({{3}, {7}, {5}}, 1)
check.equal({ranked[1].set, ranked[2].set, ranked[3].set}, {{7}, {5}, {3}})
check.near(ranked[1].value, 7 + (0.01 + 0.02) / 2, 1e-12)
check.equal(#ranked[1].values, 2)
check.equal(#asked, 6)
values.rank({{3}, {9}}, 2)
check.equal(#asked, 8)                       -- {3} is known with both seeds
check.equal(values.calls, 8)
check.equal(values.count(), 4)

-- Of five the better three go on, and rank before those that left.
asked = {}
values = evaluator(plan{stages = {0.5, 1}})
ranked = values.rank({{1}, {2}, {3}, {4}, {5}}, 1)
check.equal(#asked, 8)
local order = {}
for k, item in ipairs(ranked) do order[k] = item.set[1] end
check.equal(order, {5, 4, 3, 2, 1})
check.equal({ranked[3].stage, ranked[4].stage}, {2, 1})
check.equal(values.count(), 3)
check.rejects("all at the last stage", function() check.equal(values.count(), 5) end)

-- Equal values keep their order.
values = evaluator(plan{fitness = function(sets)
  local all = {}
  for k = 1, #sets do all[k] = 1 end
  return all
end})
ranked = values.rank({{4}, {2}, {9}}, 1)
check.equal({ranked[1].set[1], ranked[2].set[1], ranked[3].set[1]}, {4, 2, 9})

-- With a folder the values are there again.
asked = {}
local first = evaluator(plan{out = "values"})
first.rank({{3}, {7}}, 1)
first.store:close()
local second = evaluator(plan{out = "values"})
second.rank({{3}, {7}, {8}}, 1)
second.store:close()
check.equal(#asked, 3)
check.equal(second.calls, 3)
