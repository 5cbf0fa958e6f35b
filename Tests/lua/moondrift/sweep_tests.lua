-- In an empty current folder.
local check = require "check"
local args = require "moondrift.args"
local run = require "moondrift.run"
local sweep = require "moondrift.sweep"

-- Children whose two threads come at once to what the run time makes once. Where a child ran on the thread that forked, one in
-- ten waited for ever; this process has trained nothing yet, so that each child is the first.
do
  local ended = sweep{over = {k = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}}, run = function()
    local models, sets = {}, {}
    for k = 1, 2 do
      models[k] = nn.residual_mlp{dimension = 4, width = 8, sde = sde.vp(), predicts = "clean", seed = k}
      sets[k] = random.stream(k):normal{8, 4}
    end
    train.start(models, sets, {batch = 8, seed = {1, 2}, progress = false})[1]:advance(3)
    return {x = 1}
  end}
  assert(#ended == 10 and ended.failed == 0)
end

--- Rows without what differs from run to run.
local function plain(runs)
  local rows = {}
  for place, row in ipairs(runs) do
    rows[place] = {}
    for name, value in pairs(row) do
      if name ~= "seconds" and name ~= "memory" then rows[place][name] = value end
    end
  end
  return rows
end

--- What is written on stderr is for people.
local function quietly(f, ...)
  local stderr, told = io.stderr, {}
  io.stderr = {write = function(_, text) told[#told + 1] = text end}
  local results = table.pack(pcall(f, ...))
  io.stderr = stderr
  assert(results[1], results[2])
  return results[2], table.concat(told)
end

-- A row a run, in the order of the grid, whichever ends first
local runs = sweep{over = {n = {3, 1, 2}, seed = "1-2"}, jobs = 3, run = function(c)
  if c.n == 3 then os.execute("sleep 0.1") end
  return {square = c.n * c.n, half = c.n / 2, text = "n" .. c.n, list = {c.n, c.seed}, even = c.n % 2 == 0}
end}
check.equal(#runs, 6)
check.equal(plain(runs)[1], {n = 3, seed = 1, square = 9, half = 1.5, text = "n3", list = {3, 1}, even = false})
check.equal(runs:column("square"), {9, 9, 1, 1, 4, 4})
assert(runs[1].seconds >= 0.1 and runs[1].seconds < 5 and runs[1].memory > 1 << 20)
check.equal(sweep.last, runs)

-- What counts as a number
runs = sweep{over = {n = {1}}, run = function()
  return {tensor = tensor{1.5}:sum(), measurement = metric.energy_distance(tensor{{1}, {2}}, tensor{{1}, {3}}, {seed = 1}),
    curve = tensor{1, 2}, nothing = 0 / 0, infinite = math.huge}
end}
check.equal(runs[1].tensor, 1.5)
check.equal(type(runs[1].measurement), "number")
check.equal(runs[1].curve, {1, 2})
assert(runs[1].nothing ~= runs[1].nothing and runs[1].infinite == math.huge)
check.equal(sweep{over = {n = {1}}, run = function(c) return c.n end}[1].value, 1)

-- Jobs do not change results; random streams start from the seed of the row
local function draw(c)
  return {named = random.stream(c.seed):normal{2}:sum(), unnamed = target.gaussian_mixture{means = {-1, 1}}:sample(c.n):sum(),
    lua = math.random()}
end
local over = {n = {1, 5}, seed = "1-3"}
local once = plain(sweep{over = over, run = draw})
math.random()
check.equal(plain(sweep{over = over, run = draw, jobs = 3}), once)
check.equal(plain(sweep{over = {n = 5, seed = 2}, run = draw, jobs = "cores"})[1], once[5])
assert(once[1].unnamed ~= once[2].unnamed and once[1].lua ~= once[2].lua)

-- A run changes its own copies
local count = 0
runs = sweep{over = {seed = "1-3"}, run = function() count = count + 1 return count end}
check.equal(runs:column("value"), {1, 1, 1})
check.equal(count, 0)

-- Failures are rows, whatever makes them, and the others go on
local told
runs, told = quietly(sweep, {over = {n = {1, 2, 3, 4, 5, 6, 7}}, jobs = 2, run = function(c)
  if c.n == 1 then error("no luck") end
  if c.n == 2 then os.execute("kill -9 $PPID") os.execute("sleep 5") end
  if c.n == 3 then os.exit(3) end
  if c.n == 4 then return nil end
  if c.n == 5 then return {n = 1} end
  if c.n == 6 then return {f = print} end
  return {fine = c.n}
end})
check.contains(runs[1].error, "sweep_tests.lua:")
check.contains(runs[1].error, ": no luck")
check.contains(runs[1].traceback, "stack traceback")
check.equal(runs[2].error, "the process of the run was killed by signal 9 (Killed)")
check.equal(runs[3].error, "the run exited with code 3")
check.equal(runs[4].error, "run must return a number or a table of results, got nothing")
check.equal(runs[5].error, "run returned 'n', which is a name in over")
check.equal(runs[6].error, "run returned 'f', which is no number, text or list, but a function")
check.equal(runs[7].fine, 7)
check.equal({runs.failed, runs.is_complete}, {6, true})
-- Five are told one by one, as they end.
check.equal(select(2, told:gsub("sweep: n=%d failed: [^\n]+\n", "")), 5)
check.contains(told, "sweep: 6 runs failed\n")
runs = quietly(sweep, {over = {n = 1}, run = function() return {seconds = 1} end})
check.equal(runs[1].error, "run returned 'seconds', which every row has")
runs = quietly(sweep, {over = {n = 1}, run = function(c) return c.m end})
check.contains(runs[1].error, "over has no 'm' (did you mean n?)")
runs = quietly(sweep, {over = {n = 1}, run = function() error({1}) end})
check.contains(runs[1].error, "table: ")

-- Rows stay, and what is done is not done again; failures are, when asked
local function calls() return file.kind("calls") and #file.read_text("calls") or 0 end
local function noted(c)
  io.open("calls", "a"):write("x"):close()
  if c.n == 2 and not file.kind("luck") then error("no luck") end
  return {value = c.n * 10, random = random.stream(c.n):uniform{1}[1]:item()}
end
quietly(sweep, {over = {n = {1, 2}}, run = noted, out = "a/rows"})
check.equal(calls(), 2)
runs = sweep{over = {n = {1, 2, 3}}, run = noted, out = "a/rows"}
check.equal(calls(), 3)
check.equal(runs.failed, 1)
file.write_text("luck", "")
runs = sweep{over = {n = {1, 2, 3}}, run = noted, out = "a/rows", retry = true}
check.equal(calls(), 4)
check.equal(runs:column("value"), {10, 20, 30})
check.equal(plain(sweep.load("a/rows")), plain(runs))
check.equal(plain(sweep{over = {n = {1, 2, 3}}, run = noted}), plain(runs))

-- Another code, other values, another process
check.contains(select(2, pcall(sweep, {over = {n = {1}}, run = function() return 1 end, out = "a/rows"})),
  "sweep: a/rows holds rows of other code")
local function scaled(factor) return function(c) return c.n * factor end end
sweep{over = {n = {1}}, run = scaled(2), out = "b"}
check.raises("sweep: b holds rows of other settings: factor was 2, is 3; give a new folder",
  sweep, {over = {n = {1}}, run = scaled(3), out = "b"})
runs = quietly(sweep, {over = {n = {1}}, out = "c", run = function()
  local passed, message = pcall(sweep, {over = {n = {1}}, run = function() return 1 end, out = "c"})
  return {passed = passed, message = tostring(message)}
end})
check.equal(runs[1].passed, false)

-- Shards share a folder; who ends last has all rows
local function shard(k) return sweep{over = {n = {1, 2, 3, 4, 5}}, run = scaled(7), out = "d", shard = k} end
runs = shard("2/2")
check.equal({#runs, runs.total, runs.is_complete}, {2, 5, false})
check.equal(runs:column("n"), {2, 4})
runs = shard("1/2")
check.equal({runs.is_complete, table.concat(runs:column("value"), " ")}, {true, "7 14 21 28 35"})
check.equal(#file.list("d"), 2)

-- An estimate makes two runs, and keeps them where there is a folder
local made = {over = {n = {1, 2, 3}, seed = "1-2"}, out = "e", jobs = 2, run = function(c)
  if c.n == 3 then os.execute("sleep 0.2") end
  return c.n
end}
local estimate = sweep.estimate(made)
check.equal({estimate.left, estimate.jobs}, {4, 2})
assert(estimate.seconds[1] <= estimate.seconds[2] and estimate.seconds[2] >= 0.4)
assert(estimate.memory > 1 << 20)
check.contains(tostring(estimate), "4 runs are left, 2 at a time: 0:0")
check.equal(#sweep.load("e"), 2)
check.equal(#sweep(made), 6)
check.equal(sweep.estimate(made).left, 0)

-- With the settings and the record of a script
local function script(...)
  local settings = args.parse({ns = {1, 2}, seeds = "1-2", factor = 3, sweep = true}, {...})
  local record <close> = run.open(settings)
  local rows = sweep{over = {n = settings.ns, seed = settings.seeds}, settings = settings, record = record,
    run = function(c) return c.n * settings.factor end}
  if rows.is_complete then record:finish{results = {rows = #rows}} end
  return rows
end
local print_before, printed = print, {}
print = function(...) printed[#printed + 1] = table.concat({...}, "\t") end
check.equal(#script("--out=f", "--shard=1/2", "--jobs=2"), 2)
check.contains(printed[#printed], "left f/: 2 of 4 runs are there (")
check.raises("sweep: f/rows holds rows of other settings: factor was 3, is 4; give a new folder",
  script, "--out=f", "--factor=4")
check.equal(#script("--out=f", "--estimate"), 4)
check.contains(printed[#printed - 1], "estimate: 0 runs are left, 1 at a time")
check.raises("--out=f is not empty (it holds result.json); give a new folder", script, "--out=f")
check.raises("--shard needs --out=DIR, the folder that shards share", script, "--shard=1/2")
check.equal(script("--out=g", "--seeds=1-3", "--jobs=cores"):column("value"), {3, 3, 3, 6, 6, 6})
check.equal(file.load("g/result.json").size, "own")
script("--out=h", "--jobs=2")
check.equal(file.load("h/result.json").size, "default")
print = print_before

-- Bad input, at the caller's line
local function refused(message, options) check.raises("sweep: " .. message, sweep, options) end
refused("a table of options is expected, got nil")
refused("unknown option 'job' (did you mean jobs?)", {over = {n = 1}, run = print, job = 2})
refused("run is required: a function of a configuration", {over = {n = 1}})
refused("run must be a function, got string", {over = {n = 1}, run = "x"})
refused("over must be a table of names and values, got nil", {run = print})
for _, jobs in ipairs{0, 1.5, "all", 5000} do
  refused("jobs must be an integer from 1 to 4096 or 'cores', got " .. jobs, {over = {n = 1}, run = print, jobs = jobs})
end
for _, k in ipairs{"3/2", "0/2", "1", "a/b"} do
  refused("shard must be k/n with k from 1 to n, got '" .. k .. "'", {over = {n = 1}, run = print, out = "x", shard = k})
end
refused("out is required with shards: the folder they share", {over = {n = 1}, run = print, shard = "1/2"})
check.raises("sweep.load: path must be a folder with rows of a sweep, got 'nowhere'", sweep.load, "nowhere")
check.equal(file.kind("x"), nil)

-- Killed at random moments and called again, it has the rows of one that was never stopped
file.write_text("killed.lua", [[
local sweep = require "moondrift.sweep"
local name, jobs = arg[1], math.tointeger(tonumber(arg[2]))
local runs = sweep{over = {n = {1, 2, 3}, seed = "1-6"}, jobs = jobs, out = name, run = function(c)
  os.execute("sleep 0.03")
  return {drawn = c.n * random.stream(c.seed):normal{3}:sum(), lua = math.random()}
end}
assert(runs.is_complete)
]])
local program = arg[-1]

--- How a command of the shell ends.
local function status(command)
  local _, how, code = os.execute(command .. " 2> err")
  return how == "signal" and 128 + code or code
end

local start = moondrift.seconds()
check.equal(status(("%s killed.lua whole 1"):format(program)), 0)
local seconds = moondrift.seconds() - start
local whole = plain(sweep.load("whole"))
check.equal(#whole, 18)
local function check_rows(name) check.equal(plain(sweep.load(name)), whole) end
for jobs = 1, 2 do
  local name, kills = "killed" .. jobs, 0
  math.randomseed(jobs)
  while status(("timeout --foreground -s KILL %.3f %s killed.lua %s %d"):format(
    (0.1 + 0.4 * math.random()) * seconds / jobs, program, name, jobs)) ~= 0 do
    kills = kills + 1
    assert(kills < 100, "it gets nowhere")
  end
  assert(kills >= 2, kills)
  check_rows(name)
end

-- Mistakes that this finds: a row that is lost, one with another number, one that is cut.
local journal
for _, entry in ipairs(file.list("killed1")) do
  if #(journal and file.read_text(journal) or "") < #file.read_text("killed1/" .. entry) then
    journal = "killed1/" .. entry
  end
end
local kept, lines = file.read_text(journal), {}
for line in kept:gmatch("[^\n]+") do lines[#lines + 1] = line end
local last = lines[#lines]
local other = last:gsub('("drawn":%s*-?%d)', "%19")
assert(other ~= last, last)
for mistake, text in pairs{
  ["a row is lost"] = table.concat(lines, "\n", 1, #lines - 1) .. "\n",
  ["a row has another number"] = table.concat(lines, "\n", 1, #lines - 1) .. "\n" .. other .. "\n",
  ["a row is cut"] = kept:sub(1, -20),
} do
  file.write_text(journal, text)
  check.rejects(mistake, check_rows, "killed1")
end
-- What is lost is run again.
file.write_text(journal, table.concat(lines, "\n", 1, #lines - 1) .. "\n")
check.equal(status(("%s killed.lua killed1 1"):format(program)), 0)
check_rows("killed1")

--- Starts a script in a process group of its own, sends a signal to it, or with `-` to the group, when a file has
--- so many bytes, and returns its exit code and how long it took to end.
local function stopped(script, signal, group, path, bytes)
  local code = status(([[sh -c 'setsid %s %s > out 2> err & until [ "$(cat %s 2> /dev/null | wc -c)" -ge %d ]; do
    sleep 0.01; done; date +%%s.%%N > pressed_at; kill -%s %s$!; wait $!']]):format(
    program, script, path, bytes, signal, group))
  local now = io.popen("date +%s.%N")
  local took = now:read("n") - tonumber(file.read_text("pressed_at"))
  now:close()
  return code, took
end

-- Its runs end with it
file.write_text("orphans.lua", [[
require("moondrift.sweep"){over = {n = {1, 2}}, jobs = 2, run = function(c)
  io.open("begun", "a"):write("x"):close()
  os.execute("sleep 0.5")
  io.open("late", "w"):write("x"):close()
end}
]])
for _, signal in ipairs{"KILL", "TERM", "INT"} do
  os.remove("begun")
  local code = stopped("orphans.lua", signal, "", "begun", 2)
  os.execute("sleep 0.6")
  check.equal({signal, file.read_text("begun"), file.kind("late")}, {signal, "xx"})
  if signal == "INT" then
    check.equal(code, 1)
    check.contains(file.read_text("err"), "interrupted!")
  end
end

-- Ctrl-C, which all processes of a terminal get, ends it at once and keeps its rows
file.write_text("pressed.lua", [[
local sweep = require "moondrift.sweep"
local settings = require("moondrift.args"){seed = 1, sweep = true}
local record <close> = require("moondrift.run").open(settings)
local passed, message = pcall(sweep, {over = {n = {1, 2, 3}}, settings = settings, record = record, run = function(c)
  if c.n == 1 then return 1 end
  pcall(function() while true do end end)
  while true do end
end})
print(#sweep.last, message)
]])
local _, took = stopped("pressed.lua --out=pressed --jobs=3", "INT", "-", "pressed/rows/*.jsonl", 240)
assert(took < 3, took)
check.contains(file.read_text("out"), "1\t")
check.contains(file.read_text("out"), "interrupted!\n")
check.contains(file.read_text("err"),
  "pressed: stopped before its end; 1 of 3 runs are there, --out=pressed goes on with them")
check.equal(#sweep.load("pressed/rows"), 1)
