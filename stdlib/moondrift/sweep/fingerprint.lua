-- What the rows of a sweep depend on beside their configuration: the code of the function that makes them,
-- with the functions it uses, and the values it captures.
--
--   local fingerprint = require "moondrift.sweep.fingerprint"
--   local print = fingerprint.of(run)   -- {code = "5f0c…", captured = {steps = 100}}
--
-- Comments, lines and names do not matter, nor does what stands elsewhere in the script. Seen are functions,
-- numbers, strings, booleans and objects of Moondrift, alone and in tables, in locals and in globals that the
-- code names. Not seen is what an object of a class in Lua holds, the function of nn.define, or a file.

local args = require "moondrift.args"
local code_of = require "moondrift.sweep.code"
local hash = require "moondrift.sweep.hash"
local text_of = require "moondrift.sweep.objects"

local M = {}

--- Tables that belong to everybody: `_G`, the modules of Moondrift.
local function is_common(value)
  if rawequal(value, _G) or rawequal(value, package.loaded) then return true end
  for name, loaded in pairs(package.loaded) do
    if rawequal(loaded, value) and (name:match("^moondrift") or rawequal(_G[name], value)) then return true end
  end
  return false
end

local visit

local function visit_function(f, path, state)
  if debug.getinfo(f, "S").what == "C" then return end
  local captured, globals_at = {}, {}
  for index = 1, 255 do
    local name, value = debug.getupvalue(f, index)
    if not name then break end
    local variable = debug.upvalueid(f, index)
    if rawequal(value, _G) then
      globals_at[index - 1] = true
    elseif not state.variables[variable] then
      state.variables[variable] = true
      captured[#captured + 1] = {name, value}
    end
  end
  local code, globals = code_of(f, globals_at)
  state.codes[#state.codes + 1] = code
  for _, pair in ipairs(captured) do visit(pair[2], pair[1], state) end
  for _, name in ipairs(globals) do
    if not state.variables[name] then
      state.variables[name] = true
      visit(rawget(_G, name), name, state)
    end
  end
end

--- Whether a setting is handed to `over` as it is: then its values are in the rows, and do not fix the sweep.
local function varies(value, over)
  if type(value) ~= "table" and type(value) ~= "string" then return false end
  for _, values in pairs(over) do if rawequal(values, value) then return true end end
  return false
end

--- A table of more numbers and texts than this counts as one value.
local MOST_NAMES <const> = 256

--- A hash of a table of numbers, texts and booleans; nil of others.
local function hash_of_scalars(value, keys)
  local numbers, texts = {}, {}
  for place, key in ipairs(keys) do
    local element = value[key]
    local kind = type(element)
    if kind ~= "number" and kind ~= "string" and kind ~= "boolean" then return nil end
    if kind == "number" and key == place then numbers[#numbers + 1] = element + 0.0 end
    if #numbers < place then texts[#texts + 1] = ("%s=%q"):format(key, element) end
  end
  return hash(tensor(numbers, {dtype = "float64"}):checksum() .. table.concat(texts, "\0"))
end

local function visit_table(value, path, state)
  local are_settings = args.is_settings(value) or rawequal(value, state.settings)
  if is_common(value) or getmetatable(value) ~= nil and not are_settings then return end
  if are_settings then path = "settings" end
  local keys, is_list = {}, true
  for key, element in pairs(value) do
    is_list = is_list and math.type(key) == "integer"
    local is_fixed = not are_settings or not args.is_built_in(key) and not varies(element, state.over)
    if is_fixed and (type(key) == "string" or math.type(key) == "integer") then keys[#keys + 1] = key end
  end
  if is_list and #keys == #value then
    for place = 1, #keys do keys[place] = place end
  else
    table.sort(keys, function(a, b)
      if type(a) ~= type(b) then return type(a) == "number" end
      return a < b
    end)
  end
  if #keys > MOST_NAMES and not are_settings then
    local hash = hash_of_scalars(value, keys)
    if hash then
      visit(("%d values %s"):format(#keys, hash), path, state)
      return
    end
  end
  for _, key in ipairs(keys) do
    visit(value[key], type(key) == "string" and path .. "." .. key or ("%s[%d]"):format(path, key), state)
  end
end

function visit(value, path, state)
  local kind = type(value)
  if kind == "number" or kind == "string" or kind == "boolean" then
    -- Two functions may capture values by one name.
    local name, count = path, 1
    while state.captured[name] ~= nil do
      count = count + 1
      name = ("%s (%d)"):format(path, count)
    end
    state.captured[name] = value
  elseif state.seen[value] or value == nil then
    return
  else
    state.seen[value] = true
    if kind == "function" then
      visit_function(value, path, state)
    elseif kind == "table" then
      visit_table(value, path, state)
    elseif kind == "userdata" then
      local text = text_of(value)
      -- No address, which another process has not.
      if not text:find("0x%x%x%x%x%x%x") then visit(text, path, state) end
    end
  end
end

---@class moondrift.Fingerprint
---@field code string
---@field captured table<string, number|string|boolean>

---@param run function
---@param settings table? what the runs depend on as well, by name
---@param over table? the values that vary, by name: settings that are given to it as they are do not count
---@return moondrift.Fingerprint
function M.of(run, settings, over)
  local state = {codes = {}, captured = {}, seen = {}, variables = {}, settings = settings, over = over or {}}
  visit(settings, "settings", state)
  visit(run, "run", state)
  return {code = hash(table.concat(state.codes, "\0")), captured = state.captured}
end

--- NaN is the same as NaN here.
local function are_same(a, b) return a == b or a ~= a and b ~= b end

--- The names of what changed between two fingerprints of one function: what the function itself changes is no setting.
---@param was moondrift.Fingerprint
---@param is moondrift.Fingerprint
---@return string[]
function M.changes(was, is)
  local names = {}
  for name, value in pairs(is.captured) do
    if not are_same(was.captured[name], value) then names[#names + 1] = name end
  end
  for name in pairs(was.captured) do
    if is.captured[name] == nil then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

--- The variable that a name in a fingerprint is of, or is in: `t` of `t.a[2]`.
local function root(name) return (name:match("^settings%.[^%.%[]+") or name:match("^[^%.%[]+")) end

--- The first thing in which two fingerprints differ, in words; nil where they agree.
---@param was moondrift.Fingerprint
---@param is moondrift.Fingerprint
---@param changing table<string, true>? names that do not count; nor do others of the same table that one of the two lacks
---@return string?
function M.difference(was, is, changing)
  changing = changing or {}
  local roots = {}
  for name in pairs(changing) do roots[root(name)] = true end
  if was.code ~= is.code then
    return ("other code: its fingerprint was %s, is %s"):format(was.code, is.code)
  end
  local names = {}
  for _, captured in ipairs{was.captured, is.captured} do
    for name in pairs(captured) do names[#names + 1] = name end
  end
  table.sort(names)
  local function text(value)
    if value == nil then return "absent" end
    return type(value) == "string" and ("%q"):format(value) or tostring(value)
  end
  for _, name in ipairs(names) do
    local before, now = was.captured[name], is.captured[name]
    local does_count = not changing[name] and not ((before == nil or now == nil) and roots[root(name)])
    if does_count and not are_same(before, now) then
      return ("other settings: %s was %s, is %s"):format(
        name:gsub("^settings%.", ""):gsub("^option ", ""), text(before), text(now))
    end
  end
end

return M
