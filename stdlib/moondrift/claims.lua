-- Claims of a paper, held against what a run measured.
--
--   local claims = require "moondrift.claims"
--   local list = claims.new{smoke = settings.smoke}
--   list:add{id = "4", claim = "loss above the Bayes level", source = "derived", expected = 0.07,
--     tolerance = 0.03, measured = 0.068, interval = {0.06, 0.08}, seeds = 20, diverged = 0}
--   print(list)
--
-- `tolerance` says which values agree with the claim: a number (expected ± tolerance), a list
-- {low, high}, or "at least" and "at most" (expected). Verdicts are given in one place, `M.verdict`.

local M = {}

---@class moondrift.Claim
---@field id string
---@field claim string what is claimed, in words
---@field source "published"|"derived" who says so: the paper, or a computation of this project's
---@field expected number
---@field tolerance number|number[]|"at least"|"at most"
---@field measured number? nil where it was not measured
---@field interval number[]? {low, high}: where `measured` lies with 95 % confidence
---@field interval_of "runs"? `interval` holds the quartiles of the runs instead: a claim about each
---@field seeds integer? runs behind it; nil for what has no randomness
---@field diverged integer? how many of them diverged, and are left out
---@field note string? what else to say, printed below the row
---@field verdict string? filled in by `add`

local FIELDS = {
  id = "string", claim = "string", source = "string", expected = "number", tolerance = "any",
  measured = "number", interval = "table", interval_of = "string",
  seeds = "number", diverged = "number", note = "string",
}

--- Runs that must be left for an interval to mean something.
M.FEWEST_RUNS = 3

--- The values that agree with a claim.
---@param claim moondrift.Claim
---@return number low
---@return number high
function M.accepted(claim)
  local tolerance = claim.tolerance
  if tolerance == "at least" then return claim.expected, math.huge end
  if tolerance == "at most" then return -math.huge, claim.expected end
  if type(tolerance) == "table" then return tolerance[1], tolerance[2] end
  return claim.expected - tolerance, claim.expected + tolerance
end

local function is_nan(value) return value ~= value end

--- reproduced: all of the interval agrees with the claim (without an interval: the value does).
--- not reproduced: none of it does; with quartiles of the runs: not all of it does.
--- inconclusive: some of it does, or too few runs are left, or the measure is not a number.
--- not tested: nothing was measured.
---@param claim moondrift.Claim
---@return "reproduced"|"not reproduced"|"inconclusive"|"not tested"
function M.verdict(claim)
  if claim.measured == nil then return "not tested" end
  if is_nan(claim.measured) then return "inconclusive" end
  if claim.seeds and claim.seeds - (claim.diverged or 0) < M.FEWEST_RUNS then
    return "inconclusive"
  end
  local low, high = M.accepted(claim)
  local from, to = claim.measured, claim.measured
  if claim.interval then from, to = claim.interval[1], claim.interval[2] end
  if is_nan(from) or is_nan(to) then return "inconclusive" end
  if low <= from and to <= high then return "reproduced" end
  if to < low or from > high or claim.interval_of == "runs" then return "not reproduced" end
  return "inconclusive"
end

-- Checks

