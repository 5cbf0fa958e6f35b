-- An increasing or falling curve through the means of a criterion against ln x, and where it crosses a level.
--
--   local curve = require "moondrift.transition.curve"
--   local fitted = curve.fit(points, {kind = "logistic", rises = true, level = 0.5})
--   fitted.value, fitted.low, fitted.high    -- the crossing, and between which points it may lie
--   fitted:at(100)
--
-- logistic, probit: p = F(a + b ln x) with F of the name, by the greatest likelihood of shares (Papke & Wooldridge
-- 1996), where b has the sign of the direction and is at most such that F goes from 10 % to 90 % between the two
-- nearest points: values that a step parts have no finite b. isotonic: the means made monotone by least squares
-- (Barlow et al. 1972), straight in ln x between the points.

local quantile = require "moondrift.transition.quantile"

local M = {}

---@class moondrift.CurvePoint
---@field x number
---@field mean number
---@field count number

---@class moondrift.Curve
---@field kind "logistic"|"probit"|"isotonic"
---@field value number? where it crosses the level; nil where it does not go the way it should
---@field low number the value; where the points cannot tell, the next one below, or 0
---@field high number likewise above, or inf
---@field a number?
---@field b number?
---@field means number[]? of isotonic, at `xs`
local Curve = {}
Curve.__index = Curve
Curve.__name = "curve"

-- Links: F, its inverse, d ln L/dη of a share m, Fisher's weight, and ln L.

local LINKS = {}

local function logistic(eta) return 1 / (1 + math.exp(-eta)) end

--- ln(1 + e^η) without overflow.
local function softplus(eta) return eta > 30 and eta or math.log(1 + math.exp(eta)) end

LINKS.logistic = {
  cdf = logistic,
  inverse = function(p) return math.log(p / (1 - p)) end,
  slope = function(m, eta) return m - logistic(eta) end,
  weight = function(eta)
    local p = logistic(eta)
    return p * (1 - p)
  end,
  likelihood = function(m, eta) return -m * softplus(-eta) - (1 - m) * softplus(eta) end,
}

LINKS.probit = {
  cdf = quantile.normal_cdf,
  inverse = quantile.normal,
  slope = function(m, eta) return m * quantile.inverse_mills(eta) - (1 - m) * quantile.inverse_mills(-eta) end,
  weight = function(eta) return quantile.inverse_mills(eta) * quantile.inverse_mills(-eta) end,
  likelihood = function(m, eta)
    return m * quantile.log_normal_cdf(eta) + (1 - m) * quantile.log_normal_cdf(-eta)
  end,
}

--- Sums over points of c s, c s v, c w, c w v, c w v² and c ln L, with s the slope and w the weight at η = a + b v.
local function sums(points, link, a, b)
  local g0, g1, h0, h1, h2, likelihood = 0, 0, 0, 0, 0, 0
  for _, point in ipairs(points) do
    local eta = a + b * point.v
    local s, w = point.count * link.slope(point.mean, eta), point.count * link.weight(eta)
    g0, g1 = g0 + s, g1 + s * point.v
    h0, h1, h2 = h0 + w, h1 + w * point.v, h2 + w * point.v * point.v
    likelihood = likelihood + point.count * link.likelihood(point.mean, eta)
  end
  return g0, g1, h0, h1, h2, likelihood
end

--- The best a at a given b > 0, where its slope, which falls in a, is 0.
local function best_offset(points, link, b, reach)
  local low, high = -b * reach - 10, b * reach + 10
  for _ = 1, 50 do
    local a = (low + high) / 2
    if sums(points, link, a, b) > 0 then low = a else high = a end
  end
  return (low + high) / 2
end

--- The greatest likelihood: Fisher's scoring, each step halved until it helps; ends where b is beyond all reason.
local function best_inside(points, link, a, b, beyond)
  local g0, g1, h0, h1, h2, likelihood = sums(points, link, a, b)
  for _ = 1, 100 do
    local determinant = h0 * h2 - h1 * h1
    if not (determinant > 0) then break end
    local da, db = (h2 * g0 - h1 * g1) / determinant, (h0 * g1 - h1 * g0) / determinant
    local share, next_likelihood = 1, nil
    repeat
      g0, g1, h0, h1, h2, next_likelihood = sums(points, link, a + share * da, b + share * db)
      if next_likelihood >= likelihood then break end
      share = share / 2
    until share < 1e-10
    if share < 1e-10 then break end
    a, b = a + share * da, b + share * db
    local gain = next_likelihood - likelihood
    likelihood = next_likelihood
    local is_still = math.abs(db) < 1e-12 * (1 + math.abs(b)) and math.abs(da) < 1e-12 * (1 + math.abs(a))
    if b > beyond or gain == 0 or is_still then break end
  end
  return a, b
end

--- Points with v, which grows as the curve rises, about 0.
local function along(points, rises)
  local list, middle = {}, 0
  for _, point in ipairs(points) do middle = middle + math.log(point.x) / #points end
  for place, point in ipairs(points) do
    local v = math.log(point.x) - middle
    list[place] = {v = rises and v or -v, mean = point.mean, count = point.count}
  end
  table.sort(list, function(p, q) return p.v < q.v end)
  return list, middle
end

--- The nearest points on both sides of a place; 0 and inf where there are none.
local function beside(points, value)
  local low, high = 0, math.huge
  for _, point in ipairs(points) do
    if point.x < value * (1 - 1e-6) then low = math.max(low, point.x) end
    if point.x > value * (1 + 1e-6) then high = math.min(high, point.x) end
  end
  return low, high
