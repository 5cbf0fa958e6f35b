-- The rows of a sweep: a table of configurations and results, to be selected, grouped, drawn and saved.
--
--   runs[1].n, runs[1].kl                       -- a row: what varied and what came out
--   runs:where{n = 10}                          -- some of the rows
--   runs:by("n"):interval("kl")                 -- median and its confidence interval for each n
--   runs:plot("n", "kl", {color = "width"})     -- medians, and the central half of the values
--   runs:save("runs.csv")
--
-- A run that failed is a row with an `error`; its results are absent, and nan in a column.

local nearest = require "moondrift.names"
local writers = require "moondrift.sweep.writers"

local M = {}

--- Without a sign, which 0 / 0 has on some machines and `tostring` shows.
local NAN = string.unpack("<d", "\0\0\0\0\0\0\xF8\x7F")

--- What every row has beside its configuration and results.
M.OWN = {"seconds", "memory", "failed", "error", "traceback"}

---@class moondrift.SweepRuns
---@field names string[] of what varied, in the order of the grid
---@field total integer configurations in the sweep
---@field is_complete boolean whether each has its row
---@field failed integer rows with an error
local Runs = {}

local function is_row_place(key) return math.type(key) == "integer" end

Runs.__name = "runs"
Runs.__index = function(self, key)
  if is_row_place(key) then return rawget(self, "rows")[key] end
  return Runs[key]
end
Runs.__len = function(self) return #rawget(self, "rows") end

