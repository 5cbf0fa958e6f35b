-- In an empty current folder.
local check = require "check"
local made = require "moondrift.sweep.runs"

local rows = {}
for _, n in ipairs{10, 100} do
  for _, width in ipairs{1, 2} do
    for seed = 1, 5 do
      rows[#rows + 1] = {n = n, width = width, seed = seed, kl = seed / n, seconds = 0.5, memory = 1 << 20}
    end
  end
end
rows[3].kl, rows[3].error, rows[3].traceback = nil, 'no "luck",\nreally', "at"
rows[4].name = 'a, "text"'
local runs = made.new(rows, {"n", "width", "seed"}, 24)

check.equal(#runs, 20)
check.equal({runs.total, runs.is_complete, runs.failed}, {24, false, 1})
check.equal(runs[2].kl, 0.2)
check.equal(runs[21], nil)
check.equal(runs:results(), {"kl", "name"})
local count = 0
for _, row in ipairs(runs) do count = count + row.seed end
check.equal(count, 60)

-- Selecting
check.equal(#runs:where{n = 10}, 10)
check.equal(#runs:where{n = 10, width = 2, seed = {1, 5, 9}}, 2)
check.equal(#runs:where(function(row) return row.error end), 1)
check.equal(#runs:where{n = 11}, 0)
check.equal(runs:where{n = 10, width = 1}:column("kl"), {0.1, 0.2, 0 / 0, 0.4, 0.5})
check.raises("runs:where: there is no 'm' (did you mean n?)", runs.where, runs, {m = 1})
check.raises("runs:where: a table of values by name or a function is expected, got nil", runs.where, runs)
check.raises("runs:column: there is no 'lk' (did you mean kl?)", runs.column, runs, "lk")
check.raises("runs:column: 'name' is no number in row 4, but a string", runs.column, runs, "name")

-- Groups: the median and the quartiles of what is there
local spread = runs:where{width = 1}:by("n"):spread("kl")
check.equal(spread.n, {10, 100})
check.near(spread.median[1], 0.3, 1e-12)
check.near(spread.median[2], 0.03, 1e-12)
check.near(spread.low[2], 0.02, 1e-12)
check.near(spread.high[2], 0.04, 1e-12)
check.equal(spread.count, {4, 5})
check.equal(spread.failed, {1, 0})
check.equal(#runs:by("n", "width"), 4)
check.equal(runs:by("n", "width"):spread("kl").width, {1, 2, 1, 2})

-- The interval of the median is that of the bootstrap, the same at each call; one value has none
local interval = runs:by("n"):interval("kl", {level = 0.9})
local median, low, high = metric.bootstrap(runs:where{n = 100}:column("kl"), {level = 0.9, seed = 1})
check.equal({interval.median[2], interval.low[2], interval.high[2]}, {median, low, high})
check.equal(runs:by("n"):interval("kl", {level = 0.9}).low, interval.low)
local mean = runs:by("n"):interval("kl", {statistic = "mean"})
check.near(mean.median[2], 0.03, 1e-12)
local alone = runs:where{seed = 1, width = 1}:by("n"):interval("kl")
check.equal(alone.median, {0.1, 0.01})
check.equal(alone.low, {0 / 0, 0 / 0})
check.contains(tostring(spread), "  n  median")
check.raises("runs:by: the name of what a group shares is expected, got nothing", runs.by, runs)
check.raises("runs:by: there is no 'with' (did you mean width?)", runs.by, runs, "with")
check.raises("runs:interval: there is no 'lk' (did you mean kl?)", function() return runs:by("n"):interval("lk") end)

-- Files
runs:save("a.csv")
local text = file.read_text("a.csv")
check.contains(text, "n,width,seed,kl,name,seconds,memory,failed\n10,1,1,0.10000000000000001,,0.5,1048576,0\n")
check.contains(text, '\n10,1,3,,,0.5,1048576,1\n10,1,4,0.40000000000000002,"a, ""text""",0.5,1048576,0\n')
runs:where{n = 100}:save("b.csv")
check.equal(file.load("b.csv", {columns = true}).kl[2]:item(), 0.02)
check.equal(runs:save("a.npz"), {"name"})
local columns = file.load("a.npz")
check.equal(columns.n.dtype, "int64")
check.equal(columns.kl[2]:item(), 0.2)
assert(columns.kl[3]:item() ~= columns.kl[3]:item())
runs:save("a.json")
local objects = file.load("a.json")
check.equal(#objects, 20)
check.equal({objects[2].n, objects[2].kl}, {10, 0.2})
check.equal(objects[3].error, 'no "luck",\nreally')
check.raises("runs:save: path must end in .csv, .npz or .json, got 'a.txt'", runs.save, runs, "a.txt")
check.raises("runs:save: there are no rows", function() runs:where{n = 11}:save("b.csv") end)

-- Pictures: a line and a band for each colour
local figure = runs:plot("n", "kl", {color = "width", band = 0.5, log = "xy", title = "t"})
check.contains(tostring(figure), "4 series")
check.contains(figure:text{width = 60}, "width = 2")
check.contains(tostring(runs:plot("n", "kl", {band = false})), "1 series")
check.raises("runs:plot: there is no 'lk' (did you mean kl?)", runs.plot, runs, "n", "lk")
check.raises("runs:plot: unknown option 'titel' (did you mean title?)", runs.plot, runs, "n", "kl", {titel = "t"})
check.raises("runs:plot: 'name' is no number, but a string", function()
  runs:where(function(row) return row.name end):plot("name", "kl")
end)

-- Printed: how many, and the first ten
local shown = tostring(runs)
check.contains(shown, "20 of 24 runs, 1 failed\n")
check.contains(shown, 'no "luck",')
check.equal(select(2, shown:gsub("\n", "\n")), 12)
check.equal(tostring(runs:where{n = 11}), "0 runs")
