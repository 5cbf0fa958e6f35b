-- The folder of a run: made before anything is computed, filled with whole files only.
--
--   local run = require "moondrift.run"
--   local record <close> = run.open(settings)      -- runs/<script>-<date>-<time>, or --out=DIR
--   record:save_figure(f, "kl")                    -- kl.svg and kl.png, when the run ends
--   record:finish{results = {...}, claims = list}  -- claims.json, result.json, then the figures
--
-- Each file is written whole or not at all. What was computed goes first and figures, which can be drawn
-- again from it, last; a file that cannot be written does not keep the others from being tried.
-- A run that stops before says on stderr what it left, and leaves no empty folder behind.

local rows = require "moondrift.sweep.folder"
local usage = require "moondrift.args"

local M = {}

---@class moondrift.Run
---@field folder string
---@field files string[] names of what was written, in order
---@field figures {name: string, figure: figure}[] to be written when the run ends
local Run = {}
Run.__index = Run
Run.__name = "run"

-- The folder

local function refuse(message, ...)
  error(usage.usage_error(usage.script_name() .. ": " .. message:format(...)), 0)
end

--- The reason in an error of a function of the program, without its place and the function's name.
local function reason(message)
  return (tostring(message):gsub("^[^:]*:%d+: ", "", 1):gsub("^[%a_]+[.:][%w_]+: ", "", 1))
end

--- Is there room for files? Tells by writing one: an empty file fits on a full disk too. Its name is its own,
--- since shards of a sweep ask of one folder at a time.
local function check_writable(folder)
  local path = ("%s/.moondrift-check-%s"):format(folder, tostring({}):match("%x+$"))
  local written, message = pcall(file.write_text, path, ("\0"):rep(1 << 16))
  if not written then return nil, reason(message):gsub("^cannot write .-: ", "", 1) end
  return os.remove(path)
end

--- Whether a folder holds a sweep that has not come to its end.
local function is_unfinished_sweep(folder, names)
  local has_rows = false
  for _, name in ipairs(names) do
    if name == "result.json" then return false end
    has_rows = has_rows or rows.has_rows(folder .. "/" .. name)
  end
  return has_rows
end

---@param sweeps boolean? whether the script goes on with the rows of a folder
local function open_given(folder, sweeps)
  folder = #folder > 1 and folder:gsub("/+$", "") or folder
  local kind = file.kind(folder)
  if kind and kind ~= "directory" then refuse("--out=%s is not a folder", folder) end
  if kind then
    local listed, names = pcall(file.list, folder)
    if not listed then refuse("--out=%s: %s", folder, reason(names)) end
    -- Another shard may be asking whether there is room.
    while sweeps and names[1] and names[1]:find("^%.moondrift%-check") do table.remove(names, 1) end
    if #names > 0 and not (sweeps and is_unfinished_sweep(folder, names)) then
      refuse("--out=%s is not empty (it holds %s); give a new folder", folder, names[1])
    end
  end
  local made, result = pcall(file.make_directory, folder)
  if not made then refuse("--out=%s: %s", folder, reason(result)) end
  return folder, result
end

--- A new folder under `runs`, one that no other run has made.
local function open_new(name)
  local base = ("runs/%s-%s"):format(name, os.date("%Y%m%d-%H%M%S"))
  local folder = base
  for count = 2, 1000 do
    local made, result = pcall(file.make_directory, folder)
    if not made then refuse("%s; --out=DIR names another folder", reason(result)) end
    if result then return folder, true end
    folder = ("%s-%d"):format(base, count)
  end
  refuse("there are 1000 folders %s already", base)
end

-- What the run ran on

