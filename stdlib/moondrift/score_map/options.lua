-- Options of the functions of `moondrift.score_map`: unknown names with the nearest known one, numbers that are finite.
--
--   local options = require "moondrift.score_map.options"
--   options.check("tau_gen", given, {factor = "number", by = "name"})

local nearest = require "moondrift.names"

local M = {}

--- Refuses options that are none, and numbers that are not finite. Other kinds are left to the function.
---@param name string of the function
---@param options any
---@param kinds table<string, string>
function M.check(name, options, kinds)
  local function fail(message, ...) error(("score_map.%s: " .. message):format(name, ...), 0) end
  if type(options) ~= "table" then fail("options must be a table, got %s", type(options)) end
  local known = {}
  for option in pairs(kinds) do known[#known + 1] = option end
  table.sort(known)
  for option, value in pairs(options) do
    local kind = kinds[option]
    if not kind then fail("unknown option '%s'%s", tostring(option), nearest.suggestion(tostring(option), known, "")) end
    if kind == "number" and not (math.type(value) and value - value == 0) then
      fail("%s must be a finite number, got %s", option, math.type(value) and tostring(value) or type(value))
    end
  end
end

return M