local function check(claim, level)
  if type(claim) ~= "table" then
    error(("claims: a table is expected, got %s"):format(type(claim)), level)
  end
  for name, value in pairs(claim) do
    local kind = FIELDS[name]
    if not kind then error(("claims: unknown field '%s'"):format(tostring(name)), level) end
    if kind ~= "any" and type(value) ~= kind then
      error(("claims: %s must be a %s, got %s"):format(name, kind, type(value)), level)
    end
  end
  for _, name in ipairs{"id", "claim", "source", "expected", "tolerance"} do
    if claim[name] == nil then error(("claims: %s is required"):format(name), level) end
  end
  if claim.source ~= "published" and claim.source ~= "derived" then
    error(("claims: source must be 'published' or 'derived', got '%s'"):format(claim.source), level)
  end
  local tolerance = claim.tolerance
  local is_range = type(tolerance) == "table" and #tolerance == 2 and tolerance[1] <= tolerance[2]
  if not is_range and math.type(tolerance) == nil
    and tolerance ~= "at least" and tolerance ~= "at most" then
    error("claims: tolerance must be a number, {low, high}, 'at least' or 'at most', got "
      .. (type(tolerance) == "string" and "'" .. tolerance .. "'" or type(tolerance)), level)
  end
  if claim.interval_of and (claim.interval_of ~= "runs" or not claim.interval) then
    error(("claims: interval_of must be 'runs', beside an interval, got '%s'")
      :format(claim.interval_of), level)
  end
  if claim.interval and #claim.interval ~= 2 then
    error(("claims: interval must be {low, high}, got %d numbers"):format(#claim.interval), level)
  end
end

-- Printing

local function number_text(value)
  if is_nan(value) then return "nan" end
  return (("%.4g"):format(value))
end

local function expected_text(claim)
  local tolerance = claim.tolerance
  if type(tolerance) == "string" then
    return (tolerance == "at least" and "≥ " or "≤ ") .. number_text(claim.expected)
  elseif type(tolerance) == "table" then
    return ("%s (%s to %s)"):format(
      number_text(claim.expected), number_text(tolerance[1]), number_text(tolerance[2]))
  end
  return ("%s ± %s"):format(number_text(claim.expected), number_text(tolerance))
end

local function measured_text(claim)
  if claim.measured == nil then return "–" end
  local text = number_text(claim.measured)
  if claim.interval then
    text = ("%s [%s, %s]"):format(
      text, number_text(claim.interval[1]), number_text(claim.interval[2]))
  end
  return text
end

local function runs_text(claim)
  if claim.measured == nil then return "–" end
  if not claim.seeds then return "exact" end
  if (claim.diverged or 0) == 0 then return tostring(claim.seeds) end
  return ("%d, %d diverged"):format(claim.seeds, claim.diverged)
end

local function pad(text, width) return text .. (" "):rep(width - utf8.len(text)) end

---@class moondrift.ClaimList
---@field claims moondrift.Claim[]
---@field notes table<integer, string> what the claims say of themselves
---@field reason string? why none of them is tested
local ClaimList = {}
ClaimList.__index = ClaimList
ClaimList.__name = "claims"

--- Adds a claim and gives its verdict.
---@param claim moondrift.Claim
---@return moondrift.Claim
function ClaimList:add(claim)
  check(claim, 3)
  local entry = {}
  for name, value in pairs(claim) do entry[name] = value end
  self.notes[#self.claims + 1] = entry.note
  if self.reason then
    entry.note = entry.note and entry.note .. "; " .. self.reason or self.reason
    entry.verdict = "not tested"
  else
    entry.verdict = M.verdict(entry)
  end
  self.claims[#self.claims + 1] = entry
  return entry
end

--- The table for the terminal.
---@return string
function ClaimList:__tostring()
  local rows = {{"", "claim", "expected", "measured", "runs", "verdict"}}
  for _, claim in ipairs(self.claims) do
    rows[#rows + 1] = {
      claim.id, claim.claim, expected_text(claim), measured_text(claim), runs_text(claim),
      claim.verdict,
    }
  end
  local widths = {}
  for _, row in ipairs(rows) do
    for column, text in ipairs(row) do
      widths[column] = math.max(widths[column] or 0, utf8.len(text))
    end
  end
  local lines = {}
  for index, row in ipairs(rows) do
    local pieces = {}
    for column, text in ipairs(row) do pieces[column] = pad(text, widths[column]) end
    lines[#lines + 1] = table.concat(pieces, "  "):gsub("%s+$", "")
    local note = self.notes[index - 1]
    if note then lines[#lines + 1] = (" "):rep(widths[1] + 2) .. note end
  end
  if self.reason then lines[#lines + 1] = "not tested: " .. self.reason end
  return table.concat(lines, "\n")
end

---@class moondrift.ClaimOptions
---@field smoke boolean? a run that shows that everything works tests nothing
---@field reason string? why no claim is tested; nil where they are

--- An empty list.
---@param options moondrift.ClaimOptions?
---@return moondrift.ClaimList
function M.new(options)
  options = options or {}
  local reason = options.smoke and "a smoke run" or options.reason or nil
  return setmetatable({claims = {}, notes = {}, reason = reason}, ClaimList)
end

return M
