-- One function over a grid of configurations: each run in a process of its own, several at a time, a row a run.
--
--   local sweep = require "moondrift.sweep"
--   local runs = sweep{
--     over = {n = {10, 100}, width = {16, 128}, seed = "1-10"},
--     run = function(c) return {kl = …} end,                     -- c.n, c.width, c.seed
--     jobs = 2, out = "rows",
--   }
--   runs:by("n"):interval("kl")
--
-- In a script with `moondrift.args`, `settings = settings, record = record` takes --jobs, --shard, --retry,
-- --estimate and --out from the command line.
--
-- A run sees the variables of the script as they are when it starts, and changes only its own copies; what it
-- returns comes back. So rows do not depend on each other, on their order or on `jobs`, and a run that raises
-- an error, or is killed, is a row that says so. Its random streams start from its `seed`. With a folder a row is
-- on disk as soon as it is there; a sweep that was stopped by any means goes on behind the rows it has.

local args = require "moondrift.args"
local crews = require "moondrift.sweep.crew"
local estimates = require "moondrift.sweep.estimate"
local fingerprint = require "moondrift.sweep.fingerprint"
local folder = require "moondrift.sweep.folder"
local grid = require "moondrift.sweep.grid"
local nearest = require "moondrift.names"
local runs = require "moondrift.sweep.runs"

local M = {}

---@class moondrift.SweepOptions
---@field over table<string, any> values by name: a list, one value, or integers as in "1-10"
---@field run fun(configuration: table): table|number what came out, by name
---@field order string[]? names, the last one changing fastest; else sorted, and `seed` last
---@field jobs integer|"cores"|nil runs at a time, which share the threads; 1 where absent
---@field out string? folder of the rows; they stay in memory where there is none
---@field settings table? of moondrift.args
---@field record moondrift.Run? of moondrift.run, whose folder takes the rows
---@field name string? of the folder in that of the record; "rows" where absent
---@field shard string? "2/5": every fifth configuration, from the second on
---@field retry boolean? runs that failed before are run again
local OPTIONS = {
  over = "table", run = "function", order = "table", out = "string", settings = "table", record = "table",
  name = "string", shard = "string", retry = "boolean", jobs = "number or 'cores'",
}

-- Options

