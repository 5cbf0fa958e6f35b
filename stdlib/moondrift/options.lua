-- Options of functions written in Lua: unknown names with the nearest known one, values of another kind, numbers that are not
-- finite.
--
--   local options = require "moondrift.options"
--   options.check("score_map.tau_gen", given, {factor = "number", by = "string"})
--
-- Errors have no line (level 0): who calls `check` adds that of its own caller.

local names = require "moondrift.names"

local M = {}

--- Whether a value is a tensor.
---@param value any
---@return boolean
function M.is_tensor(value)
  return type(value) == "userdata" and (pcall(function() return value.dtype end))
end

--- A value in an error: numbers and quoted texts as they are, else the type.
---@param value any
---@return string
function M.shown(value)
  if value ~= value then return "nan" end
  return type(value) == "string" and ("%q"):format(value) or math.type(value) and tostring(value) or type(value)
end

local IS = {
  number = function(value) return math.type(value) ~= nil end,
  integer = function(value) return math.type(value) == "integer" end,
  boolean = function(value) return type(value) == "boolean" end,
  string = function(value) return type(value) == "string" end,
  ["function"] = function(value) return type(value) == "function" end,
  tensor = M.is_tensor,
}

--- Refuses options that are none, and values that are not of their kind. Kinds without a meaning here are left to the function.
---@param where string what the error begins with, as `score_map.tau_gen`
---@param given any
---@param kinds table<string, string> number, integer, boolean, string, function, tensor, or another word
function M.check(where, given, kinds)
  local function fail(message, ...) error((where .. ": " .. message):format(...), 0) end
  if type(given) ~= "table" then fail("options must be a table, got %s", type(given)) end
  local known = {}
  for name in pairs(kinds) do known[#known + 1] = name end
  table.sort(known)
  for name, value in pairs(given) do
    local kind = kinds[name]
    if not kind then fail("unknown option '%s'%s", tostring(name), names.suggestion(tostring(name), known, "")) end
    if IS[kind] and not IS[kind](value) then
      local got = kind == "integer" and math.type(value) and M.shown(value) or type(value)
      fail("%s must be %s %s, got %s", name, kind == "integer" and "an" or "a", kind, got)
    end
    if kind == "number" and value - value ~= 0 then fail("%s must be a finite number, got %s", name, M.shown(value)) end
  end
end

return M
