-- The rows of a sweep on disk. Each process that works on a sweep has a file of its own, `rows-….jsonl`, with
-- what made it on its first line. Each line after it is a row, or names what the code itself changes as it runs,
-- which does not count as a setting. Who reads merges the files. A process that is killed leaves whole lines, and
-- no lock: a file is held while its process lives, by the kernel.
--
--   local store = folder.open("runs/a", fingerprint, {1, 1})
--   store.rows[key]                  -- what is there already
--   store:write(row)                 -- a line, at once
--   store:close()

local args = require "moondrift.args"
local fingerprint = require "moondrift.sweep.fingerprint"
local grid = require "moondrift.sweep.grid"
local hash = require "moondrift.sweep.hash"

local M = {}

---@class moondrift.StoredRow
---@field configuration table
---@field result table by name
---@field seconds number
---@field memory integer bytes
---@field error string? what went wrong
---@field traceback string?

---@class moondrift.RowStore
---@field folder string
---@field name string of this process's own file
---@field rows table<string, moondrift.StoredRow> by key of the configuration
---@field changing table<string, true> names of what the code itself changes
local Store = {}
Store.__index = Store
Store.__name = "row_store"

local PATTERN = "^rows%-.*%.jsonl$"

local function refuse(message, ...) error(args.usage_error("sweep: " .. message:format(...)), 0) end

--- Whether a folder has rows of a sweep.
---@param folder string
---@return boolean
function M.has_rows(folder)
  if file.kind(folder) ~= "directory" then return false end
  for _, name in ipairs(file.list(folder)) do
    if name:match(PATTERN) then return true end
  end
  return false
end

-- Reading

