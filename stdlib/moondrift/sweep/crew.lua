-- The processes of a sweep: each run is one, and its row is made of what it sends back and of how it ended.

local runs = require "moondrift.sweep.runs"

local M = {}

--- Whether this is the process of a run.
local is_run = false

-- One run, in its own process

--- Results as JSON can hold them: measurements and tensors with one element are numbers.
local function plain(name, value)
  local kind = type(value)
  if kind == "userdata" then
    local is_tensor, rank = pcall(function() return value.rank end)
    if is_tensor and rank == 0 then return value:item() end
    if is_tensor and rank then return value:table() end
    local is_measurement, number = pcall(function() return value.value end)
    if is_measurement and type(number) == "number" then return number end
  elseif kind == "table" then
    local list = {}
    for key, element in pairs(value) do list[key] = plain(name, element) end
    return list
  elseif kind == "number" or kind == "string" or kind == "boolean" then
    return value
  end
  error(("run returned '%s', which is no number, text or list, but a %s"):format(name, kind), 0)
end

local function results_of(returned, configuration)
  if type(returned) ~= "table" then returned = {value = returned} end
  if next(returned) == nil then error("run must return a number or a table of results, got nothing", 0) end
  local results = {}
  for name, value in pairs(returned) do
    if type(name) ~= "string" then
      error(("run must return results by name, got the key %s"):format(tostring(name)), 0)
    elseif rawget(configuration, name) ~= nil then
      error(("run returned '%s', which is a name in over"):format(name), 0)
    end
    for _, own in ipairs(runs.OWN) do
      if name == own then error(("run returned '%s', which every row has"):format(name), 0) end
    end
    results[name] = plain(name, value)
  end
  return results
end

local function with_traceback(failure)
  local message = tostring(failure)
  return {message = message, traceback = debug.traceback(message, 2)}
end

--- What a run sends back: its results or its error.
local function work(run, configuration, seed)
  is_run = true
  math.randomseed(seed)
  local start = moondrift.seconds()
  local passed, outcome = xpcall(function() return results_of(run(configuration), configuration) end, with_traceback)
  local sent = {seconds = moondrift.seconds() - start, result = passed and outcome or {}}
  if not passed then
    if outcome.message:find("interrupted!", 1, true) then error("interrupted!", 0) end
    sent.error, sent.traceback = outcome.message, outcome.traceback
  end
  return file.json_text(sent, {nan = "python"})
end

-- The runs that go on at a time

---@class moondrift.Crew
---@field plan moondrift.SweepPlan
---@field store moondrift.RowStore?
---@field threads integer of each process
---@field finish fun() called when all have ended, whatever ended the sweep
---@field children child_process[]
---@field tasks {place: integer, start: number}[] of each child
local Crew = {}
Crew.__index = Crew

function Crew:start(place)
  local configuration = self.plan.grid[place]
  local seed = rawget(configuration, "seed")
  if math.type(seed) ~= "integer" or seed < 0 then seed = self.plan.seed end
  local run, store = self.plan.run, self.store
  local function begin()
    if store then store:leave() end
    return work(run, configuration, seed)
  end
  table.insert(self.children, moondrift.start(begin, {threads = self.threads, seed = seed}))
  table.insert(self.tasks, {place = place, start = moondrift.seconds()})
end

--- The row of a child that has ended.
function Crew:take(position)
  local child = table.remove(self.children, position)
  local task = table.remove(self.tasks, position)
  local configuration = self.plan.grid[task.place]
  local row = {configuration = configuration, memory = child.peak_bytes}
  if child.ending == "finished" then
    local sent = file.parse_json(child.output)
    row.result, row.seconds, row.error, row.traceback = sent.result, sent.seconds, sent.error, sent.traceback
  elseif child.ending == "interrupted" or child.output:find("interrupted!", 1, true) then
    error("interrupted!", 0)
  else
    row.result, row.seconds = {}, moondrift.seconds() - task.start
    row.error = child.ending == "failed" and child.output or ("the process of the run was " .. child.ending)
    if child.ending:match("^exited") then row.error = "the run " .. child.ending end
  end
  return row
end

--- Ends what still runs, whatever ended the sweep.
function Crew:__close()
  if is_run then return end
  moondrift.progress("")
  for _, child in ipairs(self.children) do child:stop() end
  self.finish()
end

--- A crew without a run.
---@param plan moondrift.SweepPlan
---@param store moondrift.RowStore?
---@param finish fun()
---@return moondrift.Crew
function M.new(plan, store, finish)
  return setmetatable({
    plan = plan, store = store, finish = finish, children = {}, tasks = {},
    threads = math.max(1, moondrift.version_info().threads // plan.jobs),
  }, Crew)
end

return M
