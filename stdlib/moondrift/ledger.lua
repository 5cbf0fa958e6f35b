-- How much of a support has a model learned? What its samples say beyond those that were drawn:
--
--   local ledger = require "moondrift.ledger"
--   local book = ledger.open{target = target.dots{size = 16, count = 2}, training = x}
--   book:add(y)                       -- samples, as many times as wanted
--   book:shares().novel.value         -- valid, novel, memorized, covered, duplicates
--   book:chao1()                      -- at least so many points does the model draw from: value, low, high
--   book:recapture()                  -- the same from the points that two halves of the samples share
--
-- A sample counts as the point of the support that it is nearest to, where no coordinate is farther than the tolerance. Of a
-- law whose points cannot be listed but told from others (target.polygons) it counts as the training point or
-- earlier sample to which the root mean square of the difference is at most the tolerance, the same that decides whether it is
-- valid; nothing is `covered` there.
-- Points that are seen once or twice tell how many are not seen yet. Chao's estimate is a lower bound in expectation
-- whatever the probabilities are; from marks and recaptures the number comes out right where all points are equally
-- likely, and too small elsewhere.

local option = require "moondrift.options"
local wilson = require "moondrift.wilson"

local M = {}
local Book = {}
Book.__index = Book

---@class moondrift.Estimate
---@field value number
---@field low number of the 95 % interval
---@field high number

local Z = 1.959963984540054

--- An error at the line of the caller of the function of this file that checks.
local function fail(where, message, ...) error(("ledger." .. where .. ": " .. message):format(...), 3) end

local function check_counts(where, names, ...)
  for place, name in ipairs(names) do
    local count = (select(place, ...))
    if math.type(count) ~= "integer" or count < 0 then
      error(("ledger.%s: %s must be an integer of 0 or more, got %s"):format(where, name, option.shown(count)), 3)
    end
  end
end

--- The greatest mean of a count by Poisson's law that 2.5 % of counts are at most, by Byar's approximation.
local function most(count)
  local k = count + 1
  return k * (1 - 1 / (9 * k) + Z / (3 * k^0.5))^3
end

--- Chao's lower bound of the number of kinds, in the form without bias: D + f1 (f1 − 1)/(2 (f2 + 1)) from D kinds that were
--- seen, f1 once and f2 twice; its interval is lognormal above D (Chao 1984; Chao 1987; Chiu et al. 2014). Where fewer than
--- two kinds are missing by the estimate that interval is too narrow (docs/targets.md): there `low` is D, and `high` at least
--- what the greatest likely f1 gives.
---@param seen integer
---@param once integer
---@param twice integer
---@return moondrift.Estimate
function M.chao1(seen, once, twice)
  check_counts("chao1", {"seen", "once", "twice"}, seen, once, twice)
  if once + twice > seen then
    fail("chao1", "once and twice must be at most seen = %d in all, got %d and %d", seen, once, twice)
  end
  if seen == 0 then return {value = 0.0, low = 0.0, high = math.huge} end
  local missing = once * (once - 1.0) / (2 * (twice + 1.0))
  local high_here = seen + most(once)^2 / (2 * (twice + 1.0))
  if missing == 0 then return {value = seen * 1.0, low = seen * 1.0, high = high_here} end
  local variance = missing + once * (2 * once - 1)^2 / (4 * (twice + 1)^2)
    + once^2 * twice * (once - 1)^2 / (4 * (twice + 1)^4)
  local factor = math.exp(Z * math.log(1 + variance / missing^2)^0.5)
  local high = seen + missing * factor
  if missing < 2 then return {value = seen + missing, low = seen * 1.0, high = math.max(high, high_here)} end
  return {value = seen + missing, low = seen + missing / factor, high = high}
end

--- Chapman's estimate of the number of kinds from two catches: (a + 1)(b + 1)/(both + 1) − 1, where `both` of a and b kinds
--- are in each (Chapman 1951; its variance by Seber 1970, and a normal interval, too narrow where few are in both). Where none
--- is, nothing bounds the number from above.
---@param a integer
---@param b integer
---@param both integer
---@return moondrift.Estimate
function M.chapman(a, b, both)
  check_counts("chapman", {"a", "b", "both"}, a, b, both)
  if both > math.min(a, b) then fail("chapman", "both must be at most %d, got %d", math.min(a, b), both) end
  local value = (a + 1.0) * (b + 1.0) / (both + 1.0) - 1
  local variance = (a + 1.0) * (b + 1.0) * (a - both) * (b - both) / ((both + 1.0)^2 * (both + 2.0))
  local half = Z * variance^0.5
  if both == 0 then return {value = value, low = a + b + 0.0, high = math.huge} end
  return {value = value, low = math.max(a + b - both, value - half), high = value + half}
