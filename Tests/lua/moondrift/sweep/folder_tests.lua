-- In an empty current folder.
local check = require "check"
local folder = require "moondrift.sweep.folder"

local print_of = {code = "a", captured = {steps = 1}}

local function open(name, shard, print) return folder.open(name, print or print_of, shard or "1/1", {"n"}) end
local function row(n, value, failure)
  return {configuration = {n = n}, result = {value = value}, seconds = 0.5, memory = 7, error = failure}
end

-- Rows come back as they were, nan too
do
  local store = open("a")
  store:write(row(1, 0.1))
  store:write(row(2, 0 / 0))
  store:write(row(3, 1e300))
  store:close()
  local again = open("a")
  check.equal(again.rows["n=1"].result.value, 0.1)
  assert(again.rows["n=2"].result.value ~= again.rows["n=2"].result.value)
  check.equal(again.rows["n=3"].result.value, 1e300)
  again:close()
  check.equal(#file.list("a"), 1)  -- a process that added nothing leaves no file
end

-- What the code has changed itself counts no more as a setting, for those that come later too; no row is lost
do
  local store = open("changing", nil, {code = "a", captured = {steps = 1, count = 0}})
  store:note_changing{"count"}
  store:note_changing{"count"}
  store:write(row(1, 1))
  store:close()
  local _, lines = file.read_text("changing/" .. file.list("changing")[1]):gsub("\n", "")
  check.equal(lines, 3)
  local again = open("changing", nil, {code = "a", captured = {steps = 1, count = 7}})
  check.equal(again.rows["n=1"].result.value, 1)
  again:close()
  check.raises("sweep: changing holds rows of other settings: steps was 1, is 2; give a new folder", open, "changing", nil,
    {code = "a", captured = {steps = 2, count = 0}})
end

-- What came to its end counts more than what failed, a later row more than one before
do
  local first = open("b")
  first:write(row(1, 1))
  first:write(row(2, nil, "no luck"))
  first:close()
  local second = open("b")
  second:write(row(1, nil, "no luck"))
  second:write(row(2, 4))
  second:close()
  local rows = folder.read("b")
  check.equal(rows["n=1"].error, nil)
  check.equal(rows["n=2"].result.value, 4)
end

-- A line that was cut short is no row, and one that is damaged is named
local name = file.list("a")[1]
local text = file.read_text("a/" .. name)
file.write_text("a/" .. name, text:sub(1, -20))
check.equal(folder.read("a")["n=3"], nil)
check.equal(folder.read("a")["n=1"].result.value, 0.1)
file.write_text("a/" .. name, (text:gsub('"configuration"', "configuration", 1)))
check.raises("sweep: line 2 of a/" .. name .. " is damaged; remove the line, or the file", folder.read, "a")
file.write_text("a/" .. name, (text:gsub('"configuration"', '"konfiguration"', 1)))
check.raises("sweep: line 2 of a/" .. name .. " is no row", folder.read, "a")
file.write_text("a/" .. name, "")
check.equal(folder.read("a"), {})

-- Rows of other code or settings
check.raises("sweep: b holds rows of other code: its fingerprint was a, is b; give a new folder", open, "b", "1/1",
  {code = "b", captured = {steps = 1}})
check.raises("sweep: b holds rows of other settings: steps was 1, is 2; give a new folder", open, "b", "1/1",
  {code = "a", captured = {steps = 2}})
check.equal(#file.list("b"), 2)  -- who is refused leaves nothing

-- Two that work in one folder: shards of one number do, others do not
do
  local first = open("c", "1/2")
  local second = open("c", "2/2")
  second:write(row(2, 4))
  first:refresh()
  check.equal(first.rows["n=2"].result.value, 4)
  for _, shard in ipairs{"1/2", "1/1", "1/3"} do
    local passed, message = pcall(open, "c", shard)
    assert(not passed)
    check.contains(tostring(message), "sweep: another process works on c (shard ")
  end
  second:close()
  first:close()
  open("c", "1/1"):close()
end

-- A folder that was made for nothing goes again
open("d/e"):close()
check.equal(file.list("d"), {})

-- What cannot be a folder
file.write_text("plain", "")
check.raises("sweep: plain is not a folder", open, "plain")
check.equal(folder.has_rows("b"), true)
check.equal(folder.has_rows("plain"), false)
check.equal(folder.has_rows("nowhere"), false)
