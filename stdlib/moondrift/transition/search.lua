-- Bisection in ln x for the place where a criterion crosses a level, with several seeds at each point. A point is on one
-- side where an interval of its mean is; else it is given more seeds, and where none are left it stays undecided, and
-- the search closes in on it from both sides. The two points that part the sides at last have all seeds.
--
--   local search = require "moondrift.transition.search"
--   local state = search.run(plan, function(xs, seeds) return values end)

local interval = require "moondrift.transition.interval"

local M = {}

---@class moondrift.SearchPlan
---@field from number
---@field to number
---@field integer boolean whether x is one
---@field level number
---@field direction "rising"|"falling"|nil told by the ends where absent
---@field seeds integer[] all that may be used, in their order
---@field first integer how many each point is given at first
---@field tolerance number ratio of two points at which nothing is left to part
---@field decision number confidence of the interval that decides
---@field budget integer evaluations at most

---@class moondrift.SearchPoint
---@field x number
---@field values number[]
---@field seeds integer[]
---@field mean number
---@field low number of the interval that decides
---@field high number
---@field side "below"|"above"|"undecided" of the level

---@class moondrift.SearchState
---@field points moondrift.SearchPoint[] by x
---@field direction "rising"|"falling"|nil
---@field evaluations integer
---@field ended "tolerance"|"budget"|"ends"
---@field below number? of the bracket: the greatest point that is decided to lie before the crossing
---@field above number? the least one behind it
local State = {}
State.__index = State

-- Points

local function decide(self, point)
  local plan = self.plan
  point.mean, point.low, point.high = interval.of_mean(point.values, plan.decision, self.are_booleans)
  if #point.values == 1 and #plan.seeds > 1 then
    point.side = "undecided"
  elseif point.low > plan.level then
    point.side = "above"
  elseif point.high < plan.level then
    point.side = "below"
  else
    point.side = "undecided"
  end
  -- One seed, or values without spread, at the level itself: on the far side, as a step has it.
  if point.low == point.high and point.side == "undecided" and #point.values == #plan.seeds then point.side = "above" end
end

--- Evaluates so many more seeds at points that all have as many; false where the budget has no room for them.
local function evaluate(self, points, count)
  local plan = self.plan
  if self.evaluations + count * #points > plan.budget then return false end
  local have, seeds, xs = #points[1].values, {}, {}
  for k = 1, count do seeds[k] = plan.seeds[have + k] end
  for place, point in ipairs(points) do xs[place] = point.x end
  local values = self.evaluate(xs, seeds)
  self.evaluations = self.evaluations + count * #points
  for place, point in ipairs(points) do
    for k, value in ipairs(values[place]) do
      if type(value) == "boolean" then
        self.are_booleans = true
        value = value and 1 or 0
      end
      point.values[have + k], point.seeds[have + k] = value, seeds[k]
    end
    decide(self, point)
  end
  return true
end

--- More seeds until the point is decided, each time as many as it has.
local function settle(self, point)
  local all = #self.plan.seeds
  while point.side == "undecided" and #point.values < all do
    if not evaluate(self, {point}, math.min(#point.values, all - #point.values)) then return false end
  end
  return true
end

local function add(self, ...)
  local points = {}
  for place, x in ipairs{...} do points[place] = {x = x, values = {}, seeds = {}} end
  if not evaluate(self, points, math.min(self.plan.first, #self.plan.seeds)) then return false end
  for _, point in ipairs(points) do self.points[#self.points + 1] = point end
  table.sort(self.points, function(p, q) return p.x < q.x end)
  for _, point in ipairs(points) do
    if not settle(self, point) then return false end
  end
  return true
end

-- The search

--- What the ends say of the direction; nil where they are alike.
local function told(first, last)
  if first.side ~= last.side then return first.mean < last.mean and "rising" or "falling" end
  if first.high < last.low then return "rising" end
  if last.high < first.low then return "falling" end
end

--- Whether a point lies before the crossing, behind it, or nobody knows.
local function place_of(self, point)
  if point.side == "undecided" then return "undecided" end
  return (point.side == "below") == (self.direction == "rising") and "before" or "behind"
end

--- The bracket, and the undecided points in it. Each point is tried inside of the bracket before it, so that those
--- which are decided do not contradict each other.
local function bracket(self)
  local below, above, between = nil, nil, {}
  for _, point in ipairs(self.points) do
    local place = place_of(self, point)
    if place == "before" then below = point.x end
    if place == "behind" then above = above or point.x end
  end
  for _, point in ipairs(self.points) do
    if place_of(self, point) == "undecided" and point.x > (below or 0) and point.x < (above or math.huge) then
      between[#between + 1] = point.x
    end
  end
  return below, above, between
end

--- The middle of two points in ln x, where it is another point.
local function middle(self, low, high)
  local x = math.sqrt(low) * math.sqrt(high)
  if self.plan.integer then x = math.floor(x + 0.5) end
  if x > low and x < high then return x end
end

--- The middle of the widest gap in the bracket, where that is wider than the tolerance and, where points are undecided, than
--- a quarter of the bracket: the width of the transition is not known better from more points than that.
local function next_point(self)
  local below, above, between = bracket(self)
  local inside = {below}
  for _, x in ipairs(between) do inside[#inside + 1] = x end
  inside[#inside + 1] = above
  local widest, found = self.plan.tolerance, nil
  if #between > 0 then widest = math.max(widest, (inside[#inside] / inside[1]) ^ 0.25) end
  for place = 2, #inside do
    local ratio, x = inside[place] / inside[place - 1], middle(self, inside[place - 1], inside[place])
    if ratio > widest * (1 + 1e-12) and x then widest, found = ratio, x end
  end
  return found
end

--- Gives a point of the bracket all seeds; nil where both have them, else whether the budget had room.
local function confirm(self)
  local below, above = bracket(self)
  for _, point in ipairs(self.points) do
    local left = #self.plan.seeds - #point.values
    if (point.x == below or point.x == above) and left > 0 then return evaluate(self, {point}, left) end
  end
end

--- Points until none is left to part; then more seeds for the two points of the bracket, and more points where these turn
--- out undecided. False where the budget ends before.
local function close_in(self)
  while true do
    local x = next_point(self)
    local has_room
    if x then has_room = add(self, x) else has_room = confirm(self) end
    if has_room == nil then return true end
    if not has_room then return false end
  end
end

--- Searches until two points are near enough, or the budget ends. The points may be any number of them; an error of
--- `evaluate` goes through.
---@param plan moondrift.SearchPlan
---@param evaluate_points fun(xs: number[], seeds: integer[]): (number|boolean)[][] for each x a value for each seed
---@return moondrift.SearchState
function M.run(plan, evaluate_points)
  local self = setmetatable({plan = plan, evaluate = evaluate_points, points = {}, evaluations = 0}, State)
  local is_whole = add(self, plan.from, plan.to)
  local first, last = self.points[1], self.points[2]
  self.ends = first and told(first, last)
  self.direction = plan.direction or self.ends
  self.ended = is_whole and "ends" or "budget"
  if not is_whole or not self.direction then return self end
  if place_of(self, first) ~= "behind" and place_of(self, last) ~= "before" then
    self.ended = close_in(self) and "tolerance" or "budget"
  end
  self.below, self.above = bracket(self)
  return self
end

return M