end

--- Which points are of the law; nil and a message where they cannot be.
local function members(self, x, name)
  local fits, marks = pcall(self.target.contains, self.target, x, {tolerance = self.tolerance})
  if not fits then return nil, (marks:gsub("^.-target%.contains: x ", name .. " ")) end
  return marks:table()
end

local OPTIONS = {target = "target", training = "tensor", tolerance = "number"}

--- A ledger of samples.
---@param options {target: moondrift.target, training: moondrift.tensor?, tolerance: number?} tolerance: how far a sample
---  may be off, 0.1 in each coordinate of laws whose points can be listed, 0.03 as root mean square of others
---@return table a ledger, whose methods are named Book here
function M.open(options)
  local passed, message = pcall(option.check, "ledger.open", options, OPTIONS)
  if not passed then error(message, 2) end
  local law = options.target
  if not law then fail("open", "target is required: a law with a test of membership") end
  local asked, has_support = pcall(function() return law:has_support() end)
  if not asked then fail("open", "target must be a target, got %s", type(law)) end
  if not has_support and not pcall(function() return law:contains(law:sample(1, {seed = 1})) end) then
    fail("open", "target must live on finitely many known points or tell which are its own, got %s", tostring(law))
  end
  local tolerance = options.tolerance
  if tolerance ~= nil and tolerance < 0 then
    fail("open", "tolerance must be a number of 0 or more, got %s", tostring(tolerance))
  end
  local book = setmetatable({
    target = law, training = options.training and options.training:copy(), tolerance = options.tolerance or (has_support and 0.1 or 0.03),
    has_support = has_support, parts = {}, counts = {}, halves = {{}, {}}, samples = 0,
  }, Book)
  if options.training then
    local marks, reason = members(book, options.training, "training")
    if not marks then fail("open", "%s", reason) end
    for row, is_member in ipairs(marks) do
      if not is_member then fail("open", "training must be points of %s, got another in row %d", tostring(law), row) end
    end
  end
  if not has_support then
    local known = options.training
    book.known = known and #known or 0
    book.points = book.known > 0 and known:to("float64"):reshape{#known, -1}
      or tensor.zeros({0, law.dimension}, {dtype = "float64"})
  end
  return book
end

--- The points of the support that samples stand for, as strings; false of one that is none.
local function keys(self, x, valid)
  local law = self.target
  local rows = law:project(x:to("float64")):reshape{#x, -1}:to("float32"):table()
  local found = {}
  for k, row in ipairs(rows) do
    if valid[k] then
      local parts = {}
      for j, value in ipairs(row) do parts[j] = ("%.9g"):format(value + 0.0) end
      found[k] = table.concat(parts, " ")
    else
      found[k] = false
    end
  end
  return found
end

--- The points that samples of a law without a list stand for, as places in `points`: the training points, `known` of them,
--- and the samples so far that were none of these; false of one that is none of the law.
local function known_or_new(self, x, valid)
  local rows = x:to("float64"):reshape{#x, -1}
  local limit = self.tolerance * (rows.shape[2])^0.5
  local found, fresh = {}, {}
  local distances, nearest
  if #self.points > 0 then
    distances, nearest = metric.nearest(rows, self.points)
    distances, nearest = distances:column(1):table(), nearest:column(1):table()
  end
  for k = 1, #x do
    found[k] = false
    if valid[k] and nearest and distances[k] <= limit then
      found[k] = nearest[k]
    elseif valid[k] then
      fresh[#fresh + 1] = k
    end
  end
  if #fresh == 0 then return found end
  local others = rows[tensor(fresh, {dtype = "int64"})]
  local is_near, kept = linalg.distances(others, others):less_equal(limit):table(), {}
  for i, k in ipairs(fresh) do
    for place, other in ipairs(kept) do
      if is_near[i][other] then
        found[k] = #self.points + place
        break
      end
    end
    if not found[k] then
      kept[#kept + 1] = i
      found[k] = #self.points + #kept
    end
  end
  self.points = tensor.concatenate({self.points, others[tensor(kept, {dtype = "int64"})]}, 1)
  return found
end

--- Rows of a law without a list that are looked at together: pairs of them are compared.
local BLOCK <const> = 1000

--- Adds samples. One after the other they go to two catches in turn.
---@param samples moondrift.tensor
function Book:add(samples)
  if not option.is_tensor(samples) then fail("add", "samples must be a tensor, got %s", type(samples)) end
  local valid, reason = members(self, samples, "samples")
  if not valid then fail("add", "%s", reason) end
  if #samples == 0 then return self end
  local function count(found)
    for _, key in ipairs(found) do
      self.samples = self.samples + 1
      if key then
        self.counts[key] = (self.counts[key] or 0) + 1
        self.halves[self.samples % 2 + 1][key] = true
      end
    end
  end
  if self.has_support then
    count(keys(self, samples, valid))
  else
    for first = 1, #samples, BLOCK do
      local last = math.min(#samples, first + BLOCK - 1)
      count(known_or_new(self, samples[{ {first, last} }], {table.unpack(valid, first, last)}))
    end
  end
  if self.has_support then self.parts[#self.parts + 1] = samples:copy() end
  return self
end

--- Of a law whose points cannot be listed.
local function shares_of_places(self)
  local counts = {samples = self.samples, valid = 0, memorized = 0, distinct = 0}
  for place, count in pairs(self.counts) do
    counts.valid, counts.distinct = counts.valid + count, counts.distinct + 1
    if place <= self.known then counts.memorized = counts.memorized + count end
  end
  counts.duplicates, counts.novel = counts.valid - counts.distinct, counts.valid - counts.memorized
  local found = {counts = counts}
  for _, name in ipairs{"valid", "duplicates"} do found[name] = wilson.share(counts[name], self.samples) end
  if self.training then
    for _, name in ipairs{"memorized", "novel"} do found[name] = wilson.share(counts[name], self.samples) end
  end
  return found
end

--- What `metric.ledger` says of all samples. Of a law whose points cannot be listed a table with valid, duplicates and, where
--- there is a training set, memorized and novel, each with `value`, `low` and `high` (Wilson's), and `counts`.
function Book:shares()
  if self.samples == 0 then fail("shares", "there must be samples, got none") end
  if not self.has_support then return shares_of_places(self) end
  local all = #self.parts == 1 and self.parts[1] or tensor.concatenate(self.parts, 1)
  self.parts = {all}
  return metric.ledger(all, {target = self.target, training = self.training, tolerance = self.tolerance})
end

--- How many different points were seen, and how many of them once and twice.
---@return integer seen, integer once, integer twice
function Book:seen()
  local seen, once, twice = 0, 0, 0
  for _, count in pairs(self.counts) do
    seen = seen + 1
    if count == 1 then once = once + 1 elseif count == 2 then twice = twice + 1 end
  end
  return seen, once, twice
end

--- An estimate of points of a law: no more than it has.
local function within_support(self, estimate)
  local counted, size = pcall(function() return self.target:support_size() end)
  if self.has_support and counted then
    for name, value in pairs(estimate) do estimate[name] = math.min(value, size) + 0.0 end
  end
  return estimate
end

--- How many points the samples' law has at least; where the target's points are counted, no more than these.
---@return moondrift.Estimate
function Book:chao1() return within_support(self, M.chao1(self:seen())) end

--- The same from the points that both halves of the samples have.
---@return moondrift.Estimate
function Book:recapture()
  local a, b, both = 0, 0, 0
  for key in pairs(self.halves[1]) do
    a = a + 1
    if self.halves[2][key] then both = both + 1 end
  end
  for _ in pairs(self.halves[2]) do b = b + 1 end
  return within_support(self, M.chapman(a, b, both))
end

--- The probability that the next valid sample is a point that was seen, 1 − f1/n (Good 1953).
---@return number
function Book:completeness()
  local _, once = self:seen()
  local valid = 0
  for _, count in pairs(self.counts) do valid = valid + count end
  if valid == 0 then fail("completeness", "there must be a valid sample, got none") end
  return 1 - once / valid
end

function Book:__tostring()
  local seen, once, twice = self:seen()
  return ("ledger(%d samples of %s: %d points, %d once, %d twice, at least %.1f in all)"):format(
    self.samples, self.target.name, seen, once, twice, self:chao1().value)
end

return M
