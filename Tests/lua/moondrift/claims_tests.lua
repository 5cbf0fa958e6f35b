local check = require "check"
local claims = require "moondrift.claims"

local NAN = 0 / 0

local function verdict(fields)
  local claim = {expected = 10, tolerance = 2}
  for key, value in pairs(fields) do claim[key] = value end
  return claims.verdict(claim)
end

-- Without an interval the value decides; the ends agree.
check.equal(verdict{measured = 11}, "reproduced")
check.equal(verdict{measured = 12}, "reproduced")
check.equal(verdict{measured = 8}, "reproduced")
check.equal(verdict{measured = 12.1}, "not reproduced")
check.equal(verdict{measured = NAN}, "inconclusive")
check.equal(verdict{}, "not tested")

-- With an interval all of it must agree, and none of it disagree.
check.equal(verdict{measured = 10, interval = {9, 11}}, "reproduced")
check.equal(verdict{measured = 10, interval = {7, 13}}, "inconclusive")
check.equal(verdict{measured = 12, interval = {11, 13}}, "inconclusive")
check.equal(verdict{measured = 14, interval = {13, 15}}, "not reproduced")
check.equal(verdict{measured = 5, interval = {4, 6}}, "not reproduced")
check.equal(verdict{measured = 5, interval = {NAN, 6}}, "inconclusive")

-- A claim about each run: the quartiles must lie inside, or it is not reproduced.
check.equal(verdict{measured = 10, interval = {9, 11}, interval_of = "runs"}, "reproduced")
check.equal(verdict{measured = 10, interval = {7, 11}, interval_of = "runs"}, "not reproduced")

-- Other tolerances
check.equal(verdict{tolerance = {9, 20}, measured = 19}, "reproduced")
check.equal(verdict{tolerance = {9, 20}, measured = 8.9}, "not reproduced")
check.equal(verdict{tolerance = "at least", measured = 10}, "reproduced")
check.equal(verdict{tolerance = "at least", measured = 9}, "not reproduced")
check.equal(verdict{tolerance = "at least", measured = 30, interval = {20, math.huge}}, "reproduced")
check.equal(verdict{tolerance = "at most", measured = 9}, "reproduced")
check.equal(verdict{tolerance = "at most", measured = 11}, "not reproduced")

-- Too few runs left to say anything
check.equal(verdict{measured = 10, seeds = 2}, "inconclusive")
check.equal(verdict{measured = 10, seeds = 20, diverged = 18}, "inconclusive")
check.equal(verdict{measured = 10, seeds = 20, diverged = 17}, "reproduced")

-- Lists
local function claim(change)
  local fields = {
    id = "1", claim = "μ is ten", source = "published", expected = 10, tolerance = 2,
    measured = 10.123456,
  }
  for key, value in pairs(change or {}) do fields[key] = value end
  return fields
end

local list = claims.new()
check.equal(list:add(claim()).verdict, "reproduced")
list:add(claim{id = "2", claim = "n", source = "derived", tolerance = "at least", measured = 3,
  interval = {2, 4}, seeds = 20, diverged = 3, note = "a note"})
list:add{id = "3", claim = "untested", source = "derived", expected = 0.5, tolerance = {0, 1}}
check.equal(tostring(list), [[
   claim     expected      measured  runs            verdict
1  μ is ten  10 ± 2        10.12     exact           reproduced
2  n         ≥ 10          3 [2, 4]  20, 3 diverged  not reproduced
   a note
3  untested  0.5 (0 to 1)  –         –               not tested]])
check.equal(#list.claims, 3)
check.equal(list.claims[2].diverged, 3)

-- A smoke run tests nothing, whatever it measured; nor do other settings than the published.
local smoke = claims.new{smoke = true}
check.equal(smoke:add(claim()).verdict, "not tested")
check.equal(smoke.claims[1].note, "a smoke run")
check.contains(tostring(smoke), "not tested: a smoke run")
check.equal(claims.new{reason = "other settings"}:add(claim()).verdict, "not tested")

-- Misuse
local function refused(message, change)
  check.raises(message, list.add, list, claim(change))
end
check.raises("claims: a table is expected, got nil", list.add, list, nil)
refused("claims: unknown field 'tolerence'", {tolerence = 1})
refused("claims: expected must be a number, got string", {expected = "10"})
refused("claims: source must be 'published' or 'derived', got 'me'", {source = "me"})
refused("claims: tolerance must be a number, {low, high}, 'at least' or 'at most', got 'about'",
  {tolerance = "about"})
refused("claims: tolerance must be a number, {low, high}, 'at least' or 'at most', got table",
  {tolerance = {2, 1}})
refused("claims: interval must be {low, high}, got 1 numbers", {interval = {2}})
refused("claims: interval_of must be 'runs', beside an interval, got 'runs'",
  {interval_of = "runs"})
check.raises("claims: id is required", list.add, list, {claim = "x"})