--- The values of the lines that are whole. What stands behind the last newline is of a process that was killed.
local function read_lines(path)
  local values = {}
  for line in file.read_text(path):gmatch("([^\n]*)\n") do
    local parsed, value = pcall(file.parse_json, line)
    if not parsed or type(value) ~= "table" then
      refuse("line %d of %s is damaged; remove the line, or the file", #values + 1, path)
    end
    values[#values + 1] = value
  end
  return values
end

--- A file that is held has its first line in a moment.
local function read_when_begun(path)
  local start = moondrift.seconds()
  while true do
    local values = read_lines(path)
    if #values > 0 or not file.is_held(path) or moondrift.seconds() - start > 0.5 then return values end
  end
end

local function is_row(value)
  return type(value.configuration) == "table" and type(value.result) == "table"
    and type(value.seconds) == "number"
end

--- Adds the rows of a file. A row that came to its end counts more than one that failed, a later one more than
--- one before.
local function merge(rows, values, path)
  for place = 2, #values do
    local row = values[place]
    if is_row(row) then
      local key = grid.key(row.configuration)
      if not rows[key] or rows[key].error or not row.error then rows[key] = row end
    elseif type(row.changing) ~= "table" then
      refuse("line %d of %s is no row", place, path)
    end
  end
end

local function head_of(values, path)
  local head = values[1]
  if head and (head.moondrift_sweep ~= 1 or type(head.code) ~= "string") then
    refuse("%s was written by another version", path)
  end
  return head
end

--- All rows that are there, by key, and what made them.
---@param folder string
---@return table<string, moondrift.StoredRow> rows
---@return table? head the first line of a file
function M.read(folder)
  local rows, head = {}, nil
  for _, name in ipairs(file.list(folder)) do
    if name:match(PATTERN) then
      local path = folder .. "/" .. name
      local values = read_lines(path)
      head = head_of(values, path) or head
      merge(rows, values, path)
    end
  end
  return rows, head
end

-- Opening

--- What a file could not do, without the place in the code.
---@param failure any
---@return string
function M.reason(failure)
  return (tostring(failure):gsub("^.-file%.journal: ", ""):gsub("^.-journal%.write: ", ""))
end

--- A new file of this process.
local function begin(folder, head)
  local failure
  for attempt = 1, 100 do
    local salt = tostring({}) .. moondrift.seconds() .. attempt
    local name = ("rows-%s-%s-%s.jsonl"):format(
      os.date("!%Y%m%dT%H%M%S"), head.shard:gsub("/", "of"), hash(salt):sub(1, 8))
    local made, result = pcall(file.journal, folder .. "/" .. name)
    if made then
      local written, reason = pcall(result.write, result, file.json_text(head, {nan = "python"}))
      if written then return name, result end
      result:close()
      os.remove(folder .. "/" .. name)
      result = reason
    end
    failure = result
    if not tostring(result):find("File exists", 1, true) then break end
  end
  refuse("%s", M.reason(failure))
end

--- Two processes share a folder where they work on different shards of one number of shards.
local function check_shards(own, other, path)
  local k, n = own:match("^(%d+)/(%d+)$")
  local other_k, other_n = tostring(other.shard):match("^(%d+)/(%d+)$")
  if n == other_n and k ~= other_k then return end
  refuse("another process works on %s (shard %s, since %s); wait for its end, or give each a --shard of its own",
    path:match("^(.*)/[^/]*$"), other.shard, other.started)
end

--- Makes the folder where there is none, reads the rows it has, and begins a file of this process. A folder of
--- other code or settings, and one that another process works on, are errors.
---@param folder string
---@param print moondrift.Fingerprint
---@param shard string "1/2"
---@param names string[] of the configurations
---@return moondrift.RowStore
function M.open(folder, print, shard, names)
  local kind = file.kind(folder)
  if kind and kind ~= "directory" then refuse("%s is not a folder", folder) end
  local made, is_new = pcall(file.make_directory, folder)
  if not made then refuse("%s", (tostring(is_new):gsub("^.-file%.make_directory: ", ""))) end
  local head = {
    moondrift_sweep = 1, code = print.code, captured = print.captured, shard = shard, names = names,
    version = moondrift.version_info().version, started = os.date("!%Y-%m-%dT%H:%M:%SZ"),
  }
  local store = setmetatable({folder = folder, is_new = is_new, rows = {}, changing = {}}, Store)
  -- First one's own, then a look at the others: of two that begin at once, one at least sees the other.
  local has_begun, name, journal = pcall(begin, folder, head)
  if not has_begun then
    if is_new then os.remove(folder) end
    error(name, 0)
  end
  store.name, store.journal = name, journal
  local passed, failure = pcall(function()
    local others = {}
    for _, name in ipairs(file.list(folder)) do
      if name:match(PATTERN) and name ~= store.name then
        local path = folder .. "/" .. name
        local values = read_when_begun(path)
        for _, value in ipairs(values) do
          for _, changed in ipairs(type(value.changing) == "table" and value.changing or {}) do store.changing[changed] = true end
        end
        others[#others + 1] = {path = path, values = values, head = head_of(values, path)}
      end
    end
    for _, other in ipairs(others) do
      local head = other.head
      if head then
        local difference = fingerprint.difference({code = head.code, captured = head.captured or {}}, print, store.changing)
        if difference then refuse("%s holds rows of %s; give a new folder", folder, difference) end
        if file.is_held(other.path) then check_shards(shard, head, other.path) end
        merge(store.rows, other.values, other.path)
      end
    end
  end)
  if not passed then
    store:close()
    error(failure, 0)
  end
  return store
end

--- Writes a row at once.
---@param row moondrift.StoredRow
function Store:write(row)
  self.journal:write(file.json_text(row, {nan = "python"}))
  self.rows[grid.key(row.configuration)] = row
  self.has_written = true
end

--- Notes names of what the code has changed, once each: they do not count as settings from now on.
---@param names string[]
function Store:note_changing(names)
  local fresh = {}
  for _, name in ipairs(names) do
    if not self.changing[name] then
      self.changing[name] = true
      fresh[#fresh + 1] = name
    end
  end
  if #fresh > 0 then self.journal:write(file.json_text({changing = fresh})) end
end

--- What other processes have written since.
function Store:refresh()
  local rows = M.read(self.folder)
  for key, row in pairs(rows) do self.rows[key] = row end
end

--- In a child process: the file is held by its parent alone.
function Store:leave() self.journal:close() end

--- Ends this process's file. One without rows is taken away, and a folder that was made for it.
function Store:close()
  if not self.journal then return end
  if not self.has_written then
    os.remove(self.folder .. "/" .. self.name)
    if self.is_new then os.remove(self.folder) end
  end
  self.journal:close()
  self.journal = nil
end

return M
