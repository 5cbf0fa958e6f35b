-- What the rows of a sweep depend on beside their configuration: the code of the function that makes them,
-- with the functions it uses, and the values it captures.
--
--   local fingerprint = require "moondrift.sweep.fingerprint"
--   local print = fingerprint.of(run)   -- {code = "5f0c…", captured = {steps = 100}}
--
-- Comments, lines and names do not matter, nor does what stands elsewhere in the script. Seen are local
-- functions, and functions in tables; numbers, strings, booleans and objects of Moondrift, alone and in
-- tables. Not seen is what comes by way of a global, an object of a class, or a file.

local args = require "moondrift.args"

local M = {}

--- FNV-1a of 64 bits (Fowler, Noll & Vo).
---@param text string
---@return string
function M.hash(text)
  local h = 0xcbf29ce484222325 + 0
  for place = 1, #text, 4096 do
    for _, byte in ipairs{text:byte(place, place + 4095)} do h = (h ~ byte) * 0x100000001b3 end
  end
  return ("%016x"):format(h)
end

--- Tables that belong to everybody: `_G`, the modules of Moondrift.
local function is_common(value)
  if value == _G or value == package.loaded then return true end
  for name, loaded in pairs(package.loaded) do
    if loaded == value and (name:match("^moondrift") or _G[name] == value) then return true end
  end
  return false
end

-- Compiled code without line numbers. A chunk that `string.dump` strips still says where each function begins and
-- ends, so that a comment above would change it. The layout is that of Lua 5.4's ldump.c.

local HEADER = 4 + 1 + 1 + 6 + 3 + 8 + 8 + 1

--- The bytes of a constant behind its type.
local CONSTANT_BYTES = {[0] = 0, [1] = 0, [17] = 0, [3] = 8, [19] = 8}

---@class moondrift.ChunkReader
local Chunk = {}
Chunk.__index = Chunk

--- Seven bits a byte, the highest first; the last byte has its eighth set.
function Chunk:size()
  local value = 0
  while true do
    local byte = self.text:byte(self.place)
    self.place = self.place + 1
    value = value << 7 | byte & 127
    if byte >= 128 then return value end
  end
end

function Chunk:keep(count)
  self.kept[#self.kept + 1] = self.text:sub(self.place, self.place + count - 1)
  self.place = self.place + count
end

function Chunk:string()
  local start = self.place
  local length = math.max(0, self:size() - 1)
  self.place = start
  self:keep(#self.text:match("^[\0-\x7F]*[\x80-\xFF]", start) + length)
end

--- A count, then so many elements.
function Chunk:list(read)
  local start = self.place
  local count = self:size()
  self.kept[#self.kept + 1] = self.text:sub(start, self.place - 1)
  for _ = 1, count do read(self) end
end

function Chunk:constant()
  local kind = self.text:byte(self.place)
  self:keep(1)
  if CONSTANT_BYTES[kind] then self:keep(CONSTANT_BYTES[kind]) else self:string() end
end

--- Where an outermost function finds what it captures is a matter of what stands around it.
local function skip_captured(chunk) chunk.place = chunk.place + 3 end

local function keep_captured(chunk) chunk:keep(3) end

function Chunk:func(captured)
  self:string()
  self:size()  -- first line
  self:size()  -- last line
  self:keep(3)
  self:list(function(chunk) chunk:keep(4) end)
  self:list(Chunk.constant)
  self:list(captured)
  self:list(function(chunk) chunk:func(keep_captured) end)
  for _ = 1, 4 do assert(self:size() == 0) end
end

local function code_of(f)
  local chunk = setmetatable({text = string.dump(f, true), place = HEADER + 1, kept = {}}, Chunk)
  chunk:func(skip_captured)
  assert(chunk.place == #chunk.text + 1)
  return table.concat(chunk.kept)
end

local visit

local function visit_function(f, path, state)
  if debug.getinfo(f, "S").what == "C" then return end
  state.codes[#state.codes + 1] = code_of(f)
  for index = 1, 255 do
    local name, value = debug.getupvalue(f, index)
    if not name then break end
    if name ~= "_ENV" then visit(value, name, state) end
  end
end

--- Whether a setting is handed to `over` as it is: then its values are in the rows, and do not fix the sweep.
local function varies(value, over)
  if type(value) ~= "table" and type(value) ~= "string" then return false end
  for _, values in pairs(over) do if values == value then return true end end
  return false
end

local function visit_table(value, path, state)
  local are_settings = args.is_settings(value) or value == state.settings
  if is_common(value) or getmetatable(value) ~= nil and not are_settings then return end
  if are_settings then path = "settings" end
  local keys = {}
  for key, element in pairs(value) do
    local is_fixed = not are_settings or not args.is_built_in(key) and not varies(element, state.over)
    if is_fixed and (type(key) == "string" or math.type(key) == "integer") then keys[#keys + 1] = key end
  end
  table.sort(keys, function(a, b)
    if type(a) ~= type(b) then return type(a) == "number" end
    return a < b
  end)
  for _, key in ipairs(keys) do
    visit(value[key], type(key) == "string" and path .. "." .. key or ("%s[%d]"):format(path, key), state)
  end
end

function visit(value, path, state)
  local kind = type(value)
  if kind == "number" or kind == "string" or kind == "boolean" then
    -- Two functions may capture values by one name.
    local name, count = path, 1
    while state.captured[name] ~= nil and state.captured[name] ~= value do
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
      local text = tostring(value)
      if not text:find("0x%x+") then visit(text, path, state) end
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
  local state = {codes = {}, captured = {}, seen = {}, settings = settings, over = over or {}}
  visit(settings, "settings", state)
  visit(run, "run", state)
  return {code = M.hash(table.concat(state.codes, "\0")), captured = state.captured}
end

--- The first thing in which two fingerprints differ, in words; nil where they agree.
---@param was moondrift.Fingerprint
---@param is moondrift.Fingerprint
---@return string?
function M.difference(was, is)
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
    -- A file has no word for nan, and an integer for a float of its value.
    if before ~= now and not (before ~= before and now ~= now) then
      return ("other settings: %s was %s, is %s"):format(
        name:gsub("^settings%.", ""), text(before), text(now))
    end
  end
end

return M
