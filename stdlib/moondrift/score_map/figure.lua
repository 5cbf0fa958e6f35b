-- The picture of a `moondrift.score_map`: distances over training time and diffusion time as colours, and the courses of
-- their means over levels. Each cell is the median over runs at the last look before it; both axes are logarithmic.

local option = require "moondrift.options"

local M = {}

local OPTIONS = {size = "list", range = "list", tau_gen = "number", tau_mem = "number"}

M.COLUMNS, M.ROWS = 120, 60

local function median(list) return #list > 0 and metric.quantiles(list, {0.5})[1] or 0 / 0 end

--- Training times of the looks above 0, of all runs.
local function looks(map)
  local seen, steps = {}, {}
  for _, row in ipairs(map.rows) do
    if row.step > 0 and not seen[row.step] then
      seen[row.step] = true
      steps[#steps + 1] = row.step
    end
  end
  table.sort(steps)
  return steps
end

--- Medians over runs at each look.
local function medians(map, steps, value)
  local at = {}
  for place, step in ipairs(steps) do
    local values = {}
    for _, row in ipairs(map.rows) do
      if row.step == step then values[#values + 1] = value(row) end
    end
    at[place] = median(values)
  end
  return at
end

--- Edges of cells, evenly spaced in the logarithm, and the place of the last mark at or before each cell's middle; with
--- `nearest` of the nearest mark.
local function cells(marks, count, low, high, nearest)
  local places = {}
  for cell = 1, count do
    local middle = low * (high / low) ^ ((cell - 0.5) / count)
    local place = 1
    for k, mark in ipairs(marks) do
      local closer = math.abs(math.log(mark / middle)) < math.abs(math.log(marks[place] / middle))
      if nearest and closer or not nearest and mark <= middle then place = k end
    end
    places[cell] = place
  end
  return places
end

--- The numbers behind the colours of a distance, the lowest diffusion time first, and the ends of both axes.
---@param name "to_population"|"to_empirical"
---@param at "fresh"|"on_training"
---@return number[][] values, number[] of_time, number[] of_level
function M.grid(map, name, at)
  local steps = looks(map)
  local times = map.times
  local low, high = times[1], math.max(times[#times], times[1] * 1.01)
  local last = math.max(steps[#steps], steps[1] * 1.01)
  local by_level = {}
  for k = 1, #times do by_level[k] = medians(map, steps, function(row) return row[at][name][k] end) end
  local across, up, values = cells(steps, M.COLUMNS, steps[1], last), cells(times, M.ROWS, low, high, true), {}
  for r = 1, M.ROWS do
    values[r] = {}
    for c = 1, M.COLUMNS do values[r][c] = by_level[up[r]][across[c]] end
  end
  return values, {steps[1], last}, {low, high}
end

---@param map table
---@param options table? size = {9.2, 2.7}; range = {0.01, 1} of the colours; tau_gen, tau_mem: numbers to mark
function M.draw(map, options)
  options = options or {}
  option.check("score_map.figure", options, OPTIONS)
  local steps = looks(map)
  if #steps == 0 then error("score_map.figure: the map has no look after 0 updates yet", 0) end
  local figure = plot.figure{size = options.size or {9.2, 2.7}}
  local column = 0
  local first = map.rows[1]
  for _, kind in ipairs{
    {"to_population", "fresh", "to the law's score"},
    {"to_empirical", "on_training", "to the training set's score"},
  } do
    if first[kind[2]][kind[1]] then
      local values, x, y = M.grid(map, kind[1], kind[2])
      column = column + 1
      figure:panel(1, column, {title = kind[3], x = "updates", y = column == 1 and "diffusion time" or nil, log = "xy"})
      figure:heat(tensor(values), {x_extent = x, y_extent = y, value_scale = "log", range = options.range or {0.01, 1}})
    end
  end
  figure:panel(1, column + 1, {title = "means over levels", x = "updates", log = "xy"})
  for _, kind in ipairs{
    {"to_population", "fresh", "to the law", "blue"}, {"to_empirical", "on_training", "to the training set", "vermillion"},
  } do
    if first[kind[2]][kind[1]] then
      figure:line(steps, medians(map, steps, function(row) return row[kind[2]].mean[kind[1]] end),
        {label = kind[3], color = kind[4]})
    end
  end
  if first.copied then
    figure:line(steps, medians(map, steps, function(row) return row.copied end), {label = "share of copies", color = "black"})
  end
  if options.tau_gen then figure:reference{x = options.tau_gen, style = "dashed", color = "blue"} end
  if options.tau_mem then figure:reference{x = options.tau_mem, style = "dashed", color = "vermillion"} end
  return figure
end

return M
