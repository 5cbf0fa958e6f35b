-- Runs the tables of a page that says how something is written elsewhere and here: each line of a
-- table `| elsewhere | Moondrift | gives |` in an environment of its own.
--
-- run: moondrift run_correspondence.lua PAGE NUMBERS [LEAST]
-- Exit code 1 and a line for each deviation, and where fewer than LEAST lines are found.
--
-- The block of Lua under "How to read the tables" runs before each line, and so do blocks that stand
-- before the table of its own section. The last cell may begin with what the prompt shows, in
-- backticks. NUMBERS holds what the other side gives (Tests/References): each line must be known
-- there, and where it has numbers they must be ours. In a line that says "counts from 1" integers are
-- one more here; of one that says "other numbers" shape and type are compared, of one that says "other
-- type" shape and numbers.

local shown = require "shown"

local path, numbers_path, least = arg[1], arg[2], tonumber(arg[3] or 1)
local deviations, lines, compared = 0, 0, 0

local function report(line, ...)
  deviations = deviations + 1
  io.stderr:write(("%s:%d: %s\n"):format(path, line, string.format(...)))
end

local known = {}
assert(loadfile(numbers_path))(
  function(expression, results) known[expression] = results or {} end,
  function(kind, shape, values) return {kind = kind, shape = shape, values = values} end,
  1/0, 0/0)

--- A result of ours as kind, shape and numbers; nil where there is nothing to compare.
local function flattened(result)
  if moondrift.tensor and type(result) == "userdata" and pcall(tensor.detach, result) then
    return {kind = result.dtype, shape = result.shape, values = result:reshape{-1}:table()}
  elseif type(result) == "number" or type(result) == "boolean" then
    return {kind = "any", shape = {}, values = {result}}
  elseif type(result) == "string" then
    return {kind = "text", shape = {}, values = {result}}
  elseif type(result) == "table" then
    local ok, made = pcall(tensor, result)
    if ok then
      local flat = flattened(made)
      flat.kind = "any"
      return flat
    end
  end
end

local function plain(value) return value == true and 1 or value == false and 0 or value end

--- What differs between a result and the other side's, or nil.
local function difference(ours, theirs, note)
  if not ours then return "is nothing to compare" end
  local typed = ours.kind ~= "any" and theirs.kind ~= "any" and not note:find "other type"
  if typed and ours.kind ~= theirs.kind then return ("is %s, not %s"):format(ours.kind, theirs.kind) end
  local a, b = table.concat(ours.shape, " "), table.concat(theirs.shape, " ")
  if a ~= b then return ("has shape [%s], not [%s]"):format(a, b) end
  if note:find "other numbers" then return end
  local shift = theirs.kind == "int64" and note:find "counts from 1" and 1 or 0
  for i, theirs_here in ipairs(theirs.values) do
    local p, q = plain(ours.values[i]), plain(theirs_here)
    if type(q) == "number" then q = q + shift end
    local near = p == q or (type(p) == "number" and type(q) == "number"
      and math.abs(p - q) <= 2e-6 + 2e-5 * math.abs(q)) or (p ~= p and q ~= q)
    if not near then return ("has %s at %d, not %s"):format(p, i, q) end
  end
end

local function compare(line, results, expression, note)
  local theirs = known[expression]
  if not theirs then
    return report(line, "nothing is known of '%s'; run the program beside the numbers", expression)
  end
  if #theirs == 0 then return end
  compared = compared + 1
  local first = results[1]
  if type(first) == "table" and type(first[1]) == "userdata" then
    results = table.pack(table.unpack(first))
  end
  for i, other in ipairs(theirs) do
    local text = difference(flattened(results[i]), other, note)
    if text then report(line, "result %d %s", i, text) end
  end
end

--- The results of a line: of an expression its values, of an assignment the variable.
local function evaluate(preamble, code)
  local environment = setmetatable({}, {__index = _G})
  assert(load(preamble, "=preamble", "t", environment))()
  local chunk = load("return " .. code, "=line", "t", environment)
  if chunk then return table.pack(chunk()) end
  local results = table.pack(assert(load(code, "=line", "t", environment))())
  if results.n > 0 then return results end
  return table.pack(environment[code:match("^[%a_][%w_]*")])
end

local function run_line(line, preamble, cells)
  lines = lines + 1
  local expression, code = cells[1]:match("^`(.*)`$"), cells[2]:match("^`(.+)`$")
  if not code then return report(line, "no Lua stands in '%s'", cells[2]) end
  if not expression then return report(line, "no expression stands in '%s'", cells[1]) end
  local ok, results = pcall(evaluate, preamble, code)
  if not ok then return report(line, "%s", results) end
  local expected = cells[3]:match("^`(.-)`")
  local text = shown.text(results)
  if expected and not shown.agrees(expected, text) then
    report(line, "shows %q, not %q", text, expected)
  end
  compare(line, results, expression, cells[3])
end

--- The cells of a line of a table; `\|` is a bar.
local function cells_of(text)
  local cells = {}
  for cell in text:gsub("\\|", "\1"):sub(2):gmatch("([^|]*)|") do
    cells[#cells + 1] = cell:match("^%s*(.-)%s*$"):gsub("\1", "|")
  end
  return cells
end

local common, section, block = "", "", nil
local is_head, is_table = false, false
local number = 0
for text in io.lines(path) do
  number = number + 1
  if text:match("^## ") then
    is_head, section = text == "## How to read the tables", ""
  elseif text:match("^```lua") then
    block = ""
  elseif text:match("^```") then
    if block and is_head then common = common .. block elseif block then section = section .. block end
    block = nil
  elseif block then
    block = block .. text .. "\n"
  elseif text:match("^|") then
    local cells = cells_of(text)
    if cells[2] == "Moondrift" then
      is_table = true
    elseif is_table and not text:match("^|%-") then
      run_line(number, common .. section, cells)
    end
  else
    is_table = false
  end
end
if lines < least then report(number, "%d lines, expected %d or more", lines, least) end
print(("%s: %d lines, %d compared with numbers"):format(path, lines, compared))
os.exit(deviations == 0)