local function quoted(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

--- The commit of the checkout this library lies in, `-dirty` with changes; nil elsewhere.
---@return string?
local function revision()
  local here = debug.getinfo(1, "S").source:match("^@(.*)/stdlib/moondrift/[^/]+$")
  if not here or not file.kind(here .. "/.git") or not io.popen then return nil end
  local opened, pipe = pcall(
    io.popen, "git -C " .. quoted(here) .. " describe --always --dirty --abbrev=12 --exclude='*' 2>&1")
  if not opened or not pipe then return nil end
  local text = pipe:read("l")
  return pipe:close() and text or nil
end

--- Versions of the parts and the machine, as `moondrift --version` prints them.
local function host()
  local facts = moondrift.version_info()
  facts.lua = _VERSION
  return facts
end

-- Interface

---@class moondrift.RunSettings
---@field out string? a folder that is empty or does not exist

--- Makes the folder of a run. A folder that holds something or cannot be written is an error of
--- the command line, before anything is computed.
---@param settings moondrift.RunSettings
---@return moondrift.Run
function M.open(settings)
  if type(settings) ~= "table" then
    error(("run.open: a table of settings is expected, got %s"):format(type(settings)), 2)
  end
  local name = usage.script_name():gsub("%.lua$", "")
  local folder, is_new
  if settings.out then
    folder, is_new = open_given(settings.out, rawget(settings, "shard") ~= nil)
  else
    if (rawget(settings, "shard") or "1/1") ~= "1/1" then refuse("--shard needs --out=DIR, the folder that shards share") end
    folder, is_new = open_new(name)
  end
  local record = setmetatable({
    folder = folder, files = {}, figures = {}, settings = settings, name = name, is_new = is_new,
    revision = revision(), started = os.date("!%Y-%m-%dT%H:%M:%SZ"), start = moondrift.seconds(),
  }, Run)
  local writable, message = check_writable(folder)
  if not writable then
    if is_new then os.remove(folder) end
    refuse("cannot write to %s: %s", folder, message)
  end
  return record
end

--- The path of a file of this run.
---@param name string
---@return string
function Run:path(name) return self.folder .. "/" .. name end

--- Seconds since the folder was made.
---@return number
function Run:seconds() return moondrift.seconds() - self.start end

--- Says that another process, or another time, ends this run: no error then where it is not finished.
---@param what string what is there so far
function Run:leave_open(what) self.left_open = what end

--- Says what a folder has beside the files of this record, for a run that stops early.
---@param what string
function Run:keep(what) self.kept = what end

local function note_file(self, name) self.files[#self.files + 1] = name end

--- Saves a figure as SVG and PNG when the run ends, after the results.
---@param figure figure
---@param name string without an ending
---@return moondrift.Run
function Run:save_figure(figure, name)
  if type(name) ~= "string" or name == "" or name:find("[/\0]") then
    error(("run:save_figure: name must be that of a file, got '%s'"):format(name), 2)
  end
  self.figures[#self.figures + 1] = {name = name, figure = figure}
  return self
end

--- Writes a value as JSON.
---@param name string
---@param value any
---@return moondrift.Run
function Run:save_json(name, value)
  file.save_json(self:path(name), value)
  note_file(self, name)
  return self
end

---@class moondrift.RunContent
---@field results table every number of the run
---@field claims moondrift.ClaimList? written to claims.json

--- Calls a function that writes; what it says where it fails is noted.
local function try(failures, name, write, ...)
  local written, message = pcall(write, ...)
  if not written then failures[#failures + 1] = name .. ": " .. reason(message) end
end

--- Writes the figures that wait, each as far as it can be written.
local function write_figures(self, failures)
  for _, entry in ipairs(self.figures) do
    for _, ending in ipairs{".svg", ".png"} do
      try(failures, entry.name .. ending, function()
        entry.figure:save(self:path(entry.name .. ending))
        note_file(self, entry.name .. ending)
      end)
    end
  end
  self.figures = {}
end

--- What the folder holds: what this record wrote, in order, then what else the script put there.
local function all_files(self)
  local names, known = {}, {}
  for index, name in ipairs(self.files) do names[index], known[name] = name, true end
  for _, name in ipairs(file.list(self.folder)) do
    if not known[name] and name:sub(1, 1) ~= "." then names[#names + 1] = name end
  end
  return names
end

--- Writes claims.json, result.json and the figures, and says where. Where some of it cannot be written
--- the rest is, and the error names what is missing.
---@param content moondrift.RunContent
function Run:finish(content)
  if type(content) ~= "table" or type(content.results) ~= "table" then
    error("run:finish: a table with results is expected", 2)
  end
  local failures = {}
  if content.claims then
    try(failures, "claims.json", self.save_json, self, "claims.json", content.claims.claims)
  end
  local settings = {}
  for name, value in pairs(self.settings) do settings[name] = value end
  try(failures, "result.json", self.save_json, self, "result.json", {
    script = self.name, size = usage.size(self.settings),
    settings = settings, seed = rawget(self.settings, "seed"),
    revision = self.revision or moondrift.version_info().version, host = host(),
    started = self.started, seconds = self:seconds(), results = content.results,
  })
  write_figures(self, failures)
  self.is_finished = true
  print(("wrote %s/: %s (%.1f s)"):format(
    self.folder, table.concat(all_files(self), ", "), self:seconds()))
  if #failures > 0 then
    error(usage.usage_error(
      ("%s: not written: %s"):format(self.name, table.concat(failures, "; "))), 0)
  end
end

--- Says what a run that stopped early left.
function Run:__close()
  if self.is_finished then return end
  local failures = {}
  write_figures(self, failures)
  for _, failure in ipairs(failures) do io.stderr:write(("%s: %s\n"):format(self.name, failure)) end
  if self.left_open then
    print(("left %s/: %s (%.1f s)"):format(self.folder, self.left_open, self:seconds()))
    return
  end
  if self.kept then
    io.stderr:write(("%s: stopped before its end; %s\n"):format(self.name, self.kept))
    return
  end
  local left = #self.files > 0 and table.concat(self.files, ", ") .. " is complete" or nil
  if #self.files > 1 then left = table.concat(self.files, ", ") .. " are complete" end
  if not left and self.is_new then os.remove(self.folder) end
  io.stderr:write(("%s: stopped before its end; %s\n"):format(
    self.name, left and ("in %s %s, there is no result.json"):format(self.folder, left)
      or "nothing was written"))
end

return M
