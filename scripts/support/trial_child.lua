-- What the children of scripts/fuzz and scripts/sweep have in common. A child works through numbered
-- cases until its time is over. Before each call it writes to a file what it is about to do, so that
-- the parent can say so when the call ends the process or does not return.
--
-- The parent calls: moondrift CHILD --seed S --first N --seconds T --progress FILE [--only]
-- `--only` runs the first case alone and prints its calls.
--
-- File of progress: the number of the case, how many calls there were, and the call, a line each.
-- Standard output: `count NAME N` for each count, `report TEXT` for what is to be seen.

local child = {calls = 0, counts = {}}

local options = {seed = 1, first = 1, seconds = 10}
local i = 1
while i <= #arg do
  local name = arg[i]:match("^%-%-(%w+)$")
  if name == "only" then
    options.only = true
  elseif name then
    i = i + 1
    options[name] = tonumber(arg[i]) or arg[i]
  end
  i = i + 1
end
child.options = options

local progress = options.progress and assert(io.open(options.progress, "w"))
local current = options.first

--- Says what comes next. It reaches the file before the call begins.
function child.note(text)
  child.calls = child.calls + 1
  if options.only then io.stderr:write(text, "\n") end
  if not progress then return end
  progress:seek("set", 0)
  progress:write(current, "\n", child.calls, "\n", text:sub(1, 2000), "\n\0")
  progress:flush()
end

function child.count(name) child.counts[name] = (child.counts[name] or 0) + 1 end

function child.report(text) print("report " .. text:gsub("[\r\n]+", " ")) end

--- Runs `run(case)` for the cases from the first one on, each with math.random started from the seed
--- and its number. `last` may be absent.
function child.work(run, last)
  local start = moondrift.seconds()
  for case = options.first, options.only and options.first or last or math.huge do
    if moondrift.seconds() - start > options.seconds then break end
    current = math.tointeger(case)
    math.randomseed(options.seed, current)
    child.note("(the beginning of the case)")
    child.calls = child.calls - 1
    run(current)
    child.count("cases")
  end
  print("count calls " .. child.calls)
  local names = {}
  for name in pairs(child.counts) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do print("count " .. name .. " " .. child.counts[name]) end
  print("done")
end

return child
