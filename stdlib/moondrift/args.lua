-- Settings of a script: declared once with typed defaults, changed by `--key=value` or `--key value`.
--
--   local args = require "moondrift.args"
--   local settings = args{
--     seed = 1,          -- of everything random
--     mus = {3, 15},     -- distances of the modes
--     smoke = {mus = {3}},
--     long = {seeds = 20},
--   }
--
-- An integer default demands an integer, a float one any number, a list numbers joined by commas;
-- a boolean is set by `--name` or `--name=false`. `--smoke` applies the table `smoke`, `--long` the table
-- `long`, `--paper` the table `paper` (explicit keys still win), `--out=DIR` names the folder of the run, and `--help`
-- prints the head of the script and its settings with the comments that stand behind them. A mistake on the command
-- line ends the script with one line on stderr and exit code 1.
--
-- `sweep = true` adds what `moondrift.sweep` reads: `--jobs`, `--shard`, `--retry` and `--estimate`.

local nearest = require "moondrift.names"

local M = {}

--- The sizes a script has beside its default one.
local SIZES = {"smoke", "long", "paper"}

--- Settings every script has.
local BUILT_IN = {smoke = true, long = true, paper = true, out = true, help = true}

--- Settings of a script that sweeps, with their kinds and defaults: how its runs are made, not which.
local OF_SWEEPS = {jobs = "jobs", shard = "shard", retry = "boolean", estimate = "boolean"}
local SWEEP_DEFAULTS = {jobs = 1, shard = "1/1", retry = false, estimate = false}

---@class moondrift.UsageError An error of the user's command line: shown without a traceback.
local UsageError = {__name = "usage error"}
UsageError.__tostring = function(self) return self.message end

--- An error object that the program prints as it stands, without a traceback.
---@param message string
---@return moondrift.UsageError
function M.usage_error(message)
  return setmetatable({message = message}, UsageError)
end

--- The name of the running script without its folder.
---@return string
function M.script_name()
  local path = arg and arg[0] or "script"
  return path:match("[^/]+$") or path
end

--- Ends the script with one line on stderr where a setting cannot be right.
---@param condition any
---@param message string with the marks of string.format
function M.demand(condition, message, ...)
  if not condition then error(M.usage_error(M.script_name() .. ": " .. message:format(...)), 0) end
end

-- Sizes

local sizes = setmetatable({}, {__mode = "k"})

--- How large a run with these settings is: smoke, default, long or paper, or own where the command line changed a
--- setting.
---@param settings table
---@return "smoke"|"default"|"long"|"paper"|"own"
function M.size(settings) return sizes[settings] or "own" end

--- Whether a table holds the settings of a script.
---@param value any
---@return boolean
function M.is_settings(value) return sizes[value] ~= nil end

--- Whether a setting says how a script runs, and not what it computes.
---@param name string
---@return boolean
function M.is_built_in(name) return (BUILT_IN[name] or OF_SWEEPS[name]) ~= nil end

-- Types

---@alias moondrift.SettingKind "integer"|"number"|"string"|"boolean"|"integers"|"numbers"

--- What a default says about the values of its setting; nil for what cannot be a setting.
---@param value any
---@return moondrift.SettingKind?
local function kind_of(value)
  local kind = math.type(value)
  if kind == "integer" then return "integer" end
  if kind == "float" then return "number" end
  kind = type(value)
  if kind == "string" or kind == "boolean" then return kind end
  if kind ~= "table" or getmetatable(value) ~= nil or #value == 0 then return nil end
  local count, all_integers = 0, true
  for key, element in pairs(value) do
    if math.type(key) ~= "integer" or not math.type(element) then return nil end
    all_integers = all_integers and math.type(element) == "integer"
    count = count + 1
  end
  if count ~= #value then return nil end
  return all_integers and "integers" or "numbers"
end

local DESCRIPTION = {
  integer = "an integer", number = "a number", string = "a string",
  boolean = "true or false", integers = "integers joined by commas",
  numbers = "numbers joined by commas", jobs = "a positive integer or cores",
  shard = "k/n with k from 1 to n",
}

--- What the parser makes of the text of a value; nil where it does not fit.
local READERS = {}

function READERS.integer(text) return math.tointeger(tonumber(text)) end

function READERS.number(text)
  local value = tonumber(text)
  return value and value + 0.0
end

function READERS.string(text) return text end

function READERS.boolean(text)
  if text == "true" then return true end
  if text == "false" then return false end
end