local function check_options(options, level)
  if type(options) ~= "table" then
    error(("sweep: a table of options is expected, got %s"):format(type(options)), level + 1)
  end
  local names = {}
  for name in pairs(OPTIONS) do names[#names + 1] = name end
  table.sort(names)
  for name, value in pairs(options) do
    local kind = OPTIONS[name]
    if not kind then
      error(("sweep: unknown option '%s'%s"):format(
        tostring(name), nearest.suggestion(tostring(name), names, "")), level + 1)
    elseif name ~= "jobs" and type(value) ~= kind then
      error(("sweep: %s must be a %s, got %s"):format(name, kind, type(value)), level + 1)
    end
  end
  if not options.run then error("sweep: run is required: a function of a configuration", level + 1) end
end

local function jobs_of(value, level)
  if value == nil then return 1 end
  if value == "cores" then return moondrift.version_info().threads end
  if math.type(value) ~= "integer" or value < 1 or value > 4096 then
    error(("sweep: jobs must be an integer from 1 to 4096 or 'cores', got %s"):format(tostring(value)), level + 1)
  end
  return value
end

local function shard_of(text, level)
  local k, n = args.read_shard(text)
  if not k then error(("sweep: shard must be k/n with k from 1 to n, got '%s'"):format(text), level + 1) end
  return k, n
end

---@class moondrift.SweepPlan
local function plan_of(options, level)
  check_options(options, level + 1)
  local settings = options.settings or {}
  local plan = {
    run = options.run, record = options.record, settings = settings,
    jobs = jobs_of(options.jobs or rawget(settings, "jobs"), level + 1),
    shard = options.shard or rawget(settings, "shard") or "1/1",
    retry = options.retry or rawget(settings, "retry") or false,
    out = options.record and options.record:path(options.name or "rows") or options.out,
    grid = grid.new(options.over, options.order, level + 1),
    seed = math.type(rawget(settings, "seed")) == "integer" and settings.seed >= 0 and settings.seed or 0,
  }
  plan.k, plan.n = shard_of(plan.shard, level + 1)
  if plan.n > 1 and not plan.out then
    error("sweep: out is required with shards: the folder they share", level + 1)
  end
  if plan.out then
    plan.print = fingerprint.of(options.run, settings, options.over)
  end
  return plan
end

-- The sweep

--- Places in the grid that this process has still to run.
local function pending_places(plan, rows)
  local places = {}
  for place, configuration in ipairs(plan.grid) do
    local row = rows[grid.key(configuration)]
    local is_done = row and not (row.error and plan.retry)
    if (place - 1) % plan.n == plan.k - 1 and not is_done then places[#places + 1] = place end
  end
  return places
end

--- The row as a script reads it: configuration and results side by side.
local function flat(stored, configuration)
  local row = {seconds = stored.seconds, memory = stored.memory, error = stored.error, traceback = stored.traceback}
  for name, value in pairs(stored.result) do row[name] = value end
  for name, value in pairs(configuration) do row[name] = value end
  return row
end

local function assemble(plan, rows)
  local list = {}
  for _, configuration in ipairs(plan.grid) do
    local stored = rows[grid.key(configuration)]
    if stored then list[#list + 1] = flat(stored, configuration) end
  end
  return runs.new(list, plan.grid.names, #plan.grid)
end

--- Failures that are told one by one; the rows have all.
local MOST_TOLD = 5

local function tell(plan, row, failed)
  if failed > MOST_TOLD then return end
  moondrift.progress("")
  io.stderr:write(("sweep: %s failed: %s\n"):format(
    plan.grid:label(row.configuration), row.error:match("^[^\n]*")))
end

--- Runs these places, and calls `keep` with each row.
local function run_all(plan, crew, places, keep)
  local next_place, done, failed, start = 1, 0, 0, moondrift.seconds()
  while next_place <= #places or #crew.children > 0 do
    while #crew.children < plan.jobs and next_place <= #places do
      crew:start(places[next_place])
      next_place = next_place + 1
    end
    local position = moondrift.wait(crew.children, 1)
    if position then
      local row = crew:take(position)
      keep(row)
      done = done + 1
      if row.error then
        failed = failed + 1
        tell(plan, row, failed)
      end
    end
    local left = done > 0 and (moondrift.seconds() - start) * (#places - done) / done
    moondrift.progress(("sweep %d/%d%s%s"):format(done, #places,
      failed > 0 and ("  %d failed"):format(failed) or "", left and ("  %s left"):format(estimates.clock(left)) or ""))
  end
  if failed > MOST_TOLD then io.stderr:write(("sweep: %d runs failed\n"):format(failed)) end
end

--- Opens the rows, runs the places that `choose` leaves of those that are pending, and returns all rows.
local function perform(plan, choose)
  local store = plan.out and folder.open(plan.out, plan.print, plan.shard, plan.grid.names)
  local rows = store and store.rows or {}
  local crew <close> = crews.new(plan, store, function()
    M.last = assemble(plan, rows)
    if store then store:close() end
    if plan.record and #M.last > 0 then
      plan.record:keep(("%d of %d runs are there, --out=%s goes on with them"):format(
        #M.last, M.last.total, plan.record.folder))
    end
  end)
  local places = choose(pending_places(plan, rows))
  run_all(plan, crew, places, function(row)
    if store then store:write(row) else rows[grid.key(row.configuration)] = row end
  end)
  if store then store:refresh() end
  return rows
end

-- Estimates

--- Runs the first and the last configuration that have no row yet; what they took is the measure of the others. With a
--- folder the two are rows of the sweep.
local function estimate(plan)
  local left = 0
  local rows = perform(plan, function(pending)
    left = #pending
    if #pending < 2 then return pending end
    return {pending[1], pending[#pending]}
  end)
  return estimates.of(rows, math.max(0, left - 2), plan.jobs)
end

--- What the sweep would take in time and memory, from two of its runs.
---@param options moondrift.SweepOptions
---@return moondrift.SweepEstimate
function M.estimate(options) return estimate(plan_of(options, 2)) end

-- Interface

--- The rows of a folder, of all processes that have written there so far.
---@param path string
---@return moondrift.SweepRuns
function M.load(path)
  if type(path) ~= "string" or not folder.has_rows(path) then
    error(("sweep.load: path must be a folder with rows of a sweep, got '%s'"):format(tostring(path)), 2)
  end
  local stored, head = folder.read(path)
  local keys, list = {}, {}
  for key in pairs(stored) do keys[#keys + 1] = key end
  local names = head and head.names or {}
  table.sort(keys, function(a, b)
    local first, second = stored[a].configuration, stored[b].configuration
    for _, name in ipairs(names) do
      local x, y = first[name], second[name]
      if x ~= y then
        if type(x) == "number" and type(y) == "number" then return x < y end
        return tostring(x) < tostring(y)
      end
    end
    return a < b
  end)
  for place, key in ipairs(keys) do list[place] = flat(stored[key], stored[key].configuration) end
  return runs.new(list, names, #list)
end

--- Runs what has no row yet, and returns all rows in the order of the grid. `sweep.last` has them too, also after an
--- error or Ctrl-C.
---@param options moondrift.SweepOptions
---@return moondrift.SweepRuns
local function sweep(_, options)
  local plan = plan_of(options, 2)
  if rawget(plan.settings, "estimate") then
    print("estimate: " .. tostring(estimate(plan)))
  else
    perform(plan, function(pending) return pending end)
  end
  if plan.record and not M.last.is_complete then
    plan.record:leave_open(("%d of %d runs are there"):format(#M.last, M.last.total))
  end
  return M.last
end

return setmetatable(M, {__call = sweep})