--- Adds rows to each other in the order of the grid.
---@param rows table[]
---@param names string[]
---@param total integer
---@return moondrift.SweepRuns
function M.new(rows, names, total)
  local failed = 0
  for _, row in ipairs(rows) do if row.error then failed = failed + 1 end end
  return setmetatable(
    {rows = rows, names = names, total = total, failed = failed, is_complete = #rows == total}, Runs)
end

-- Columns

--- Names of the results, sorted.
---@return string[]
function Runs:results()
  local known, names = {}, {}
  for _, name in ipairs(self.names) do known[name] = true end
  for _, name in ipairs(M.OWN) do known[name] = true end
  for _, row in ipairs(self.rows) do
    for name in pairs(row) do
      if not known[name] then
        known[name] = true
        names[#names + 1] = name
      end
    end
  end
  table.sort(names)
  return names
end

local function check_name(self, name, of, level)
  local known = self:results()
  for _, list in ipairs{self.names, {"seconds", "memory", "error"}} do 
    table.move(list, 1, #list, #known + 1, known)
  end
  for _, candidate in ipairs(known) do if candidate == name then return end end
  error(("runs:%s: there is no '%s'%s"):format(
    of, tostring(name), nearest.suggestion(tostring(name), known, "")), level + 1)
end

local function numbers(rows, name, of, level)
  local values = {}
  for place, row in ipairs(rows) do
    local value = row[name]
    if value == nil then value = NAN end
    if type(value) == "boolean" then value = value and 1 or 0 end
    if type(value) ~= "number" then
      error(("runs:%s: '%s' is no number in row %d, but a %s"):format(of, name, place, type(value)), level + 1)
    end
    values[place] = value
  end
  return values
end

--- One number a row, nan where the run has none.
---@param name string
---@return number[]
function Runs:column(name)
  check_name(self, name, "column", 2)
  return numbers(self.rows, name, "column", 2)
end

-- Selecting

local function is_in(value, wanted)
  if type(wanted) ~= "table" then return value == wanted end
  for _, one in ipairs(wanted) do if value == one then return true end end
  return false
end

--- The rows that have these values, or for which a function is true.
---@param wanted table<string, any>|fun(row: table): boolean a value or a list of values by name
---@return moondrift.SweepRuns
function Runs:where(wanted)
  if type(wanted) ~= "table" and type(wanted) ~= "function" then
    error(("runs:where: a table of values by name or a function is expected, got %s"):format(type(wanted)), 2)
  end
  if type(wanted) == "table" then
    for name in pairs(wanted) do check_name(self, name, "where", 2) end
  end
  local rows = {}
  for _, row in ipairs(self.rows) do
    local keeps = true
    if type(wanted) == "function" then
      keeps = wanted(row)
    else
      for name, value in pairs(wanted) do keeps = keeps and is_in(row[name], value) end
    end
    if keeps then rows[#rows + 1] = row end
  end
  return M.new(rows, self.names, #rows)
end

-- Groups

---@class moondrift.RunGroups
---@field names string[] what the rows of a group share
---@field [integer] moondrift.SweepRuns
local Groups = {}
Groups.__index = Groups
Groups.__name = "groups"

--- The rows that share values of these names, group by group, in the order of the grid.
---@param ... string
---@return moondrift.RunGroups
function Runs:by(...)
  local names = {...}
  if #names == 0 then error("runs:by: the name of what a group shares is expected, got nothing", 2) end
  for _, name in ipairs(names) do check_name(self, name, "by", 2) end
  local lists, order = {}, {}
  for _, row in ipairs(self.rows) do
    local pieces = {}
    for place, name in ipairs(names) do
      pieces[place] = type(row[name]) == "string" and ("%q"):format(row[name]) or tostring(row[name])
    end
    local key = table.concat(pieces, " ")
    if not lists[key] then
      lists[key] = {}
      order[#order + 1] = key
    end
    table.insert(lists[key], row)
  end
  local groups = {names = names}
  for place, key in ipairs(order) do groups[place] = M.new(lists[key], self.names, #lists[key]) end
  return setmetatable(groups, Groups)
end

local function text_of(value)
  if type(value) ~= "number" then return value == nil and "" or tostring(value) end
  if value ~= value then return "nan" end
  return math.type(value) == "integer" and ("%d"):format(value) or ("%.4g"):format(value)
end

--- Lists of one length, as a table to read.
local Columns = {__name = "columns"}

function Columns.__tostring(self)
  local order = getmetatable(self).order
  local widths, lines = {}, {}
  for line = 0, #self[order[1]] do
    local pieces = {}
    for place, name in ipairs(order) do
      pieces[place] = line == 0 and name or text_of(self[name][line])
      widths[place] = math.max(widths[place] or 0, utf8.len(pieces[place]) or #pieces[place])
    end
    lines[line + 1] = pieces
  end
  for line, pieces in ipairs(lines) do
    for place, piece in ipairs(pieces) do
      local blanks = (" "):rep(widths[place] - (utf8.len(piece) or #piece))
      -- Numbers to the right, texts to the left.
      local is_text = type(self[order[place]][math.max(line - 1, 1)]) == "string" or order[place] == "error"
      pieces[place] = is_text and piece .. blanks or blanks .. piece
    end
    lines[line] = table.concat(pieces, "  "):gsub("%s+$", "")
  end
  return table.concat(lines, "\n")
end

local function columns_of(groups, name, of, summarize)
  local order = {}
  for place, shared in ipairs(groups.names) do order[place] = shared end
  for _, column in ipairs{"median", "low", "high", "count", "failed"} do order[#order + 1] = column end
  local columns = {}
  for _, column in ipairs(order) do columns[column] = {} end
  for place, runs in ipairs(groups) do
    check_name(runs, name, of, 3)
    local values = numbers(runs.rows, name, of, 3)
    local median, low, high, missing = summarize(values)
    for _, shared in ipairs(groups.names) do columns[shared][place] = runs[1][shared] end
    columns.median[place], columns.low[place], columns.high[place] = median, low, high
    columns.count[place], columns.failed[place] = #values - missing, runs.failed
  end
  return setmetatable(columns, {
    __name = "columns", __tostring = Columns.__tostring, order = order})
end

--- For each group the median, and a confidence interval of it by bootstrap: lists by name, `median`, `low`,
--- `high`, `count` and what the group shares. One value has no interval.
---@param name string
---@param options {level: number?, statistic: "median"|"mean"|nil, seed: integer?}?
---@return table<string, number[]>
function Groups:interval(name, options)
  options = options or {}
  return columns_of(self, name, "interval", function(values)
    local median, low, high, missing = metric.bootstrap(values, {
      level = options.level or 0.95, statistic = options.statistic or "median", seed = options.seed or 1})
    if #values - missing < 2 then low, high = NAN, NAN end
    return median, low, high, missing
  end)
end

--- For each group the median and the central share of the values: how far the runs differ, however many they are.
---@param name string
---@param share number? 0.5 where absent: the quartiles
---@return table<string, number[]>
function Groups:spread(name, share)
  return columns_of(self, name, "spread", function(values)
    return metric.interval(values, {level = share or 0.5})
  end)
end

-- Pictures

local PLOT_OPTIONS = {color = true, band = true}

---@class moondrift.RunPlot
---@field color string? what each line shares
---@field band number|false|nil central share of the values that is shaded, 0.5 where absent

--- Medians of y against x, with the central half of the values. Other options are those of `plot.figure`.
---@param x string
---@param y string
---@param options moondrift.RunPlot?
---@return figure
function Runs:plot(x, y, options)
  options = options or {}
  check_name(self, x, "plot", 2)
  check_name(self, y, "plot", 2)
  local axes = {x = x, y = y}
  for name, value in pairs(options) do
    if not PLOT_OPTIONS[name] then axes[name] = value end
  end
  local made, figure = pcall(plot.figure, axes)
  if not made then error((tostring(figure):gsub("^.-plot%.figure: ", "runs:plot: ")), 2) end
  local lines = options.color and self:by(options.color) or {self}
  for _, runs in ipairs(lines) do
    local label = options.color and ("%s = %s"):format(options.color, text_of(runs[1][options.color])) or nil
    local spread = runs:by(x):spread(y, options.band or 0.5)
    local order = {}
    for place, value in ipairs(spread[x]) do
      if type(value) ~= "number" then
        error(("runs:plot: '%s' is no number, but a %s"):format(x, type(value)), 2)
      end
      order[place] = place
    end
    table.sort(order, function(a, b) return spread[x][a] < spread[x][b] end)
    local function sorted(list)
      local values = {}
      for place, from in ipairs(order) do values[place] = list[from] end
      return values
    end
    local at = sorted(spread[x])
    figure:line(at, sorted(spread.median), {label = label, marker = "circle"})
    if options.band ~= false then figure:band(at, sorted(spread.low), sorted(spread.high)) end
  end
  return figure
end

-- Files

--- Writes all rows, as the ending of the path says: csv with a line of names, npz with a tensor for each column of
--- numbers, json with an object for each row. Errors are in json; the others have 1 in the column `failed`.
---@param path string
---@return string[]? npz: columns that hold other things than numbers, which are left out
function Runs:save(path)
  local ending = type(path) == "string" and path:match("%.(%a+)$")
  local write = ending and writers[ending:lower()]
  if not write then
    error(("runs:save: path must end in .csv, .npz or .json, got '%s'"):format(tostring(path)), 2)
  end
  if #self.rows == 0 then error("runs:save: there are no rows", 2) end
  local columns = {}
  for _, list in ipairs{self.names, self:results(), {"seconds", "memory", "failed"}} do
    table.move(list, 1, #list, #columns + 1, columns)
  end
  return write(self.rows, columns, path)
end

-- Printing

--- The first rows as a table.
function Runs:__tostring()
  local head = ("%d run%s"):format(#self.rows, #self.rows == 1 and "" or "s")
  if self.total > #self.rows then head = ("%d of %d runs"):format(#self.rows, self.total) end
  if self.failed > 0 then head = ("%s, %d failed"):format(head, self.failed) end
  if #self.rows == 0 then return head end
  local order, columns = {}, {}
  for _, list in ipairs{self.names, self:results(), {"seconds", self.failed > 0 and "error" or nil}} do
    table.move(list, 1, #list, #order + 1, order)
  end
  local shown = math.min(#self.rows, 10)
  for _, name in ipairs(order) do
    columns[name] = {}
    for place = 1, shown do
      local value = self.rows[place][name]
      if name == "error" and value then value = value:match("^[^\n]*") end
      if type(value) == "table" then value = "{…}" end
      columns[name][place] = text_of(value)
    end
  end
  local text = head .. "\n" .. tostring(setmetatable(columns, {__tostring = Columns.__tostring, order = order}))
  return #self.rows > shown and text .. "\n…" or text
end

return M