local function read_list(text, read)
  local list = {}
  for piece in (text .. ","):gmatch("([^,]*),") do
    local value = read(piece)
    if value == nil then return nil end
    list[#list + 1] = value
  end
  return list
end

--- The two numbers of "2/5"; nil where they do not make a shard.
---@param text string
---@return integer? k
---@return integer? n
function M.read_shard(text)
  local k, n = text:match("^(%d+)/(%d+)$")
  k, n = math.tointeger(tonumber(k)), math.tointeger(tonumber(n))
  if k and n and k >= 1 and k <= n then return k, n end
end

function READERS.shard(text) return M.read_shard(text) and text end

function READERS.jobs(text)
  local count = math.tointeger(tonumber(text))
  return count and count > 0 and count or text == "cores" and text or nil
end

function READERS.integers(text) return read_list(text, READERS.integer) end

function READERS.numbers(text) return read_list(text, READERS.number) end

--- A value of the script's own, in the type of its setting.
local function fits(kind, value)
  local own = kind_of(value)
  return own == kind or kind == "number" and own == "integer"
    or kind == "numbers" and own == "integers"
end

--- As it would be written on the command line.
---@param value any
---@return string
function M.literal(value)
  if type(value) ~= "table" then return tostring(value) end
  local pieces = {}
  for index, element in ipairs(value) do pieces[index] = tostring(element) end
  return table.concat(pieces, ",")
end

-- Declaration

--- Checks a declaration, and returns the kinds and the sorted names of the settings.
local function declare(defaults, level)
  if type(defaults) ~= "table" then
    error(("args: a table of settings is expected, got %s"):format(type(defaults)), level + 1)
  end
  local kinds, names = {}, {}
  for name, value in pairs(defaults) do
    if type(name) ~= "string" or not name:match("^[a-z][a-z0-9_]*$") then
      error(("args: a setting must be named in lower case, got '%s'"):format(name), level + 1)
    elseif name == "out" or name == "help" then
      error(("args: '%s' is a setting every script has already"):format(name), level + 1)
    elseif defaults.sweep and OF_SWEEPS[name] then
      error(("args: '%s' is a setting every sweep has already"):format(name), level + 1)
    elseif name ~= "smoke" and name ~= "long" and name ~= "paper" and name ~= "sweep" then
      kinds[name] = kind_of(value)
      if not kinds[name] then
        error(("args: the default of '%s' must be a number, a string, a boolean or a list of "
          .. "numbers, got %s"):format(name, type(value)), level + 1)
      end
      names[#names + 1] = name
    end
  end
  table.sort(names)
  for _, size in ipairs(SIZES) do
    for name, value in pairs(defaults[size] or {}) do
      if not kinds[name] then
        error(("args: %s has '%s', which is no setting%s")
          :format(size, name, nearest.suggestion(name, names, "")), level + 1)
      elseif not fits(kinds[name], value) then
        error(("args: %s must give '%s' %s, got %s")
          :format(size, name, DESCRIPTION[kinds[name]], M.literal(value)), level + 1)
      end
    end
  end
  return kinds, names
end

--- Reading a name that was not declared is an error of the script.
local function guarded(settings, names)
  return setmetatable(settings, {
    __index = function(_, name)
      if BUILT_IN[name] then return nil end
      error(("no setting '%s'%s"):format(name, nearest.suggestion(tostring(name), names, "")), 2)
    end,
  })
end

-- Reading

--- The size that the words ask for, at most one; `smoke` needs no table of its own.
---@return string? size "default" where they ask for none
---@return string? message what is wrong with them
local function chosen_size(defaults, given)
  local chosen
  for _, name in ipairs(SIZES) do
    if given[name] then
      if chosen then return nil, ("--%s and --%s do not go together"):format(chosen, name) end
      chosen = name
    end
  end
  if chosen and chosen ~= "smoke" and not defaults[chosen] then
    return nil, ("this script has no --%s run"):format(chosen)
  end
  return chosen or "default"
end

--- Reads the words of a command line.
---@param defaults table typed defaults, `smoke`, `long` and `paper`
---@param words string[]
---@return table? settings with `smoke`, `long`, `out` and `help` beside the declared names; `paper` where declared
---@return string? message what is wrong with the words
function M.parse(defaults, words)
  local kinds, names = declare(defaults, 2)
  local settings, given = {}, {}
  local index = 0
  while index < #words do
    index = index + 1
    local word = words[index]
    local name, equals, text = word:match("^%-%-([^=]*)(=?)(.*)$")
    if not name then
      return nil, ("unexpected argument '%s' (settings are written --name=value)"):format(word)
    end
    local kind = kinds[name] or BUILT_IN[name] and (name == "out" and "string" or "boolean")
      or defaults.sweep and OF_SWEEPS[name]
    if not kind then
      local of_sweeps = defaults.sweep and {"estimate", "jobs", "retry", "shard"} or {}
      local known = {"smoke", table.unpack(table.move(names, 1, #names, #of_sweeps + 1, of_sweeps))}
      for _, size in ipairs{defaults.paper and "paper" or false, "out", defaults.long and "long" or false, "help"} do
        if size then table.insert(known, 1, size) end
      end
      return nil, ("unknown setting --%s%s"):format(name, nearest.suggestion(name, known, "--"))
    end
    if equals == "" and kind ~= "boolean" then
      local following = words[index + 1]
      if not following or following:match("^%-%-") then
        return nil, ("--%s needs a value: --%s=%s")
          :format(name, name, M.literal(defaults[name] or kind ~= "string" and SWEEP_DEFAULTS[name] or "DIR"))
      end
      index, equals, text = index + 1, "=", following
    end
    local value = READERS[kind](equals == "" and "true" or text)
    if value == nil or name == "out" and value == "" then
      local expected = name == "out" and "the name of a folder" or DESCRIPTION[kind]
      return nil, ("--%s must be %s, got '%s'"):format(name, expected, text)
    end
    given[name] = value
  end
  local size_name, message = chosen_size(defaults, given)
  if not size_name then return nil, message end
  local size = size_name ~= "default" and defaults[size_name] or {}
  for _, name in ipairs(names) do
    local value = given[name]
    if value ~= nil then size_name = "own" end
    if value == nil then value = size[name] end
    if value == nil then value = defaults[name] end
    if kinds[name] == "number" then value = value + 0.0 end
    settings[name] = value
  end
  for name, default in pairs(defaults.sweep and SWEEP_DEFAULTS or {}) do
    if given[name] ~= nil then settings[name] = given[name] else settings[name] = default end
  end
  settings.smoke = given.smoke or false
  settings.long = given.long or false
  if defaults.paper then settings.paper = given.paper or false end
  settings.help = given.help or false
  settings.out = given.out
  sizes[settings] = size_name
  return guarded(settings, names)
end

-- Help

--- The comment at the top of a script, without its marks.
---@param source string
---@return string
function M.head(source)
  local lines = {}
  for line in source:gmatch("([^\n]*)\n?") do
    if not line:match("^#!") then
      local text = line:match("^%-%-%s?(.*)$")
      if not text then break end
      lines[#lines + 1] = text
    end
  end
  return table.concat(lines, "\n")
end

local SWEEP_HELP = {
  {"--jobs=N", "runs at a time, which share the threads; 'cores' for as many as there are threads"},
  {"--shard=k/n", "every n-th run, from the k-th on; all shards share a folder, --out=DIR"},
  {"--retry", "run again what failed before"},
  {"--estimate", "make two runs, and say what all of them will take"},
}

--- What `--help` prints.
---@param defaults table
---@param source string the text of the script
---@return string
function M.help(defaults, source)
  local _, names = declare(defaults, 2)
  local places, notes = {}, {}
  for _, name in ipairs(names) do
    local place = source:find("%f[%w_]" .. name .. "%s*=")
    local line = place and source:sub(place):match("^[^\n]*") or ""
    places[name] = place or math.huge
    notes[name] = line:match("%-%-%s*(.*)$") or ""
  end
  table.sort(names, function(a, b)
    if places[a] ~= places[b] then return places[a] < places[b] end
    return a < b
  end)
  local rows = {}
  for _, name in ipairs(names) do
    local changes = ""
    for _, size in ipairs(SIZES) do
      local change = defaults[size] and defaults[size][name]
      if change ~= nil then changes = changes .. ("  [%s: %s]"):format(size, M.literal(change)) end
    end
    rows[#rows + 1] = {("--%s=%s"):format(name, M.literal(defaults[name])), notes[name] .. changes}
  end
  rows[#rows + 1] = {"--out=DIR", "folder of the run; a new one under runs/ where absent"}
  rows[#rows + 1] = {"--smoke", "a run of seconds that shows that everything works"}
  if defaults.long then rows[#rows + 1] = {"--long", "a run of up to 90 minutes"} end
  if defaults.paper then rows[#rows + 1] = {"--paper", "the published size; says what it takes before it starts"} end
  for _, row in ipairs(defaults.sweep and SWEEP_HELP or {}) do rows[#rows + 1] = row end
  local width = 0
  for _, row in ipairs(rows) do width = math.max(width, #row[1]) end
  local lines = {M.head(source), "", "settings, with their defaults:"}
  for _, row in ipairs(rows) do
    lines[#lines + 1] = ("  %-" .. width .. "s  %s"):format(row[1], row[2]):gsub("%s+$", "")
  end
  return table.concat(lines, "\n")
end

local function read_script()
  local file = arg and arg[0] and io.open(arg[0])
  if not file then return "" end
  local text = file:read("a")
  file:close()
  return text
end

--- The settings of the running script, from the global `arg`.
---@param defaults table
---@return table settings
local function from_command_line(_, defaults)
  declare(defaults, 2)
  local words = {}
  for index = 1, arg and #arg or 0 do words[index] = arg[index] end
  local settings, message = M.parse(defaults, words)
  if not settings then error(M.usage_error(M.script_name() .. ": " .. message)) end
  if settings.help then
    print(M.help(defaults, read_script()))
    os.exit(true, true)
  end
  settings.help = nil
  return settings
end

return setmetatable(M, {__call = from_command_line})
