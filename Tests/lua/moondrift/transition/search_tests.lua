local check = require "check"
local search = require "moondrift.transition.search"

local function plan(change)
  local p = {from = 1, to = 1024, integer = true, level = 0.5, seeds = {1, 2, 3, 4, 5, 6, 7, 8}, first = 3, tolerance = 1.1,
    decision = 0.9, budget = 1000}
  for name, value in pairs(change or {}) do p[name] = value end
  return p
end

--- Values of f at all points and seeds; counts evaluations, none of which may come twice.
local function counting(f)
  local seen = {count = 0}
  return function(xs, seeds)
    local values = {}
    for i, x in ipairs(xs) do
      values[i] = {}
      for k, seed in ipairs(seeds) do
        local key = x .. " " .. seed
        assert(not seen[key], "evaluated twice: " .. key)
        seen[key], seen.count = true, seen.count + 1
        values[i][k] = f(x, seed)
      end
    end
    return values
  end, seen
end

-- A step of true and false: three seeds a point in a bisection's number of points, and all seeds at the last two.
local evaluate, seen = counting(function(x) return x <= 77 end)
local state = search.run(plan(), evaluate)
check.equal({state.direction, state.ended}, {"falling", "tolerance"})
assert(state.below <= 77 and state.above > 77 and state.above / state.below <= 1.1)
check.equal(state.evaluations, seen.count)
check.equal(state.evaluations, 3 * #state.points + 2 * 5)
assert(#state.points <= 2 + 7, "log2(ln 1024 / ln 1.1) = 6.2 halvings are enough")
for place = 2, #state.points do assert(state.points[place].x > state.points[place - 1].x) end
state = search.run(plan{tolerance = 1.0001}, (counting(function(x) return x <= 77 end)))
check.equal({state.below, state.above}, {77, 78})
state = search.run(plan{integer = false, from = 1.0, to = 1024.0, tolerance = 1.0001}, (counting(function(x) return x > 77.5 end)))
check.equal(state.direction, "rising")
assert(state.below <= 77.5 and state.above > 77.5 and state.above / state.below <= 1.0001)

-- Seeds that disagree are asked for more of them, and an undecided point is closed in on from both sides.
-- Steps at 40, 60, …, 180; half of them below 110
local function steps(x, seed) return x > 20 * (1 + ({5, 1, 8, 4, 2, 7, 3, 6})[seed]) end
evaluate = counting(steps)
state = search.run(plan(), evaluate)
local undecided, most = 0, 0
for _, point in ipairs(state.points) do
  if point.side == "undecided" then
    undecided = undecided + 1
    check.equal(#point.values, 8)
    assert(point.x > 40 and point.x < 180)
  end
  most = math.max(most, #point.values)
end
assert(undecided > 0 and state.below < 110 and state.above > 110)
check.rejects("one seed that decides", function()
  local one = search.run(plan{seeds = {2}, first = 1}, (counting(steps)))
  assert(one.below > 60)
end)

-- One of several seeds does not decide.
for _, point in ipairs(search.run(plan{first = 1}, (counting(steps))).points) do assert(#point.values > 1) end

-- Where the first seeds mislead, the confirmation sees it: of sixteen, three cross at 20 and the others at 200.
state = search.run(plan{seeds = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}},
  (counting(function(x, seed) return x > (seed <= 3 and 20 or 200) end)))
assert(state.below > 180 and state.below <= 200 and state.above > 200, state.below)

-- Numbers are decided by Student's interval.
state = search.run(plan{level = 3}, (counting(function(x, seed) return math.log(x) + 0.1 * (-1)^seed end)))
check.equal(state.direction, "rising")
assert(state.below < math.exp(3) and state.above > math.exp(3))

-- Ends on one side, which tell the direction or do not
state = search.run(plan{level = 9}, (counting(function(x) return math.log(x) end)))
check.equal({state.direction, state.ended, state.evaluations, state.points[2].side}, {"rising", "ends", 6, "below"})
state = search.run(plan(), (counting(function() return true end)))
check.equal({state.ended, #state.points}, {"ends", 2})
check.equal(state.direction, nil)
state = search.run(plan{direction = "falling"}, (counting(function() return true end)))
check.equal({state.direction, state.ended}, {"falling", "ends"})

-- The budget is kept.
evaluate, seen = counting(function(x) return x <= 77 end)
state = search.run(plan{budget = 14}, evaluate)
check.equal({state.ended, state.evaluations, seen.count}, {"budget", 12, 12})
assert(state.below <= 77 and state.above > 77)
-- An error goes through.
check.raises("no luck", search.run, plan(), function() error("no luck", 0) end)