end

local function mean_of(points)
  local sum, count = 0, 0
  for _, point in ipairs(points) do sum, count = sum + point.count * point.mean, count + point.count end
  return sum / count
end

local function fit_link(points, options)
  local link = LINKS[options.kind]
  local list, middle = along(points, options.rises)
  local curve = setmetatable({kind = options.kind}, Curve)
  local sign, nearest = options.rises and 1 or -1, math.huge
  for place = 2, #list do nearest = math.min(nearest, list[place].v - list[place - 1].v) end
  local reach = list[#list].v - list[1].v
  -- The likelihood is concave: its slope in b at both ends says whether the best b is one of them.
  local flat = link.inverse(math.min(math.max(mean_of(list), 1e-9), 1 - 1e-9))
  local steepest = 2 * link.inverse(0.9) / nearest
  local a, b = flat, 0
  if #list > 1 and select(2, sums(list, link, a, 0)) > 1e-6 then
    a, b = best_inside(list, link, flat, 0, 2 * steepest)
    if b > steepest then
      a, b = best_offset(list, link, steepest, reach), steepest
      if select(2, sums(list, link, a, b)) < 0 then a, b = best_inside(list, link, flat, 0, math.huge) end
    end
  end
  curve.a, curve.b = a - sign * b * middle, sign * b
  if b == 0 then
    -- Flat on one side of the level: the crossing is beyond the points, where it is at all.
    local mean, ends = mean_of(list), {math.exp(middle + sign * list[1].v), math.exp(middle + sign * list[#list].v)}
    curve.low, curve.high = 0, math.huge
    if mean ~= options.level and (mean > options.level) == options.rises then curve.high = math.min(ends[1], ends[2]) end
    if mean ~= options.level and (mean > options.level) ~= options.rises then curve.low = math.max(ends[1], ends[2]) end
    return curve
  end
  curve.value = math.exp((link.inverse(options.level) - curve.a) / curve.b)
  curve.low, curve.high = curve.value, curve.value
  if b == steepest then
    curve.is_step = true
    curve.low, curve.high = beside(points, curve.value)
  end
  return curve
end

-- Isotonic

--- Means that do not fall, by pooling neighbours that do.
local function pooled(list)
  local blocks = {}
  for _, point in ipairs(list) do
    local block = {mean = point.mean, count = point.count, size = 1}
    while #blocks > 0 and blocks[#blocks].mean >= block.mean do
      local before = table.remove(blocks)
      local count = before.count + block.count
      block = {mean = (before.mean * before.count + block.mean * block.count) / count, count = count,
        size = before.size + block.size}
    end
    blocks[#blocks + 1] = block
  end
  local means = {}
  for _, block in ipairs(blocks) do
    for _ = 1, block.size do means[#means + 1] = block.mean end
  end
  return means
end

local function fit_isotonic(points, options)
  local list, middle = along(points, options.rises)
  local means = pooled(list)
  local sign = options.rises and 1 or -1
  local curve = setmetatable({kind = "isotonic", xs = {}, means = {}}, Curve)
  local function x_of(v) return math.exp(sign * v + middle) end
  for place = 1, #list do
    local from = options.rises and place or #list + 1 - place
    curve.xs[place], curve.means[place] = x_of(list[from].v), means[from]
  end
  -- The last point below the level and the first one above it; at it may be a piece between.
  local below, above
  for place, mean in ipairs(means) do
    if mean < options.level then below = place end
    if mean > options.level and not above then above = place end
  end
  local first, last = (below or 0) + 1, (above or #list + 1) - 1
  local v
  if first <= last then
    v = (list[first].v + list[last].v) / 2
  elseif below and above then
    local share = (options.level - means[below]) / (means[above] - means[below])
    v = list[below].v + share * (list[above].v - list[below].v)
  else
    v = below and math.huge or -math.huge
  end
  curve.value = x_of(v)
  local before, after = below and x_of(list[below].v), above and x_of(list[above].v)
  if options.rises then
    curve.low, curve.high = before or 0, after or math.huge
  else
    curve.low, curve.high = after or 0, before or math.huge
  end
  return curve
end

-- Interface

--- The value of the curve at x.
---@param x number
---@return number
function Curve:at(x)
  if self.kind ~= "isotonic" then return LINKS[self.kind].cdf(self.a + self.b * math.log(x)) end
  local xs, means = self.xs, self.means
  if x <= xs[1] then return means[1] end
  for place = 2, #xs do
    if x <= xs[place] then
      local share = math.log(x / xs[place - 1]) / math.log(xs[place] / xs[place - 1])
      return means[place - 1] + share * (means[place] - means[place - 1])
    end
  end
  return means[#xs]
end

--- The factor in x within which the curve goes from a quarter to three quarters; nil for isotonic and flat curves.
---@return number?
function Curve:width()
  if self.kind == "isotonic" or self.b == 0 then return nil end
  return math.exp(2 * LINKS[self.kind].inverse(0.75) / math.abs(self.b))
end

M.KINDS = {"isotonic", "logistic", "probit"}

---@param points moondrift.CurvePoint[] at different x
---@param options {kind: string, rises: boolean, level: number}
---@return moondrift.Curve
function M.fit(points, options)
  return (options.kind == "isotonic" and fit_isotonic or fit_link)(points, options)
end

return M
