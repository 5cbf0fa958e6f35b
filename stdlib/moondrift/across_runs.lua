-- One quantity of many training runs: what `train` logged of each, brought on common epochs.
--
--   local across = require "moondrift.across_runs"
--   local runs = across.collect(fits, {every = 100})         -- rows at epochs 0, 100, 200, …
--   local middle, low, high = across.quartiles(runs, "kl")   -- one number an epoch each
--   local ends = across.last(runs, "kl")                     -- one number a run
--
-- What a diverged run no longer has is nan, which `metric.quantiles` and `metric.bootstrap` leave out
-- and count.

local M = {}

local NAN = 0 / 0

---@class moondrift.Runs
---@field count integer
---@field epochs number[] epochs of the rows
---@field values table<string, number[][]> by name: for each run, a number an epoch
---@field diverged {run: integer, step: integer, quantity: string}[]

local function as_list(column)
  return type(column) == "table" and column or column:table()
end

---@class moondrift.CollectOptions
---@field every number? keep the rows whose epoch is a multiple of it; all where absent
---@field from number? the epoch that counts as 0; 0 where absent
---@field first integer? the first of the fits; 1 where absent
---@field last integer? the last of the fits; all where absent

--- Positions of the rows to keep, and their epochs.
local function kept_rows(epochs, options)
  local rows, kept = {}, {}
  for row, epoch in ipairs(epochs) do
    local counted = epoch - (options.from or 0)
    if counted >= 0 and (not options.every or counted % options.every == 0) then
      rows[#rows + 1] = row
      kept[#kept + 1] = counted
    end
  end
  return rows, kept
end

--- The loss is logged as the mean since the row before: likewise for the rows that are kept.
local function means_between(column, rows)
  local values, before = {}, 0
  for position, row in ipairs(rows) do
    local sum, count = 0, 0
    for index = before + 1, row do
      -- Before the first update there is no loss.
      if index > 1 or column[1] == column[1] then
        sum, count = sum + (column[index] or NAN), count + 1
      end
    end
    values[position] = sum / count
    before = row
  end
  return values
end

--- What the logs of the fits hold: `loss` averaged since the row before, the rest as it stands.
---@param fits fit[]
---@param options moondrift.CollectOptions?
---@return moondrift.Runs
function M.collect(fits, options)
  options = options or {}
  local first, last = options.first or 1, options.last or #fits
  local runs = {count = last - first + 1, values = {}, diverged = {}}
  if runs.count < 1 or last > #fits then
    error(("across_runs.collect: there are no fits %d to %d of %d"):format(first, last, #fits), 2)
  end
  local rows
  rows, runs.epochs = kept_rows(as_list(fits[first].log.epoch), options)
  for name in pairs(fits[first].log) do
    if name ~= "epoch" and name ~= "step" then runs.values[name] = {} end
  end
  for index = first, last do
    local fit = fits[index]
    local run = index - first + 1
    for name, lists in pairs(runs.values) do
      local column = as_list(fit.log[name])
      if name == "loss" then
        lists[run] = means_between(column, rows)
      else
        local values = {}
        for position, row in ipairs(rows) do values[position] = column[row] or NAN end
        lists[run] = values
      end
    end
    local stop = fit.diverged
    if stop then
      table.insert(runs.diverged, {run = run, step = stop.step, quantity = stop.quantity})
    end
  end
  return runs
end

local function lists_of(runs, name, level)
  local lists = runs.values[name]
  if not lists then error(("across_runs: nothing was logged as '%s'"):format(name), level + 1) end
  return lists
end

local function has_diverged(runs, run)
  for _, stop in ipairs(runs.diverged) do
    if stop.run == run then return true end
  end
  return false
end

--- One number a run, nan for diverged runs.
local function each_run(runs, name, reduce)
  local result = {}
  for run, values in ipairs(lists_of(runs, name, 3)) do
    result[run] = has_diverged(runs, run) and NAN or reduce(values)
  end
  return result
end

--- The values at one epoch, one a run; nan where there is no such row.
---@param runs moondrift.Runs
---@param name string
---@param epoch number
---@return number[]
function M.at(runs, name, epoch)
  local place
  for position, known in ipairs(runs.epochs) do
    if known == epoch then place = position end
  end
  local result = {}
  for run, values in ipairs(lists_of(runs, name, 2)) do
    result[run] = place and values[place] or NAN
  end
  return result
end

--- The median, or the mean, of each run over the epochs from one to another.
---@param runs moondrift.Runs
---@param name string
---@param from number
---@param to number
---@param statistic "median"|"mean"|nil
---@return number[]
function M.over_epochs(runs, name, from, to, statistic)
  return each_run(runs, name, function(values)
    local inside, sum = {}, 0
    for position, epoch in ipairs(runs.epochs) do
      if epoch >= from and epoch <= to then
        inside[#inside + 1] = values[position]
        sum = sum + values[position]
      end
    end
    if #inside == 0 then return NAN end
    return statistic == "mean" and sum / #inside or metric.quantiles(inside, {0.5})[1]
  end)
end

--- The last value of each run.
---@param runs moondrift.Runs
---@param name string
---@return number[]
function M.last(runs, name)
  return each_run(runs, name, function(values) return values[#values] or NAN end)
end

--- The epoch at which each run has its least value.
---@param runs moondrift.Runs
---@param name string
---@return number[]
function M.argmin(runs, name)
  return each_run(runs, name, function(values)
    local best
    for position, value in ipairs(values) do
      if value == value and (not best or value < values[best]) then best = position end
    end
    return best and runs.epochs[best] or NAN
  end)
end

--- Quartiles over the runs that still go on, at each epoch.
---@param runs moondrift.Runs
---@param name string
---@return number[] median
---@return number[] low the first quartile
---@return number[] high the third quartile
function M.quartiles(runs, name)
  local lists = lists_of(runs, name, 2)
  local middle, low, high = {}, {}, {}
  for position in ipairs(runs.epochs) do
    local values = {}
    for run, list in ipairs(lists) do values[run] = list[position] end
    local quartiles = metric.quantiles(values, {0.25, 0.5, 0.75})
    low[position], middle[position], high[position] = table.unpack(quartiles)
  end
  return middle, low, high
end

--- Adds a quantity made of another, value by value.
---@param runs moondrift.Runs
---@param name string
---@param from string the quantity it is made of
---@param f fun(value: number): number
function M.derive(runs, name, from, f)
  local derived = {}
  for run, values in ipairs(lists_of(runs, from, 2)) do
    derived[run] = {}
    for position, value in ipairs(values) do derived[run][position] = f(value) end
  end
  runs.values[name] = derived
end

--- Elementwise: `a[i] / b[i]`.
---@param a number[]
---@param b number[]
---@return number[]
function M.ratio(a, b)
  local result = {}
  for index, value in ipairs(a) do result[index] = value / b[index] end
  return result
end

return M
