-- What the rows of a sweep depend on beside their configuration: the code of the function that makes them,
-- with the functions it uses, and the values it captures.
--
--   local fingerprint = require "moondrift.sweep.fingerprint"
--   local print = fingerprint.of(run)   -- {code = "5f0c…", captured = {steps = 100}}
--
-- Comments, lines and names do not matter, nor does what stands elsewhere in the script. Seen are functions,
-- numbers, strings, booleans and objects of Moondrift, alone and in tables, in locals and in globals that the
-- code names: of a tensor all elements, of a network its diffusion and parameters, of a law its points and some
-- draws, of an exact model what it says of some points. Not seen is what an object of a class in Lua holds, the
-- function of nn.define, or a file.

local args = require "moondrift.args"
local option = require "moondrift.options"

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
    if rawequal(loaded, value) and (name:match("^moondrift") or rawequal(_G[name], value)) then return true end
  end
  return false
end

-- Compiled code without line numbers. A chunk that `string.dump` strips still says where each function begins and
-- ends, so that a comment above would change it. The layout is that of Lua 5.4's ldump.c.

local HEADER = 4 + 1 + 1 + 6 + 3 + 8 + 8 + 1

--- The instructions that read a captured variable, and a field of one: the variable's place is in their bits from 16 on, the
--- name's from 24 on.
local GETUPVAL <const>, GETTABUP <const> = 9, 11

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

--- Returns the constant where it is a string.
function Chunk:constant()
  local kind = self.text:byte(self.place)
  self:keep(1)
  if CONSTANT_BYTES[kind] then
    self:keep(CONSTANT_BYTES[kind])
    return nil
  end
  local start = self.place
  self:string()
  return (self.text:sub(start, self.place - 1):gsub("^[\0-\x7F]*[\x80-\xFF]", ""))
end

--- Where an outermost function finds what it captures is a matter of what stands around it.
local function skip_captured(chunk) chunk.place = chunk.place + 3 end

local function keep_captured(chunk) chunk:keep(3) end

