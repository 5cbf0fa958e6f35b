-- In an empty current folder.
local check = require "check"
local claims = require "moondrift.claims"
local run = require "moondrift.run"

-- A new folder for each run, also within one second
local first, second = run.open{seed = 3}, run.open{}
assert(first.folder:match("^runs/run_tests%-%d+%-%d+$") and second.folder ~= first.folder)
check.equal(file.list(first.folder), {})

first:save_figure(plot.line({1, 2}, {3, 4}), "line")
check.equal(file.list(first.folder), {})  -- results first
file.save(first:path "points.npy", tensor{1})
local list = claims.new()
list:add{id = "1", claim = "c", source = "derived", expected = 1, tolerance = 0, measured = 0 / 0}
local printed = {}
do
  local print_before = print
  print = function(...) printed[#printed + 1] = table.concat({...}, "\t") end
  first:finish{results = {answer = 42}, claims = list}
  print = print_before
end
check.contains(printed[1],
  "wrote " .. first.folder .. "/: claims.json, result.json, line.svg, line.png, points.npy (")
check.equal(file.list(first.folder), {"claims.json", "line.png", "line.svg", "points.npy", "result.json"})
local text = file.read_text(first:path "result.json")
for _, part in ipairs{'"answer": 42', '"seed": 3', '"seconds"', '"revision"', '"cpu"', '"blas"',
  '"threads"', '"lua": "Lua 5.4"', '"script": "run_tests"'} do
  check.contains(text, part)
end
check.contains(file.read_text(first:path "claims.json"), '"measured": null')
check.contains(file.read_text(first:path "claims.json"), '"verdict": "inconclusive"')

-- --out: made with the folders above it, or there and empty
local third = run.open{out = "a/b/c"}
check.equal(third.folder, "a/b/c")
check.equal(run.open{out = "a/b/c/"}.folder, "a/b/c")
check.raises("run_tests.lua: --out=" .. first.folder .. " is not empty (it holds claims.json); give a new"
  .. " folder", run.open, {out = first.folder})
check.raises("run_tests.lua: --out=" .. first:path "line.svg" .. " is not a folder",
  run.open, {out = first:path "line.svg"})
check.raises(": Not a directory", run.open, {out = first:path "line.svg" .. "/x"})
check.raises("run_tests.lua: --out=/proc/x: cannot make /proc/x: No such file or directory",
  run.open, {out = "/proc/x"})
check.raises("run.open: a table of settings is expected, got nil", run.open)

-- A run that fails leaves no empty folder, and keeps what is whole
local function failing(save)
  local folder
  local passed, message = pcall(function()
    local record <close> = run.open{}
    folder = record.folder
    if save then record:save_json("part.json", {1}) end
    error("on purpose", 0)
  end)
  check.equal(passed, false)
  check.equal(message, "on purpose")
  return folder
end
check.equal(file.kind(failing(false)), nil)
check.equal(file.list(failing(true)), {"part.json"})
check.raises("run:finish: a table with results is expected", second.finish, second, {})

-- A figure that cannot be written keeps nothing else from being written, and is named
local fourth = run.open{}
file.make_directory(fourth:path "a.svg")
fourth:save_figure(plot.line({1, 2}, {3, 4}), "a"):save_figure(plot.line({1, 2}, {3, 4}), "b")
check.raises("run_tests: not written: a.svg: cannot write " .. fourth:path "a.svg" .. ": Is a directory",
  fourth.finish, fourth, {results = {}})
check.equal(file.list(fourth.folder), {"a.png", "a.svg", "b.png", "b.svg", "result.json"})
check.raises("run:save_figure: name must be that of a file, got 'x/y'",
  second.save_figure, second, plot.line({1, 2}, {3, 4}), "x/y")

-- A run that fails writes the figures it had
local folder
pcall(function()
  local record <close> = run.open{}
  folder = record.folder
  record:save_figure(plot.line({1, 2}, {3, 4}), "early")
  error("on purpose", 0)
end)
check.equal(file.list(folder), {"early.png", "early.svg"})
