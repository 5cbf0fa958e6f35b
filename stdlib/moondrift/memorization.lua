-- Is a model copying its training set? One call on samples, training points and held-out points of the same law:
--
--   local memorization = require "moondrift.memorization"
--   local panel = memorization.panel{samples = y, training = x, held_out = h, seed = 1}
--   print(panel)                          -- measures, controls and a verdict
--   panel.f_mem.value, panel.f_mem.low    -- numbers
--   panel:gallery{count = 10}:show()      -- the samples nearest to training points, beside them
--
-- Each measure stands beside its value for held-out points in place of samples (what a perfect model gives) and for
-- samples of the empirical score (what a model gives that has memorized).

local memorization = {}
local Panel = {}
Panel.__index = Panel

---@class memorization.measure
---@field value number
---@field low number of the 95 % interval
---@field high number

local option = require "moondrift.options"
local wilson = require "moondrift.wilson"

local OPTIONS = {
  samples = "tensor", training = "tensor", held_out = "tensor", ratio = "number", duplicate = "number",
  copies = "integer", seed = "integer", overlap = "boolean",
}

local function fail(message, ...) error(("memorization.panel: " .. message):format(...), 0) end

-- Measures

--- Mann and Whitney's U of lists a and b, as the share of pairs in which a is smaller (ties count half), and its z-score
--- with the correction for ties (Meehan et al. 2020: C_T, below 0 where samples lie too near).
local function smaller(a, b)
  local all = {}
  for _, v in ipairs(a) do all[#all + 1] = {v, 1} end
  for _, v in ipairs(b) do all[#all + 1] = {v, 2} end
  table.sort(all, function(x, y) return x[1] < y[1] end)
  local n, m, ranks, ties, place = #a, #b, 0, 0, 1
  while place <= #all do
    local last = place
    while last < #all and all[last + 1][1] == all[place][1] do last = last + 1 end
    local count = last - place + 1
    for k = place, last do
      if all[k][2] == 1 then ranks = ranks + (place + last) / 2 end
    end
    ties = ties + count^3 - count
    place = last + 1
  end
  local u = ranks - n * (n + 1) / 2
  local total = n + m
  local variance = n * m / 12 * (total + 1 - ties / (total * math.max(1, total - 1)))
  local z = variance > 0 and (u - n * m / 2) / math.sqrt(variance) or 0
  return 1 - u / (n * m), z
end

--- Samples and held-out points drawn anew.
local function closer(own, held, seed)
  local value, z = smaller(own, held)
  local stream, draws = random.stream(seed), {}
  local function again(list)
    local drawn = {}
    for k, place in ipairs(stream:integers(#list, 1, #list):table()) do drawn[k] = list[place] end
    return drawn
  end
  for k = 1, 200 do draws[k] = smaller(again(own), again(held)) end
  local ends = metric.quantiles(draws, {0.025, 0.975})
  return {value = value, low = ends[1], high = ends[2], z = z}
end

--- All measures of points in place of samples.
---@param y tensor
---@param held number[] distances of held-out points to the nearest training point
local function measured(y, x, own, held, ratio, seed)
  local distances, places = metric.nearest(y, x, {k = 2})
  local near, copies, authentic, first = distances:table(), 0, 0, {}
  local indices = places:column(1):table()
  for k, pair in ipairs(near) do
    first[k] = pair[1]
    -- Of two equal distances of 0 the training set holds the point twice: an exact copy all the same.
    if pair[1] == 0 or pair[1] < ratio * pair[2] then copies = copies + 1 end
    if pair[1] > own[indices[k]] then authentic = authentic + 1 end
  end
  return {
    f_mem = wilson.share(copies, #near), authentic = wilson.share(authentic, #near), closer = closer(first, held, seed),
    nearest = places:column(1), distances = distances,
  }
end

--- Groups of training points nearer to each other than a share of the median distance between neighbours.
local function duplicates(x, distances, places, limit)
  local parent = {}
  for i = 1, #x do parent[i] = i end
  local function root(i)
    while parent[i] ~= i do
      parent[i] = parent[parent[i]]
      i = parent[i]
    end
    return i
  end
  local near, where = distances:table(), places:table()
  for i, row in ipairs(near) do
    for k, distance in ipairs(row) do
      if where[i][k] ~= i and distance <= limit then parent[root(i)] = root(where[i][k]) end
    end
  end
  local groups, order = {}, {}
  for i = 1, #x do
    local r = root(i)
    if not groups[r] then
      groups[r] = {}
      order[#order + 1] = r
    end
    table.insert(groups[r], i)
  end
  local found = {}
  for _, r in ipairs(order) do
    if #groups[r] > 1 then found[#found + 1] = groups[r] end
  end
  return found
end

-- The panel

local function check(options)
  option.check("memorization.panel", options, OPTIONS)
  local ratio, duplicate, copies = options.ratio or 1 / 3, options.duplicate or 0.1, options.copies or 200
  if not (ratio > 0 and ratio < 1) then fail("ratio must be between 0 and 1, got %s", tostring(ratio)) end
  if not (duplicate >= 0 and duplicate < math.huge) then fail("duplicate must be 0 or more, got %s", tostring(duplicate)) end
  if copies < 1 or copies > 1000000 then fail("copies must be from 1 to 1000000, got %d", copies) end
  for _, name in ipairs{"samples", "training", "held_out"} do
    if not options[name] then fail("%s is required", name) end
  end
  for _, name in ipairs{"samples", "training", "held_out"} do
    local x = options[name]
    if #x.shape < 2 or #x < 3 then fail("%s must hold 3 points or more, [n, …], got shape [%s]", name, table.concat(x.shape, ", ")) end
    if not x:is_finite():all():item() then fail("%s must be finite, got nan or inf", name) end
    local same = #x.shape == #options.training.shape
    for axis = 2, #x.shape do same = same and x.shape[axis] == options.training.shape[axis] end
    if not same then
      fail("%s has shape [%s], training [%s]", name, table.concat(x.shape, ", "), table.concat(options.training.shape, ", "))
    end
  end
  if #options.held_out < 6 then fail("held_out must hold 6 points or more, got %d", #options.held_out) end
end

--- Measures of copying of samples, beside their values for held-out points and for samples of the empirical score.
---@param options table samples, training, held_out: tensors [n, …]; ratio = 1/3 of the nearest to the second nearest distance, below
---  which a sample is a copy; duplicate = 0.1 of the median distance between neighbours, below which training points are
---  duplicates; copies = 200 samples of the empirical score; seed = 1; overlap = false: true for laws on finitely many points,
---  whose held-out points may be training points
function memorization.panel(options)
  local o = {ratio = 1 / 3, duplicate = 0.1, copies = 200, seed = 1, overlap = false}
  local passed, message = pcall(function()
    check(options)
    for name, value in pairs(options) do o[name] = value end
  end)
  if not passed then error(message, 2) end
  local shape = o.training.shape
  local function flat(x) return x:reshape{#x, -1}:to("float32") end
  local x, y, h = flat(o.training), flat(o.samples), flat(o.held_out)

  local held_distances, held_places = metric.nearest(h, x)
  local held = held_distances:column(1):table()
  local shared, example = 0, nil
  for row, distance in ipairs(held) do
    if distance == 0 then shared, example = shared + 1, example or row end
  end
  if shared > 0 and not o.overlap then
    error(("memorization.panel: held_out shares %d of its points with training (row %d is row %d there); with overlap = true "
      .. "they stay, for laws on finitely many points"):format(shared, example, held_places[example]:item()), 2)
  end

  -- Neighbours among the training points; the first is the point itself, or its double.
  local between, beside = metric.nearest(x, x, {k = math.min(8, #x)})
  local own = between:column(2):table()
  local typical = metric.quantiles(own, {0.5})[1]

  local panel = measured(y, x, own, held, o.ratio, o.seed)
  local half = #h // 2
  local second = {}
  for row = half + 1, #h do second[#second + 1] = held[row] end
  panel.fresh = measured(h[{{1, half}}], x, own, second, o.ratio, o.seed)
  -- The empirical score, where noise is far below what lies between neighbours at last.
  local scale = math.max(x:to("float64"):std():item(), 1e-12)
  local process = sde.edm{sigma_min = math.max(1e-3 * typical / math.sqrt(x.shape[2]), 1e-6 * scale), sigma_max = 20 * scale}
  local copies = sample.heun(target.empirical(x):model(process), {
    count = o.copies, times = schedule.karras(process, 25), seed = o.seed, progress = false})
  panel.memorized = measured(copies, x, own, held, o.ratio, o.seed)
  panel.duplicates = duplicates(x, between, beside, o.duplicate * typical)
  panel.ratio, panel.counts, panel.shape = o.ratio, {samples = #y, training = #x, held_out = #h}, shape
  panel.samples, panel.training = o.samples, o.training
  return setmetatable(panel, Panel)
end

--- What was shown and what was not, in a sentence or two.
function Panel:verdict()
  local words = {}
  local f, fresh, copies = self.f_mem, self.fresh.f_mem, self.memorized.f_mem
  if copies.value < 0.9 then
    words[1] = ("Undecided: of copies by construction the ratio finds %.0f %%%s."):format(100 * copies.value,
      #self.duplicates > 0 and ", since the training set holds duplicates" or "")
  elseif f.low > fresh.high then
    words[1] = ("It copies: %.1f %% [%.1f, %.1f] of the samples are copies of single training points, %.1f %% of held-out points."):format(
      100 * f.value, 100 * f.low, 100 * f.high, 100 * fresh.value)
  elseif self.closer.z < -3 then
    words[1] = ("No sample need be a copy, but samples lie nearer to training points than held-out points do: C_T = %.1f."):format(
      self.closer.z)
  else
    words[1] = ("No copying was shown: at most %.1f %% of such samples are copies (95 %%), C_T = %.1f."):format(
      100 * f.high, self.closer.z)
  end
  words[2] = "Copies of parts, and of training points that were moved or changed in contrast, are not seen by these distances."
  if #self.duplicates > 0 then
    local count = 0
    for _, group in ipairs(self.duplicates) do count = count + #group end
    words[3] = ("%d training points lie in %d group%s of near duplicates: copies of those escape the ratio; data.distinct removes them."):format(
      count, #self.duplicates, #self.duplicates == 1 and "" or "s")
  end
  return table.concat(words, " ")
end

local function text(m) return ("%.3f [%.3f, %.3f]"):format(m.value, m.low, m.high) end

function Panel:__tostring()
  local rows = {("%-34s %-22s %-22s %s"):format("", "samples", "held-out points", "empirical score")}
  for _, row in ipairs{
    {"f_mem", ("d(NN1)/d(NN2) < %.3g"):format(self.ratio)}, {"closer", "P(nearer than held-out)"}, {"authentic", "authentic"},
  } do
    rows[#rows + 1] = ("%-34s %-22s %-22s %s"):format(row[2], text(self[row[1]]), text(self.fresh[row[1]]), text(self.memorized[row[1]]))
  end
  rows[#rows + 1] = ("%-34s %-22.2f %-22.2f %.2f"):format("C_T", self.closer.z, self.fresh.closer.z, self.memorized.closer.z)
  rows[#rows + 1] = ("%d samples, %d training points, %d held-out points"):format(
    self.counts.samples, self.counts.training, self.counts.held_out)
  rows[#rows + 1] = self:verdict()
  return table.concat(rows, "\n")
end

--- The samples that are nearest to a training point for their second nearest, beside it.
---@param options table|nil count = 10; samples stand in the first row, their points in the second
function Panel:gallery(options)
  options = options or {}
  local passed, message = pcall(option.check, "memorization.gallery", options, {count = "integer"})
  if not passed then error(message, 2) end
  if (options.count or 1) < 1 then
    error(("memorization.gallery: count must be a positive integer, got %d"):format(options.count), 2)
  end
  local order = {}
  local near = self.distances:table()
  for k in ipairs(near) do order[k] = k end
  table.sort(order, function(a, b)
    local p, q = near[a][1] / math.max(near[a][2], 1e-300), near[b][1] / math.max(near[b][2], 1e-300)
    return p < q or p == q and a < b
  end)
  local rows, places = {}, {}
  for k = 1, math.min(options.count or 10, #order) do
    rows[k], places[k] = order[k], self.nearest[order[k]]:item()
  end
  local samples = self.samples[tensor(rows, {dtype = "int64"})]
  local beside = self.training[tensor(places, {dtype = "int64"})]
  return plot.images(tensor.concatenate({samples, beside}, 1), {columns = #rows,
    title = "samples nearest to a training point, and that point"})
end

--- A probe of `train` that draws with `draw(model)` and returns f_mem.
---@param options table as of panel, without samples; draw: function
function memorization.probe(options)
  if type(options) ~= "table" or type(options.draw) ~= "function" then
    error("memorization.probe: draw is required: a function of the model that gives samples", 2)
  end
  local rest = {}
  for name, value in pairs(options) do if name ~= "draw" then rest[name] = value end end
  return function(state)
    rest.samples = options.draw(state.model)
    return memorization.panel(rest).f_mem.value
  end
end

return memorization