--- Reads a function, and notes the globals that it names.
---@param captured function that reads one captured variable
---@param globals_at table<integer, true> which of the captured variables hold the globals, from 0
function Chunk:func(captured, globals_at)
  self:string()
  self:size()  -- first line
  self:size()  -- last line
  self:keep(3)
  local instructions, constants, sources = {}, {}, {}
  self:list(function(chunk)
    instructions[#instructions + 1] = string.unpack("<I4", chunk.text, chunk.place)
    chunk:keep(4)
  end)
  local count = 0
  self:list(function(chunk)
    constants[count], count = chunk:constant(), count + 1
  end)
  self:list(function(chunk)
    -- Whether it is a local of the function around, and its place among those, or among what that captures.
    sources[#sources + 1] = {chunk.text:byte(chunk.place, chunk.place + 1)}
    captured(chunk)
  end)
  for place, source in ipairs(sources) do
    if captured == keep_captured and source[1] == 0 and self.around[source[2]] then globals_at[place - 1] = true end
  end
  local are_all = false
  for _, word in ipairs(instructions) do
    local code, name = word & 0x7F, constants[word >> 24]
    if globals_at[word >> 16 & 0xFF] then
      -- By way of a register, as `_G.x`, any text of the function may be a name.
      if code == GETUPVAL or code == GETTABUP and name == "_G" then are_all = true end
      if code == GETTABUP and name then self.globals[name] = true end
    end
  end
  for _, name in pairs(are_all and constants or {}) do self.globals[name] = true end
  self:list(function(chunk)
    chunk.around = globals_at
    chunk:func(keep_captured, {})
  end)
  for _ = 1, 4 do assert(self:size() == 0) end
end

--- The code, and the names of globals in it, sorted.
---@param f function
---@param globals_at table<integer, true> which of the variables that it captures hold the globals, from 0
local function code_of(f, globals_at)
  local chunk = setmetatable({text = string.dump(f, true), place = HEADER + 1, kept = {}, globals = {}}, Chunk)
  chunk:func(skip_captured, globals_at)
  assert(chunk.place == #chunk.text + 1)
  local names = {}
  for name in pairs(chunk.globals) do names[#names + 1] = name end
  table.sort(names)
  return table.concat(chunk.kept), names
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
  for _, values in pairs(over) do if values == value then return true end end
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
  return M.hash(tensor(numbers, {dtype = "float64"}):checksum() .. table.concat(texts, "\0"))
end

local function visit_table(value, path, state)
  local are_settings = args.is_settings(value) or value == state.settings
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

--- Numbers of a law's points that are looked at at most.
local MOST_NUMBERS <const> = 1 << 20

local function try(f)
  local passed, result = pcall(f)
  return passed and result or nil
end

--- Adds the checksums of the tensors in a table, in the order of their names.
local function add_checksums(item, list)
  if option.is_tensor(item) then
    list[#list + 1] = item:checksum()
  elseif type(item) == "table" then
    local names = {}
    for name in pairs(item) do names[#names + 1] = name end
    table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
    for _, name in ipairs(names) do add_checksums(item[name], list) end
  end
end

--- Texts of laws, which never change.
local law_texts = setmetatable({}, {__mode = "k"})

--- A law with its points where they are few, and some draws; nil of what is none.
local function text_of_law(value)
  if law_texts[value] then return law_texts[value] end
  if not try(function() return value.has_support and value.sample end) then return nil end
  local numbers = {}
  local function add(f) add_checksums(try(f), numbers) end
  add(function() return value:sample(4, {seed = 1}) end)
  if try(function() return value:support_size() * value.dimension <= MOST_NUMBERS end) then
    add(function() return value:enumerate() end)
    add(function() return value:log_probability(value:enumerate()) end)
  end
  law_texts[value] = ("%s %s"):format(value, M.hash(table.concat(numbers, " ")))
  return law_texts[value]
end

--- A model with its diffusion, and its parameters or, without any, what it says of some points; nil of what is none.
local function text_of_model(value)
  -- A fit is its model: how long it took does not count.
  local model = try(function() return value.model.sde and value.step and value.model end) or value
  local process = try(function() return model.sde and model.denoise and model.sde end)
  if not process then return nil end
  local numbers = {}
  add_checksums(try(function() return model:parameters() end), numbers)
  if #numbers == 0 then
    add_checksums(try(function()
      local x = random.stream(1):normal{4, table.unpack(model.shape)}
      return model:denoise(x, try(function() return process:time_of_log_snr(0) end) or 0.5)
    end), numbers)
  end
  return ("%s, %s %s"):format(model, process, M.hash(table.concat(numbers, " ")))
end

--- What an object of Moondrift is, in words, with a hash of its numbers.
local function text_of(value)
  if option.is_tensor(value) then
    return ("%s [%s] %s"):format(value.dtype, table.concat(value.shape, " "), value:checksum())
  end
  return text_of_model(value) or text_of_law(value) or tostring(value)
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
  local state = {codes = {}, captured = {}, seen = {}, variables = {}, settings = settings, over = over or {}}
  visit(settings, "settings", state)
  visit(run, "run", state)
  return {code = M.hash(table.concat(state.codes, "\0")), captured = state.captured}
end

--- The names of what changed between two fingerprints of one function: what the function itself changes is no setting.
---@param was moondrift.Fingerprint
---@param is moondrift.Fingerprint
---@return string[]
function M.changes(was, is)
  local names = {}
  for name, value in pairs(is.captured) do
    local before = was.captured[name]
    if before ~= value and (before == before or value == value) then names[#names + 1] = name end
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
    -- A file has no word for nan, and an integer for a float of its value.
    local does_count = not changing[name] and not ((before == nil or now == nil) and roots[root(name)])
    if does_count and before ~= now and not (before ~= before and now ~= now) then
      return ("other settings: %s was %s, is %s"):format(
        name:gsub("^settings%.", ""):gsub("^option ", ""), text(before), text(now))
    end
  end
end

return M
