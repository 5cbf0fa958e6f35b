-- The compiled code of a function without line numbers and names of locals, and the globals that it names.
--
-- A chunk that `string.dump` strips still says where each function begins and ends, so that a comment above would change
-- it: those numbers are left out. The layout is that of Lua 5.4's ldump.c.

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

--- The code of a function with those that are written in it, and the names of globals in all of them, sorted.
---@param f function written in Lua
---@param globals_at table<integer, true> which of the variables that it captures hold the globals, from 0
---@return string
---@return string[]
return function(f, globals_at)
  local chunk = setmetatable({text = string.dump(f, true), place = HEADER + 1, kept = {}, globals = {}}, Chunk)
  chunk:func(skip_captured, globals_at)
  assert(chunk.place == #chunk.text + 1)
  local names = {}
  for name in pairs(chunk.globals) do names[#names + 1] = name end
  table.sort(names)
  return table.concat(chunk.kept), names
end
