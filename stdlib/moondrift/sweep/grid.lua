-- The configurations of a sweep: every combination of the values of some names, in one order.
--
--   local grid = require "moondrift.sweep.grid"
--   local all = grid.new({n = {10, 100}, seed = "1-3"})   -- 6 configurations
--   all[2].n, all[2].seed                                 -- 10, 2
--   all:key(all[2])                                       -- the text that tells it from all others

local nearest = require "moondrift.names"

local M = {}

--- More than this is a mistake in `over`.
local MOST = 1000000

---@class moondrift.Grid
---@field names string[] as the order has them, the first one changing most slowly
---@field [integer] table configurations, by name
local Grid = {}
Grid.__index = Grid
Grid.__name = "grid"

-- Values

--- The integers of "1-10" or "1-3,7"; nil for any other text.
local function integers_of(text)
  local list = {}
  for piece in (text .. ","):gmatch("([^,]*),") do
    local first, last = piece:match("^%s*(%-?%d+)%s*%-%s*(%-?%d+)%s*$")
    first = first or piece:match("^%s*(%-?%d+)%s*$")
    first, last = math.tointeger(tonumber(first)), math.tointeger(tonumber(last or first))
    if not first or not last or last < first or last - first >= MOST then return nil end
    for value = first, last do list[#list + 1] = value end
  end
  return list
end

local function is_scalar(value)
  return type(value) == "number" and value == value or type(value) == "string" or type(value) == "boolean"
end

--- A value as a key has it: equal numbers give equal texts.
local function literal(value)
  if type(value) == "number" then return ("%.17g"):format(value) end
  return type(value) == "string" and ("%q"):format(value) or tostring(value)
end

local function values_of(name, given, level)
  local values = given
  if type(given) == "string" then values = integers_of(given) or {given} end
  if is_scalar(values) then values = {values} end
  if type(values) ~= "table" or getmetatable(values) ~= nil or #values == 0 then
    error(("sweep: over.%s must be a list of numbers, strings or booleans, or integers as in \"1-10\", got %s")
      :format(name, type(given) == "table" and #given == 0 and "an empty list" or type(given)), level + 1)
  end
  local seen = {}
  for place, value in ipairs(values) do
    if not is_scalar(value) then
      error(("sweep: over.%s must be a list of numbers, strings or booleans, got %s at position %d"):format(
        name, value ~= value and "nan" or type(value), place), level + 1)
    end
    if seen[literal(value)] then
      error(("sweep: over.%s has %s twice"):format(name, literal(value)), level + 1)
    end
    seen[literal(value)] = true
  end
  return values
end

--- Names in the order that was asked for; the others sorted before it, `seed` at the end.
local function names_of(over, order, level)
  local names = {}
  for name in pairs(over) do
    if type(name) ~= "string" or not name:match("^[%a_][%w_]*$") then
      error(("sweep: over must have names as keys, got %s"):format(tostring(name)), level + 1)
    end
    names[#names + 1] = name
  end
  if #names == 0 then error("sweep: over must name something to vary, got an empty table", level + 1) end
  table.sort(names)
  local rank = {seed = math.huge}
  for place, name in ipairs(order or {}) do
    if over[name] == nil then
      error(("sweep: order names '%s', which is not in over%s"):format(
        tostring(name), nearest.suggestion(tostring(name), names, "")), level + 1)
    end
    rank[name] = place
  end
  local sorted = {}
  for place, name in ipairs(names) do sorted[name] = place end
  table.sort(names, function(a, b)
    local first, second = rank[a] or 0, rank[b] or 0
    if first ~= second then return first < second end
    return sorted[a] < sorted[b]
  end)
  return names
end

--- Reading a name that does not vary is a mistake of the script.
local function guard(names)
  return {__name = "configuration", __index = function(_, name)
    error(("over has no '%s'%s"):format(tostring(name), nearest.suggestion(tostring(name), names, "")), 2)
  end}
end

-- The grid

---@param over table<string, any> a list of values, one value, or integers as in "1-10", by name
---@param order string[]? names, the last one changing fastest
---@param level integer? whose line an error names
---@return moondrift.Grid
function M.new(over, order, level)
  level = (level or 1) + 1
  if type(over) ~= "table" then
    error(("sweep: over must be a table of names and values, got %s"):format(type(over)), level)
  end
  local names = names_of(over, order, level)
  local values, count = {}, 1
  for place, name in ipairs(names) do
    values[place] = values_of(name, over[name], level)
    count = count * #values[place]
    if count > MOST then error(("sweep: over has more than %d combinations"):format(MOST), level) end
  end
  local grid = setmetatable({names = names}, Grid)
  local guarded = guard(names)
  for index = 0, count - 1 do
    local configuration, rest = {}, index
    for place = #names, 1, -1 do
      local list = values[place]
      configuration[names[place]] = list[rest % #list + 1]
      rest = rest // #list
    end
    grid[index + 1] = setmetatable(configuration, guarded)
  end
  return grid
end

--- Text that two configurations share where they have the same names and values.
---@param configuration table
---@return string
function M.key(configuration)
  local pieces = {}
  for name, value in pairs(configuration) do pieces[#pieces + 1] = name .. "=" .. literal(value) end
  table.sort(pieces)
  return table.concat(pieces, " ")
end

--- What a person reads: `n=10 seed=1`.
---@param configuration table
---@return string
function Grid:label(configuration)
  local pieces = {}
  for place, name in ipairs(self.names) do
    pieces[place] = name .. "=" .. tostring(configuration[name])
  end
  return table.concat(pieces, " ")
end

return M
